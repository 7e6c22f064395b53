"""`Budget`: how much of a picture may be changed, as a projection that an attack makes after every step.

Pictures are in [0, 1] throughout; `Symmetric` serves nets that take [-1, 1].
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from prosopon.core.errors import UsageError

_SLACK = 1e-3
"""In levels; more than float32 loses on a difference, less than anybody means."""


class Budget(Protocol):
    """What is allowed; what already is comes back as it was."""

    def project(self, images: Tensor, candidate: Tensor) -> Tensor:
        """The allowed pictures near some others.

        Args:
            images: the untouched pictures, `(B, 3, H, W)` in [0, 1].
            candidate: where the attack would like to be, of the same shape, anywhere.

        Returns:
            `(B, 3, H, W)` in [0, 1].
        """
        ...


def require_limit(limit: float | Tensor, what: str) -> None:
    """Raise what can be understood where a limit is none.

    Raises:
        UsageError: it is negative somewhere, or no number; an infinite one is none, and allowed.
    """
    fine = bool((limit >= 0).all()) if isinstance(limit, Tensor) else not math.isnan(limit) and limit >= 0
    if not fine:
        raise UsageError(f"{what} must be 0 or more everywhere", "use a larger number")


@dataclass(frozen=True, eq=False)
class LInfinity:
    """No value changes by more than epsilon; the nearest such pictures, exactly, since ball and range are boxes."""

    epsilon: float | Tensor
    """One for all, or one for each value: anything that broadcasts to `(B, 3, H, W)`."""

    def __post_init__(self) -> None:
        require_limit(self.epsilon, "the largest change of a value")

    def project(self, images: Tensor, candidate: Tensor) -> Tensor:
        """See `Budget`."""
        epsilon = self.epsilon.to(images) if isinstance(self.epsilon, Tensor) else self.epsilon
        return candidate.clamp(images - epsilon, images + epsilon).clamp(0, 1)


@dataclass(frozen=True)
class L2:
    """The change of each picture, as one vector, is no longer than a radius.

    The ball first, then the range, which can only shorten the change: allowed, if not always the nearest.
    """

    radius: float
    """Root of the sum of squared changes of all values of a picture."""

    def __post_init__(self) -> None:
        require_limit(self.radius, "the radius")

    def project(self, images: Tensor, candidate: Tensor) -> Tensor:
        """See `Budget`."""
        change = candidate - images
        length = torch.linalg.vector_norm(change, dim=(1, 2, 3), keepdim=True)
        shorter = images + change * (self.radius / length.clamp_min(torch.finfo(length.dtype).tiny))
        return torch.where(length > self.radius, shorter, candidate).clamp(0, 1)


@dataclass(frozen=True)
class Storable:
    """What is left of a budget once the picture is saved with 8 bits: changes of whole levels, rounded towards nothing.

    Rounding to the nearest level could overstep the budget. Made for the last step: a step of less than a level would
    never get away from the picture.
    """

    within: Budget

    def project(self, images: Tensor, candidate: Tensor) -> Tensor:
        """See `Budget`; the untouched pictures have 8 bits themselves."""
        change = 255 * (self.within.project(images, candidate) - images)
        # 6 / 255 is a little less than six levels where floats round it down.
        whole = torch.trunc(change + change.sign() * _SLACK)
        return (torch.round(images * 255) + whole) / 255


@dataclass(frozen=True)
class Symmetric:
    """A budget for pictures in [-1, 1]; its own numbers stay those of [0, 1], half as large."""

    within: Budget

    def project(self, images: Tensor, candidate: Tensor) -> Tensor:
        """See `Budget`, but for the range."""
        return self.within.project((images + 1) / 2, (candidate + 1) / 2) * 2 - 1
