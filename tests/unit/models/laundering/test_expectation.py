"""Means over launderings, and draws from them."""

from __future__ import annotations

from itertools import islice

import pytest
import torch
from torch import Tensor

from prosopon.core.errors import UsageError
from prosopon.models.laundering.crop import Crop
from prosopon.models.laundering.expectation import Expectation
from prosopon.models.laundering.gamma import Gamma
from prosopon.models.laundering.resample import Resize

THREE = Expectation((Gamma(2.0), Resize(0.5, back=False), Crop(0.5)))


def brightness(images: Tensor) -> Tensor:
    return images.square().mean()


def test_draws_follow_the_seed_and_leave_none_out() -> None:
    first, again, other = (list(islice(THREE.draws(seed), 60)) for seed in (5, 5, 6))
    assert first == again
    assert first != other
    kinds = [type(laundering) for laundering in first]
    assert all(10 <= kinds.count(kind) <= 30 for kind in (Gamma, Resize, Crop))


def test_chance_within_a_laundering_is_drawn_as_well() -> None:
    crops = set(islice(Expectation((Crop(0.5),)).draws(0), 20))
    assert len(crops) == 20
    assert all(isinstance(crop, Crop) and crop.share == 0.5 for crop in crops)


def test_draws_leave_the_global_generator_alone() -> None:
    before = torch.get_rng_state()
    next(THREE.draws(0))
    assert torch.equal(before, torch.get_rng_state())


def test_the_mean_is_the_mean() -> None:
    images = torch.rand(2, 3, 12, 14, generator=torch.Generator().manual_seed(0))
    by_hand = sum(float(brightness(laundering(images))) for laundering in THREE.launderings) / 3
    assert float(THREE.mean(brightness, images)) == pytest.approx(by_hand, rel=1e-6)


def test_one_at_a_time_gives_the_same_gradient() -> None:
    images = torch.rand(2, 3, 12, 14, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        value, slope = THREE.gradient(brightness, images)
    at = images.clone().requires_grad_()
    mean = THREE.mean(brightness, at)
    mean.backward()
    torch.testing.assert_close(value, mean.detach())
    torch.testing.assert_close(slope, at.grad)
    assert not images.requires_grad


def test_no_launderings_have_no_mean() -> None:
    with pytest.raises(UsageError, match="no launderings"):
        Expectation(())
