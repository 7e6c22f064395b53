"""pix2pixHD's nets: shapes, the two sizes of the local enhancer, and which net judges which size."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from prosopon.models.checkpoint import load_strict
from prosopon.models.pix2pixhd import Discriminator, GlobalGenerator, LocalEnhancer, from_published


def planes(batch: int, channels: int, side: int) -> Tensor:
    torch.manual_seed(1)
    return torch.rand(batch, channels, side, side)


@torch.no_grad()
def test_global_generator() -> None:
    torch.manual_seed(0)
    net = GlobalGenerator(inputs=5, width=2, n_shrinks=3, n_blocks=2)
    drawn = net(planes(2, 5, 32))
    assert drawn.shape == (2, 3, 32, 32) and bool((drawn.abs() <= 1).all()) and drawn.std() > 0.05


@torch.no_grad()
def test_local_enhancer_adds_to_the_global_one_at_half_the_size() -> None:
    torch.manual_seed(0)
    net = LocalEnhancer(inputs=5, width=2, n_shrinks=2, n_blocks=1, n_local_blocks=1)
    maps = planes(1, 5, 32)
    drawn = net(maps)
    assert drawn.shape == (1, 3, 32, 32) and bool((drawn.abs() <= 1).all())
    assert net.model(planes(1, 5, 16)).shape == net.model1_1(maps).shape == (1, 4, 16, 16)
    seen: list[Tensor] = []
    net.model.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    net(torch.ones(1, 5, 32, 32))
    # Padding does not count, so that even maps stay even up to their edges.
    assert torch.equal(seen[0], torch.ones(1, 5, 16, 16))


@torch.no_grad()
@pytest.mark.parametrize("n_scales", [1, 2, 3])
def test_discriminator_judges_the_full_size_first(n_scales: int) -> None:
    torch.manual_seed(0)
    judge = Discriminator(inputs=4, width=2, n_scales=n_scales)
    maps = planes(1, 4, 64)
    judged = judge(maps)
    assert [len(features) for features in judged] == [5] * n_scales
    assert [tuple(feature.shape[1:]) for feature in judged[0]] == [
        (2, 33, 33), (4, 17, 17), (8, 9, 9), (16, 10, 10), (1, 11, 11)
    ]  # fmt: skip
    assert all(features[0].shape[-1] == (64 >> scale) // 2 + 1 for scale, features in enumerate(judged))
    highest = judge.get_submodule(f"scale{n_scales - 1}_layer0")
    assert torch.equal(highest(maps), judged[0][0])


def test_statistics_of_old_states_are_left_out() -> None:
    net = GlobalGenerator(inputs=5, width=2, n_shrinks=1, n_blocks=1)
    state = {**net.state_dict(), "model.2.running_mean": torch.ones(2), "model.2.running_var": torch.ones(2)}
    load_strict(net, from_published(state), "a state")
