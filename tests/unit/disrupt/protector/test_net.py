"""The net that protects in one pass: shapes, gradients, and that it can begin with a universal change."""

from __future__ import annotations

import pytest
import torch

from prosopon.core.errors import UsageError
from prosopon.disrupt.protector.net import NetConfig, ProtectorNet

TINY = NetConfig(width=4, max_width=8, halvings=2, n_blocks=1, side_px=32)


def net() -> ProtectorNet:
    torch.manual_seed(0)
    return ProtectorNet(TINY)


def images(count: int = 2) -> torch.Tensor:
    return torch.rand((count, 3, 32, 32), generator=torch.Generator().manual_seed(0)) * 2 - 1


def test_changes_are_as_large_as_crops_and_within_1() -> None:
    made = net()(images())
    assert made.shape == (2, 3, 32, 32)
    assert made.dtype == torch.float32
    assert 0 < made.abs().max() <= 1
    assert not torch.allclose(made[0], made[1])


def test_everything_learns() -> None:
    made = net()
    made(images()).square().sum().backward()
    still = [name for name, value in made.named_parameters() if value.grad is None or not value.grad.any()]
    assert still == []


def test_it_can_begin_with_a_universal_change_and_go_on_from_there() -> None:
    made = net()
    change = torch.rand((3, 32, 32), generator=torch.Generator().manual_seed(1)) * 2 - 1
    change[0, 0, 0], change[0, 0, 1] = 1.0, -1.0
    made.begin_with(change)
    torch.testing.assert_close(made(images()), (0.9 * change).expand(2, -1, -1, -1), rtol=0, atol=1e-5)
    made(images()).square().sum().backward()
    assert made.leave.weight.grad is not None
    assert bool(made.leave.weight.grad.any())


def test_pictures_of_a_batch_do_not_influence_each_other() -> None:
    made = net()
    torch.testing.assert_close(made(images())[:1], made(images()[:1]), rtol=0, atol=1e-6)


def test_the_usual_one_is_small_enough_to_ship() -> None:
    with torch.device("meta"):
        usual = ProtectorNet()
    assert 2 * sum(value.numel() for value in usual.parameters()) < 5_000_000


@pytest.mark.parametrize("odd", [{"width": 6}, {"width": 0}, {"halvings": 0}, {"n_blocks": -1}, {"side_px": 36}])
def test_nets_that_cannot_be_built_are_refused(odd: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        NetConfig(**odd)
