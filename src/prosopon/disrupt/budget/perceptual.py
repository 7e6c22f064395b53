"""A budget by what is seen: the change is made smaller until two pictures look as alike as asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from prosopon.core.errors import UsageError
from prosopon.disrupt.budget.bisection import largest_share
from prosopon.disrupt.budget.projection import Budget, require_limit
from prosopon.models.image_losses.structural import dssim

Distance = Callable[[Tensor, Tensor], Tensor]
"""The untouched pictures and others, `(B, 3, H, W)` in [0, 1] -> how far apart they are, `(B,)`, 0 for equal ones."""


@dataclass(frozen=True)
class Perceptual:
    """A budget whose changes are shrunk, each picture's by one factor, until a distance is small enough.

    It can be made of any budget in which everything between the picture and what is allowed is allowed as well, as
    `LInfinity`, `L2` and those under a mask.
    """

    within: Budget
    """What changes must keep to besides."""
    distance: Distance
    largest: float
    """The distance that is still allowed."""
    steps: int = 12
    """Halvings: the factor is off by at most 2^-steps, on the side that is allowed."""

    def __post_init__(self) -> None:
        require_limit(self.largest, "the largest distance")

    @torch.no_grad()
    def project(self, images: Tensor, candidate: Tensor) -> Tensor:
        """See `Budget`."""
        inside = self.within.project(images, candidate)

        def shrunk(share: Tensor) -> Tensor:
            share = share.view(-1, 1, 1, 1)
            # The sum would not be `inside` to the last bit.
            return torch.where(share < 1, (images + share * (inside - images)).clamp(0, 1), inside)

        def holds(share: Tensor) -> Tensor:
            return self.distance(images, shrunk(share)) <= self.largest

        return shrunk(largest_share(holds, images.new_zeros(len(images)), self.steps))


def least_ssim(floor: float, within: Budget) -> Perceptual:
    """The budget that keeps SSIM to the untouched picture at `floor` or above (0.98 is hard to see).

    Raises:
        UsageError: no SSIM can be asked for that is not in [0, 1].
    """
    if not 0 <= floor <= 1:
        raise UsageError(f"there is no SSIM of {floor} to keep", "use 0 to 1, such as 0.98")
    return Perceptual(within, structural_distance, 1 - floor)


def structural_distance(images: Tensor, others: Tensor) -> Tensor:
    """1 - SSIM (Wang et al. 2004), meaned over channels and pixels; borders are mirrored, so that any size will do."""
    return 2 * dssim(others, images, padding="reflect")


@dataclass(frozen=True)
class FeatureDistance:
    """LPIPS without its learnt weights (Zhang et al. 2018, arXiv 1801.03924, equation 1 with w = 1).

    At each place of each map, the squared distance of two feature vectors made of unit length; the mean over places
    and maps.
    """

    features: Callable[[Tensor], Sequence[Tensor]]
    """Pictures `(B, 3, H, W)` in [0, 1] -> maps `(B, C, h, w)`; see `models.perceptual`."""

    def __call__(self, images: Tensor, others: Tensor) -> Tensor:
        """`(B,)`, from 0 to 4."""
        distances = [
            (_unit(ours) - _unit(theirs)).square().sum(1).mean((1, 2))
            for ours, theirs in zip(self.features(images), self.features(others), strict=True)
        ]
        return torch.stack(distances).mean(0)


def _unit(maps: Tensor) -> Tensor:
    """Feature vectors of length 1; those of no length stay so."""
    length: Tensor = torch.linalg.vector_norm(maps, dim=1, keepdim=True)
    return maps / length.clamp_min(1e-8)
