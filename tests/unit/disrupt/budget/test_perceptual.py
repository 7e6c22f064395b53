"""Budgets by what is seen: as close to the limit as asked for, and never beyond."""

from __future__ import annotations

import pytest
import torch
from skimage.metrics import structural_similarity
from torch import Tensor

from prosopon.disrupt.budget.bisection import largest_share
from prosopon.disrupt.budget.perceptual import FeatureDistance, Perceptual, least_ssim, structural_distance
from prosopon.disrupt.budget.projection import LInfinity
from prosopon.models.perceptual import RandomFeatures


def noisy(n: int = 3) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    y, x = torch.meshgrid(torch.linspace(0, 1, 40), torch.linspace(0, 1, 44), indexing="ij")
    images = torch.stack((y, x, (y + x) / 2)).expand(n, 3, 40, 44) * 0.6 + 0.2
    return images, images + 0.2 * torch.randn(images.shape, generator=generator)


@pytest.mark.parametrize("floor", [0.5, 0.9, 0.98, 0.999])
def test_ssim_ends_at_its_floor(floor: float) -> None:
    images, candidate = noisy()
    out = least_ssim(floor, LInfinity(0.3)).project(images, candidate)
    ssim = 1 - structural_distance(images, out)
    assert bool((ssim >= floor - 1e-6).all())
    assert bool((ssim <= floor + 0.1 * (1 - floor)).all())
    # One factor for all of a picture.
    inside = LInfinity(0.3).project(images, candidate)
    share = (out - images)[0] / (inside - images)[0]
    assert float(share.std()) < 1e-3


def test_its_ssim_is_that_of_others_away_from_the_border() -> None:
    images, candidate = noisy(1)
    ours = structural_distance(images[..., 5:-5, 5:-5], images[..., 5:-5, 5:-5])
    assert float(ours.abs().max()) < 1e-6
    _, theirs = structural_similarity(
        images[0].numpy(), candidate.clamp(0, 1)[0].numpy(), channel_axis=0, data_range=1.0, gaussian_weights=True,
        sigma=1.5, use_sample_covariance=False, full=True,
    )  # fmt: skip
    assert 1 - float(structural_distance(images, candidate.clamp(0, 1))) == pytest.approx(
        float(theirs.mean()), abs=0.01
    )


def test_a_floor_of_one_changes_nothing_and_of_zero_is_the_inner_budget() -> None:
    images, candidate = noisy()
    torch.testing.assert_close(least_ssim(1, LInfinity(0.1)).project(images, candidate), images, rtol=0, atol=1e-4)
    inner = LInfinity(0.02).project(images, candidate)
    assert torch.equal(least_ssim(0, LInfinity(0.02)).project(images, candidate), inner)


def test_features_end_at_their_limit() -> None:
    images, candidate = noisy()
    distance = FeatureDistance(RandomFeatures())
    out = Perceptual(LInfinity(0.3), distance, 0.05).project(images, candidate)
    reached = distance(images, out)
    assert bool((reached <= 0.05).all())
    assert bool((reached > 0.048).all())


def test_feature_distance_by_hand() -> None:
    def features(images: Tensor) -> list[Tensor]:
        return [images, images[:, :2, ::2]]

    ours = torch.tensor([3.0, 4.0, 0.0]).view(1, 3, 1, 1).expand(2, 3, 2, 1).clone()
    theirs = torch.tensor([0.0, 8.0, 0.0]).view(1, 3, 1, 1).expand(2, 3, 2, 1).clone()
    theirs[1] = 7 * ours[1]
    # Unit vectors (0.6, 0.8) and (0, 1).
    torch.testing.assert_close(FeatureDistance(features)(ours, theirs), torch.tensor([0.4, 0.0]))
    nothing = torch.zeros(1, 3, 2, 1)
    assert float(FeatureDistance(features)(nothing, nothing)) == 0


def test_bisection_finds_each_edge_from_below() -> None:
    edges = torch.tensor([0.0, 0.3, 0.77, 1.0, 2.0])
    tried: list[Tensor] = []

    def holds(share: Tensor) -> Tensor:
        tried.append(share)
        return share <= edges

    share = largest_share(holds, torch.zeros(5), 10)
    assert bool((share <= edges).all())
    assert bool((edges.clamp_max(1) - share <= 2**-10).all())
    assert len(tried) == 11
    assert torch.equal(largest_share(lambda s: s <= 1, torch.zeros(2), 10), torch.ones(2))


def test_bisection_never_returns_what_did_not_hold() -> None:
    def holds(share: Tensor) -> Tensor:
        return (share < 0.2) | ((share > 0.45) & (share < 0.6))

    share = largest_share(holds, torch.zeros(1), 12)
    assert bool(holds(share).all())


def test_no_gradients_are_kept() -> None:
    images, candidate = noisy(1)
    assert not least_ssim(0.9, LInfinity(0.1)).project(images, candidate.requires_grad_()).requires_grad
