"""How much a net's answer was disturbed: distances, and the share of answers that count as broken.

Answers are `(B, 3, H, W)` in [-1, 1], and compared with the answer to the untouched picture. Measures are per picture,
so that those of several classes can be joined before the mean is taken.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

BROKEN_L2 = 0.05
"""An answer whose mean squared error is larger counts as disrupted (Ruiz et al., arXiv 2003.01279)."""
_EDITED = 0.5
"""Where a pixel's three values change by more than this together, the edit took place (CMUA-Watermark)."""


@dataclass(frozen=True)
class Effect:
    """The disturbance of several answers, on the mean."""

    l1: float
    """Mean absolute difference, 0 to 2."""
    l2: float
    """Mean squared error, 0 to 4."""
    disrupted: float
    """Share of answers whose squared error is above 0.05, 0 to 1."""
    masked_l2: float | None
    """Mean squared error where the edit took place, over the answers that edited something; None where none did."""
    masked_disrupted: float | None
    """Share of those in which it is above 0.05."""


def l1(disturbed: Tensor, untouched: Tensor) -> Tensor:
    """Mean absolute difference of each picture, `(B,)`."""
    return (disturbed.float() - untouched.float()).abs().flatten(1).mean(dim=1)


def l2(disturbed: Tensor, untouched: Tensor) -> Tensor:
    """Mean squared error of each picture, `(B,)`: what the papers call L2."""
    return (disturbed.float() - untouched.float()).square().flatten(1).mean(dim=1)


def masked_l2(disturbed: Tensor, untouched: Tensor, images: Tensor) -> list[float | None]:
    """Mean squared error of each picture where the edit took place; None where the edit did nothing.

    Huang et al., CMUA-Watermark (arXiv 2105.10872): an edit of the hair is broken if the hair is, however little of
    the picture that may be.

    Args:
        disturbed, untouched: the net's answers to the changed and to the original pictures.
        images: the original pictures `(B, 3, H, W)` in [-1, 1].
    """
    edited = (untouched.float() - images.float()).abs().sum(dim=1, keepdim=True) > _EDITED
    squared = (disturbed.float() - untouched.float()).square() * edited
    n_values = images.shape[1] * edited.flatten(1).sum(dim=1)
    sums = squared.flatten(1).sum(dim=1)
    return [float(total) / int(n) if n else None for total, n in zip(sums.tolist(), n_values.tolist(), strict=True)]


def measure_effect(disturbed: Tensor, untouched: Tensor, images: Tensor) -> Effect:
    """All measures over a batch of answers; for several classes, join the batches first.

    Args:
        disturbed, untouched: the net's answers `(B, 3, H, W)` to the changed and to the original pictures.
        images: the original pictures `(B, 3, H, W)`.

    Raises:
        ValueError: they differ in shape, or there are none.
    """
    if not disturbed.shape == untouched.shape == images.shape or len(images) == 0:
        raise ValueError(
            f"answers {tuple(disturbed.shape)} and {tuple(untouched.shape)} to pictures {tuple(images.shape)}"
        )
    with torch.no_grad():
        squared = l2(disturbed, untouched).tolist()
        masked = [value for value in masked_l2(disturbed, untouched, images) if value is not None]
        return Effect(
            l1=float(l1(disturbed, untouched).mean()),
            l2=sum(squared) / len(squared),
            disrupted=_share_broken(squared),
            masked_l2=sum(masked) / len(masked) if masked else None,
            masked_disrupted=_share_broken(masked) if masked else None,
        )


def _share_broken(errors: Iterable[float]) -> float:
    broken = [error > BROKEN_L2 for error in errors]
    return sum(broken) / len(broken)
