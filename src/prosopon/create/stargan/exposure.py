"""Colour and contrast of a picture, taken out before the generator and put back after it.

The first instance norm of the generator removes both, and only what its zero padding lets it see at the picture's
border can bring them back: learnt late, and never well. What it cannot carry is carried around it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from torch import Tensor

_SPREAD = 0.35
"""Standard deviation of an evened picture, in [-1, 1]: few values reach beyond the range."""
_LEAST = 0.05
"""Standard deviation below which a picture counts as plain, so that its noise is not blown up."""


@dataclass(frozen=True)
class Exposure:
    """How some pictures were exposed.

    Attributes:
        mean: of each channel, `(B, 3, 1, 1)`, in [-1, 1].
        spread: standard deviation around it over all channels, `(B, 1, 1, 1)`.
    """

    mean: Tensor
    spread: Tensor

    @classmethod
    def of(cls, pictures: Tensor, *, evened: bool = True) -> Self:
        """The exposure of pictures `(B, 3, H, W)` in [-1, 1]; where it is not evened, one that changes nothing."""
        if not evened:
            return cls(pictures.new_zeros(len(pictures), 3, 1, 1), pictures.new_full((len(pictures), 1, 1, 1), _SPREAD))
        mean = pictures.mean((2, 3), keepdim=True)
        spread = (pictures - mean).square().mean((1, 2, 3), keepdim=True).clamp_min(_LEAST**2).sqrt()
        return cls(mean, spread)

    def even(self, pictures: Tensor) -> Tensor:
        """Pictures with the mean 0 and a fixed spread, in [-1, 1]; what lies beyond is cut off."""
        return ((pictures - self.mean) * (_SPREAD / self.spread)).clamp(-1, 1)

    def restored(self, pictures: Tensor) -> Tensor:
        """The inverse of `even`, in [-1, 1]."""
        return (pictures * (self.spread / _SPREAD) + self.mean).clamp(-1, 1)
