"""Plans of face-swapping autoencoders, and what nets built from them cost and do."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from prosopon.core.errors import UsageError
from prosopon.create.swap.plans import build
from prosopon.create.swap.plans.blocks import LowRank
from prosopon.create.swap.plans.build import cost
from prosopon.create.swap.plans.plan import get_plan, plan_from_table, plan_names, table_of

PUBLISHED = {
    "original": (82.1, 3.80),
    "lightweight": (51.1, 6.57),
    "dfaker": (144.6, 26.3),
    "dfl_h128": (107.7, 30.9),
    "iae": (117.8, 3.83),
    "quick96": (38.3, 8.06),
    "df-ud_128": (54.5, 15.2),
    "liae-ud_128": (82.4, 18.05),
}
"""Millions of parameters, and GFLOP of one picture, as counted in the originals."""
SMALL = ("dfl_sae_df_small", "dfl_sae_liae_small", "df-ud_small", "liae-udtc_small", "df-t_small")


@pytest.mark.parametrize("name", PUBLISHED)
def test_costs_are_the_published_ones(name: str) -> None:
    parameters, gigaflops = PUBLISHED[name]
    counted = cost(get_plan(name))
    assert counted.parameters / 1e6 == pytest.approx(parameters, abs=0.06)
    assert counted.flops / 1e9 == pytest.approx(gigaflops, rel=0.005)


def test_plans_that_users_choose_between() -> None:
    wanted = {"original", "lightweight", "dfaker", "dfl_h128", "iae", "dfl_sae_df", "dfl_sae_liae"}
    assert wanted | {"saehd_df", "saehd_liae", "quick96", "mini"} <= set(plan_names())
    assert all(get_plan(name).about for name in plan_names())


@pytest.mark.parametrize("name", SMALL)
def test_faces_come_out(name: str) -> None:
    torch.manual_seed(0)
    net = build(name)
    side = net.plan.input_px
    pictures = torch.rand(2, 3, side, side)
    for route in ("a", "b"):
        out = net.swap(pictures, route=route)
        assert out.face.shape == (2, 3, net.plan.output_px, net.plan.output_px)
        assert out.mask is not None and out.mask.shape == (2, 1, net.plan.output_px, net.plan.output_px)
        assert out.face.min() >= 0 and out.face.max() <= 1
    assert not torch.allclose(net.swap(pictures, "a").face, net.swap(pictures, "b").face)


@pytest.mark.parametrize("name", SMALL)
def test_both_at_once_are_as_one_after_the_other(name: str) -> None:
    torch.manual_seed(0)
    net = build(name).eval()
    side = net.plan.input_px
    a, b = torch.rand(2, 3, side, side), torch.rand(3, 3, side, side)
    with torch.no_grad():
        both = net(a, b)
        alone = net.swap(a, "a"), net.swap(b, "b")
    for one, other in zip(both, alone, strict=True):
        assert torch.allclose(one.face, other.face, atol=1e-5)
        assert torch.allclose(one.mask, other.mask, atol=1e-5)


@pytest.mark.parametrize("name", SMALL)
def test_every_parameter_learns(name: str) -> None:
    torch.manual_seed(0)
    net = build(name)
    side = net.plan.input_px
    out_a, out_b = net(torch.rand(1, 3, side, side), torch.rand(1, 3, side, side))
    sum(part.sum() for out in (out_a, out_b) for part in out).backward()
    without = [key for key, parameter in net.named_parameters() if parameter.grad is None or not parameter.grad.any()]
    assert without == []


def test_the_code_of_the_source_has_no_half_of_the_targets_own() -> None:
    """liae: changing the target's own inter changes what comes out as the target, and not the swap."""
    torch.manual_seed(0)
    net = build("liae_small").eval()
    picture = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        before = {route: net.swap(picture, route).face for route in ("a", "b")}
        for parameter in net.inters["inter_B"].parameters():
            parameter.add_(0.1)
        after = {route: net.swap(picture, route).face for route in ("a", "b")}
    assert torch.equal(before["a"], after["a"])
    assert not torch.allclose(before["b"], after["b"])


def test_low_rank() -> None:
    whole, thin = build("df_small"), build("df_small", rank=8)
    assert sum(p.numel() for p in thin.parameters()) < sum(p.numel() for p in whole.parameters())
    assert isinstance(thin.inters["inter"].dense1, LowRank)
    assert not isinstance(build("df_small", rank=10_000).inters["inter"].dense1, LowRank)
    assert thin.swap(torch.rand(1, 3, 64, 64)).face.shape == (1, 3, 64, 64)
    names = [name for name, _ in thin.named_layers()]
    assert "inter.dense1.into" in names and len(names) == len(set(names))


@pytest.mark.parametrize("name", [*SMALL, "mini", "iae"])
def test_every_layer_has_one_name(name: str) -> None:
    with torch.device("meta"):
        net = build(name)
    named = list(net.named_layers())
    assert len({name for name, _ in named}) == len(named)
    assert sum(p.numel() for _, layer in named for p in layer.parameters()) == sum(p.numel() for p in net.parameters())


@pytest.mark.parametrize("name", ["original", "liae-udtc_small", "mini"])
def test_a_plan_survives_being_written_down(name: str) -> None:
    plan = get_plan(name)
    assert plan_from_table(table_of(plan)) == plan


@pytest.mark.parametrize("name", ["nobody", "df-x_128", "liae_", "saehd_", "../original", "df-ud_huge"])
def test_unknown_plans(name: str) -> None:
    with pytest.raises(UsageError, match="no plan"):
        get_plan(name)


@pytest.mark.parametrize("name", ["df-ud_100", "df_72", "liae-d_80"])
def test_resolutions_that_do_not_fit(name: str) -> None:
    with pytest.raises(UsageError, match="do not fit"):
        get_plan(name)


def test_sizes_that_do_not_fit() -> None:
    with pytest.raises(UsageError, match="do not fit"):
        replace(get_plan("original"), output_px=128).check()


def test_nets_are_the_same_however_they_are_called() -> None:
    plan = get_plan("original")
    assert plan.same_net(replace(plan, name="mine", about="", trained=None))
    assert not plan.same_net(replace(plan, cosine=True))
    assert not plan.same_net(get_plan("dfaker"))
