"""Optimisers by name: their steps, their state, and what they make of memory layouts."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
import torch
from tiny_gan import TinyGan, publish
from torch import Tensor, nn
from torch.optim import Optimizer

from prosopon.core.errors import UsageError
from prosopon.train.loop import fit
from prosopon.train.optimisers.adabelief import AdaBelief
from prosopon.train.optimisers.choice import OptimiserName, make_optimiser
from prosopon.train.optimisers.layouts import pieces
from prosopon.train.settings import Settings
from prosopon.train.steady import SteadyRate

NAMES: tuple[OptimiserName, ...] = get_args(OptimiserName)

every_name = pytest.mark.parametrize("name", NAMES)
every_keep = pytest.mark.parametrize("keep", [1.0, 0.3])
Layout = torch.memory_format


def parameters(layout: Layout = torch.contiguous_format) -> list[nn.Parameter]:
    generator = torch.Generator().manual_seed(0)
    shapes = [(6, 4, 3, 3), (5, 7), (9,), (8, 3, 1, 1), (), (0, 4)]
    values = [torch.randn(shape, generator=generator) for shape in shapes]
    return [nn.Parameter(v.contiguous(memory_format=layout) if v.dim() == 4 else v) for v in values]


def steps(
    optimiser: Optimizer, learnt: list[nn.Parameter], first: int, last: int, layout: Layout = torch.contiguous_format
) -> None:
    for number in range(first, last):
        generator = torch.Generator().manual_seed(100 + number)
        for parameter in learnt:
            gradient = torch.randn(parameter.shape, generator=generator)
            parameter.grad = gradient.contiguous(memory_format=layout) if parameter.dim() == 4 else gradient
        optimiser.step()


def values(learnt: list[nn.Parameter]) -> Tensor:
    return torch.cat([parameter.detach().reshape(-1) for parameter in learnt])


def again(state: dict[str, Any]) -> dict[str, Any]:
    """A state that has been on disk, read as a state of ours is: nothing in it can run."""
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    read: dict[str, Any] = torch.load(file, weights_only=True)
    return read


@every_name
@every_keep
def test_a_resumed_run_is_the_run(name: OptimiserName, keep: float) -> None:
    learnt = parameters()
    optimiser = make_optimiser(name, learnt, 0.01, (0.5, 0.9), keep=keep, seed=3)
    steps(optimiser, learnt, 0, 5)
    middle, state = [parameter.detach().clone() for parameter in learnt], again(optimiser.state_dict())
    steps(optimiser, learnt, 5, 9)
    resumed = [nn.Parameter(value) for value in middle]
    other = make_optimiser(name, resumed, 0.01, (0.5, 0.9), keep=keep, seed=99)
    other.load_state_dict(state)
    steps(other, resumed, 5, 9)
    assert torch.equal(values(resumed), values(learnt))
    torch.testing.assert_close(other.state_dict(), optimiser.state_dict(), rtol=0, atol=0)


@every_name
def test_the_training_loop_resumes_it(name: OptimiserName, tmp_path: Path) -> None:
    def run(folder: str, steps: int) -> dict[str, Tensor]:
        recipe = TinyGan()
        locate, judge = recipe.phases
        recipe.phases = (
            dataclasses.replace(
                locate,
                optimiser=lambda p: make_optimiser(name, p, 0.01, keep=0.5, seed=2),
                schedule=SteadyRate(warm_up=3, period=20).following,
            ),
            judge,
        )
        options: dict[str, Any] = {"batch_size": 4, "precision": "fp32", "workers": 0, "device": "cpu"}
        settings = Settings(**options, steps=steps, clip_norm=1.0, channels_last=True)
        fit(recipe, tmp_path / folder, settings, publish_picture=publish)
        return recipe.generator.state_dict()

    whole = run("whole", 6)
    run("parts", 3)
    torch.testing.assert_close(run("parts", 6), whole, rtol=0, atol=0)


@every_name
@every_keep
@pytest.mark.parametrize("weights", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("gradients", [torch.contiguous_format, torch.channels_last])
def test_how_weights_and_gradients_lie_in_memory_does_not_matter(
    name: OptimiserName, keep: float, weights: Layout, gradients: Layout
) -> None:
    plain, laid = parameters(), parameters(weights)
    wanted, other = (make_optimiser(name, learnt, 0.05) for learnt in (plain, laid))
    steps(wanted, plain, 0, 4)
    if keep == 1:
        steps(other, laid, 0, 4, gradients)
        torch.testing.assert_close(values(laid), values(plain), rtol=1e-6, atol=1e-7)
        return
    # What moves is chosen in the order of memory, so that only the rest can be compared: it has not moved.
    other = make_optimiser(name, laid, 0.05, keep=keep)
    before = values(laid)
    steps(other, laid, 0, 1, gradients)
    unmoved, first = values(laid) == before, parameters()
    steps(make_optimiser(name, first, 0.05), first, 0, 1)
    assert 0 < int(unmoved.sum()) < len(before)
    torch.testing.assert_close(values(laid)[~unmoved], values(first)[~unmoved], rtol=1e-6, atol=1e-7)


@every_name
def test_a_state_of_another_layout_is_laid_anew(name: OptimiserName) -> None:
    plain, laid = parameters(), parameters(torch.channels_last)
    optimiser, other = (make_optimiser(name, learnt, 0.05) for learnt in (plain, laid))
    steps(optimiser, plain, 0, 3)
    with torch.no_grad():
        for ours, theirs in zip(laid, plain, strict=True):
            ours.copy_(theirs)
    other.load_state_dict(again(optimiser.state_dict()))
    steps(optimiser, plain, 3, 6)
    steps(other, laid, 3, 6, torch.channels_last)
    torch.testing.assert_close(values(laid), values(plain), rtol=1e-6, atol=1e-7)


@every_name
def test_weights_without_a_gradient_stay(name: OptimiserName) -> None:
    learnt = parameters()
    optimiser = make_optimiser(name, learnt, 0.1, keep=0.5)
    optimiser.step()
    learnt[1].grad = torch.ones(5, 7)
    before = [parameter.detach().clone() for parameter in learnt]
    optimiser.step()
    moved = [not torch.equal(now, then) for now, then in zip(learnt, before, strict=True)]
    assert moved == [False, True, False, False, False, False]


@every_name
def test_it_finds_the_bottom_of_a_bowl(name: OptimiserName) -> None:
    weight = nn.Parameter(torch.tensor([3.0, -2.0, 0.5]))
    wanted = torch.tensor([1.0, 1.0, -1.0])
    optimiser = make_optimiser(name, [weight], 0.02, keep=0.5, seed=1)
    for _ in range(900):
        optimiser.zero_grad()
        (weight - wanted).square().sum().backward()
        optimiser.step()
    torch.testing.assert_close(weight.detach(), wanted, rtol=0, atol=0.05)


@every_name
def test_what_is_not_a_number_spreads_no_further_than_its_weight(name: OptimiserName) -> None:
    weight = nn.Parameter(torch.ones(4))
    optimiser = make_optimiser(name, [weight], 0.1)
    weight.grad = torch.tensor([1.0, torch.nan, 1.0, 0.0])
    optimiser.step()
    assert weight.detach().isnan().tolist() == [False, True, False, False]


@pytest.mark.parametrize("name", ["adam", "adamw"])
def test_fused_steps_are_the_plain_ones(name: OptimiserName) -> None:
    decay = 0.1 if name == "adamw" else 0.0
    ours, theirs = parameters(), parameters()
    kind: Callable[..., Optimizer] = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[name]
    plain = kind(theirs, 0.01, (0.5, 0.99), 1e-7, decay, foreach=False)
    steps(make_optimiser(name, ours, 0.01, (0.5, 0.99), eps=1e-7, weight_decay=decay), ours, 0, 20)
    steps(plain, theirs, 0, 20)
    torch.testing.assert_close(values(ours), values(theirs), rtol=1e-5, atol=1e-6)


def test_adabelief_piece_by_piece_is_adabelief_all_at_once() -> None:
    ours, theirs = parameters(torch.channels_last), parameters(torch.channels_last)
    for learnt, foreach in ((ours, False), (theirs, True)):
        learnt.append(nn.Parameter(torch.linspace(-1, 1, 300_000).reshape(3, -1)))
        steps(AdaBelief(learnt, 0.01, foreach=foreach), learnt, 0, 4)
    assert torch.equal(values(ours), values(theirs))


def test_the_first_step_of_adabelief() -> None:
    weight = nn.Parameter(torch.tensor([1.0, 1.0, 1.0]))
    optimiser = AdaBelief([weight], 0.01)
    weight.grad = torch.tensor([0.5, -2.0, 0.0])
    assert optimiser.step(lambda: 7.0) == 7.0
    size = 0.01 * 0.1 / (0.9 * 0.001**0.5)
    torch.testing.assert_close(weight.detach(), torch.tensor([1 - size, 1 + size, 1.0]), rtol=1e-4, atol=0)


def test_it_works_behind_a_schedule() -> None:
    weight = nn.Parameter(torch.zeros(2))
    optimiser = make_optimiser("adabelief", [weight], 0.2, keep=0.9)
    rate = SteadyRate(warm_up=4).following(optimiser)
    seen = []
    for _ in range(6):
        weight.grad = torch.ones(2)
        seen.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        rate.step()
    assert seen == pytest.approx([0.05, 0.1, 0.15, 0.2, 0.2, 0.2])


def test_steady_rates() -> None:
    assert [SteadyRate().share(step) for step in (0, 1, 10**6)] == [1, 1, 1]
    swing = SteadyRate(period=500)
    assert [swing.share(step) for step in (124, 249, 374, 499, 749)] == pytest.approx([0.5, 0, 0.5, 1, 0])
    both = SteadyRate(warm_up=500, period=500)
    assert both.share(124) == pytest.approx(0.125)
    assert both.share(499) == pytest.approx(1)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"name": "sgd"}, "adamw"),
        ({"lr": -1.0}, "-1.0"),
        ({"betas": (0.9, 1.0)}, "1.0"),
        ({"eps": 0.0}, "eps"),
        ({"weight_decay": 0.1}, "adamw"),
        ({"keep": 0.0}, "0.0"),
        ({"keep": 1.5}, "1.5"),
    ],
)
def test_what_makes_no_sense_is_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        make_optimiser(**{"name": "adabelief", "parameters": parameters(), "lr": 0.1, **options})


def test_adabelief_refuses_too() -> None:
    with pytest.raises(UsageError, match="betas"):
        AdaBelief(parameters(), 0.1, (1.0, 0.9))


def test_pieces_are_the_whole_once_and_alike() -> None:
    a = torch.arange(2 * 3 * 200 * 200).reshape(2, 3, 200, 200)
    b = (10 * a).contiguous(memory_format=torch.channels_last)
    by_pixel = a.contiguous(memory_format=torch.channels_last)
    cut = list(pieces(by_pixel, b))
    assert len(cut) == 2
    assert sum(piece.numel() for piece, _ in cut) == a.numel()
    for ours, theirs in cut:
        assert torch.equal(10 * ours, theirs)
        ours.zero_()
    assert int(by_pixel.abs().max()) == 0
    assert [piece.shape for piece, _ in pieces(a, b)] == [a.shape]
    gaps = torch.zeros(4, 6)[:, ::2]
    assert [piece.shape for (piece,) in pieces(gaps)] == [gaps.shape]
