"""Pictures made smaller and larger without aliasing, as Pillow does it.

Resampling along an axis is a matrix, so it is exact in both directions of differentiation. The weights are Pillow's:
the filter is stretched by the factor where a picture shrinks, and what would lie outside of the picture is left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from prosopon.core.clip import Frame
from prosopon.core.errors import UsageError
from prosopon.models.image_losses.items import exact, exactly

Filter = Literal["bilinear", "bicubic", "lanczos"]


@dataclass(frozen=True)
class Resize:
    """At another size, and back at the old one where asked for. Pillow rounds after each axis, this does not."""

    factor: float = 0.5
    """Each side times this; a side is never less than a pixel."""
    back: bool = True
    """Enlarge (or shrink) to the size that came in."""
    filter: Filter = "bicubic"

    def __post_init__(self) -> None:
        if not 0 < self.factor < math.inf:
            raise UsageError(f"a picture cannot be resized by {self.factor}", "use a number above 0")
        require_filter(self.filter)

    def __call__(self, images: Tensor) -> Tensor:
        """`(B, 3, H, W)` in [0, 1]; overshoots are clipped."""
        height, width = images.shape[-2:]
        resized = resampled(images, *self._size(height, width), filter=self.filter)
        return resampled(resized, height, width, filter=self.filter) if self.back else resized

    def real(self, picture: Frame) -> Frame:
        """Pillow's `resize`."""
        height, width = picture.shape[:2]
        resized = really_resampled(picture, *self._size(height, width), filter=self.filter)
        return really_resampled(resized, height, width, filter=self.filter) if self.back else resized

    def _size(self, height: int, width: int) -> tuple[int, int]:
        return max(1, round(height * self.factor)), max(1, round(width * self.factor))


def require_filter(name: str) -> None:
    """Raise what can be understood.

    Raises:
        UsageError: there is no such filter.
    """
    if name not in get_args(Filter):
        raise UsageError(f"there is no filter {name!r}", f"use one of {', '.join(get_args(Filter))}")


def resampled(images: Tensor, height: int, width: int, *, filter: Filter = "bicubic") -> Tensor:  # noqa: A002
    """Pictures at another size.

    Args:
        images: `(B, C, H, W)` in [0, 1].
        height, width: of the result, in pixels.
        filter: `bicubic` is Catmull and Rom's (a = -1/2), `lanczos` has three lobes.

    Returns:
        `(B, C, height, width)` clipped to [0, 1]; the pictures themselves where the size is theirs.
    """
    if images.shape[-2:] == (height, width):
        return images
    images = exact(images)
    down = _weights(images.shape[-2], height, filter).to(images)
    along = _weights(images.shape[-1], width, filter).to(images)
    with exactly(images):
        # Along rows first, and clipped at once, as Pillow's bytes are: both change what edges overshoot to.
        return (down @ (images.contiguous() @ along.T).clamp(0, 1)).clamp(0, 1)


def really_resampled(picture: Frame, height: int, width: int, *, filter: Filter = "bicubic") -> Frame:  # noqa: A002
    """The same by Pillow, on `uint8 (H, W, 3)`."""
    return np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling[filter.upper()]))


@lru_cache(maxsize=32)
def _weights(old: int, new: int, name: Filter) -> Tensor:
    """`(new, old)` float64: what each new sample takes of each old one."""
    shape, reach = _FILTERS[name]
    # Outside of inference mode, or tensors that are kept here could never be used for gradients.
    with torch.inference_mode(mode=False), torch.no_grad():
        stretch = max(1.0, old / new)
        centre = (torch.arange(new, dtype=torch.float64) + 0.5) * (old / new)
        away = (torch.arange(old, dtype=torch.float64) + 0.5 - centre[:, None]) / stretch
        weights = torch.where(away.abs() < reach, shape(away), 0)
        return weights / weights.sum(1, keepdim=True)


def _bilinear(away: Tensor) -> Tensor:
    return 1 - away.abs()


def _bicubic(away: Tensor) -> Tensor:
    far = away.abs()
    return torch.where(far < 1, (1.5 * far - 2.5) * far**2 + 1, ((-0.5 * far + 2.5) * far - 4) * far + 2)


def _lanczos(away: Tensor) -> Tensor:
    return torch.sinc(away) * torch.sinc(away / 3)


_FILTERS: dict[Filter, tuple[Callable[[Tensor], Tensor], float]] = {
    "bilinear": (_bilinear, 1.0),
    "bicubic": (_bicubic, 2.0),
    "lanczos": (_lanczos, 3.0),
}
"""Each filter and where it ends, in pixels of the coarser picture."""
