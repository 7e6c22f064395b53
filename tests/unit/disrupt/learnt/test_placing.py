"""A change between the crop's pixels and the photo's: in its place, and never larger than it was."""

from __future__ import annotations

import pytest
import torch

from prosopon.core.faces import Box
from prosopon.disrupt.heads.view import Region
from prosopon.disrupt.learnt.placing import placed


def change(side: int = 16, seed: int = 0) -> torch.Tensor:
    drawn = torch.rand((1, 3, side, side), generator=torch.Generator().manual_seed(seed))
    return (drawn > 0.5).float() * 2 - 1


def test_at_the_crops_own_size_it_is_the_change() -> None:
    found = placed(change(), Box(3, 5, 19, 21), Region(5, 21, 3, 19))
    torch.testing.assert_close(found, change(), rtol=0, atol=1e-6)


def test_a_region_takes_its_part_of_the_change() -> None:
    found = placed(change(), Box(3, 5, 19, 21), Region(7, 9, 10, 14))
    torch.testing.assert_close(found, change()[..., 2:4, 7:11], rtol=0, atol=1e-6)


@pytest.mark.parametrize("width", [1.3, 5.5, 16.0, 23.7, 400.0])
def test_it_never_grows_and_beyond_the_box_its_edge_goes_on(width: float) -> None:
    found = placed(change(), Box(10.2, 4.9, 10.2 + width, 4.9 + width), Region(0, 40, 0, 50))
    assert found.shape == (1, 3, 40, 50)
    assert found.abs().max() <= 1 + 1e-6
    torch.testing.assert_close(found[..., 0, 0], found[..., 3, 8], rtol=0, atol=1e-5)
    if width >= 16:
        torch.testing.assert_close(found[..., 0, 0], change()[..., 0, 0], rtol=0, atol=1e-5)


def test_twice_as_large_it_is_linear_between_centres() -> None:
    ramp = torch.arange(4.0).expand(1, 1, 4, 4)
    found = placed(ramp, Box(0, 0, 8, 8), Region(0, 8, 0, 8))
    torch.testing.assert_close(found[0, 0, 3], torch.tensor([0.0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3.0]))


def test_made_smaller_it_is_a_mean_and_nothing_is_passed_over() -> None:
    checks = change(64)
    found = placed(checks, Box(0, 0, 4, 4), Region(0, 4, 0, 4))
    assert found.abs().max() < 0.25
    torch.testing.assert_close(found.mean(), checks.mean(), rtol=0, atol=0.02)


def test_bfloat16_is_widened() -> None:
    assert placed(change().bfloat16(), Box(0, 0, 16, 16), Region(0, 16, 0, 16)).dtype == torch.float32
