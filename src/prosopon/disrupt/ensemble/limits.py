"""What a change of a head must keep to: grey levels, or mostly colour, and where wanted how alike it has to look."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from torch import Tensor

from prosopon.disrupt.budget.chroma import Chroma
from prosopon.disrupt.budget.perceptual import Perceptual, least_ssim
from prosopon.disrupt.budget.projection import Budget, LInfinity

Space = Literal["levels", "colour"]
"""Every value by itself; or little lightness and more colour, of which eyes see fine noise less (Anti-Forgery)."""
_LIGHTNESS, _COLOUR = 0.1, 1.0
"""Units of CIE Lab for each level: a level of grey is 0.4 of lightness, of which a quarter is left."""
_HALVINGS = 5
"""How finely a change is shrunk until it looks alike enough; a step of the attack waits for each."""


def budget_of(levels: Tensor, space: Space, floor: float | None) -> Budget:
    """The budget of one head.

    Args:
        levels: by how many grey levels each pixel may change, `(1, 1, h, w)`.
        space: what is counted.
        floor: SSIM to the untouched pixels that must be left, mean over the region; None: any.

    Raises:
        UsageError: there is no such SSIM.
    """
    within: Budget = (
        LInfinity(levels / 255) if space == "levels" else Chroma(_LIGHTNESS * levels, _COLOUR * levels)
    )  # fmt: skip
    if floor is None:
        return within
    wanted: Perceptual = least_ssim(floor, within)
    return replace(wanted, steps=_HALVINGS)


def uphill_in(space: Space, gradient: Tensor) -> Tensor:
    """The direction of a step, `(1, 3, h, w)`: that of the gradient, without what a budget of colour takes away again.

    A step along the gradient's signs is mostly one of lightness, so that nearly all of it would be projected away.
    """
    return gradient if space == "levels" else gradient - gradient.mean(1, keepdim=True)
