"""A picture cut at its borders, and enlarged to its old size."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from prosopon.core.clip import Frame
from prosopon.core.errors import UsageError
from prosopon.models.laundering.resample import Filter, really_resampled, require_filter, resampled


@dataclass(frozen=True)
class Crop:
    """Cut to a part of its width and height, at whole pixels: without `back` it is exact.

    What is left lies elsewhere: compare it with the clean picture under the same crop.
    """

    share: float = 0.9
    """Of each side that is left, above 0 and up to 1."""
    x: float = 0.5
    """How much of what is cut off falls on the left, 0 to 1."""
    y: float = 0.5
    """How much of it falls on the top, 0 to 1."""
    back: bool = True
    """Enlarge to the size that came in."""
    filter: Filter = "bicubic"

    def __post_init__(self) -> None:
        if not (0 < self.share <= 1 and 0 <= self.x <= 1 and 0 <= self.y <= 1):
            raise UsageError(f"there is no crop to {self.share} at ({self.x}, {self.y})", "use shares from 0 to 1")
        require_filter(self.filter)

    def drawn(self, generator: torch.Generator) -> Crop:
        """As large, elsewhere."""
        x, y = torch.rand(2, generator=generator).tolist()
        return replace(self, x=x, y=y)

    def __call__(self, images: Tensor) -> Tensor:
        """`(B, 3, H, W)` in [0, 1]."""
        height, width = images.shape[-2:]
        rows, columns = self._kept(height, width)
        cut = images[..., rows, columns]
        return resampled(cut, height, width, filter=self.filter) if self.back else cut

    def real(self, picture: Frame) -> Frame:
        """Slicing, and Pillow's `resize`."""
        height, width = picture.shape[:2]
        cut = picture[self._kept(height, width)]
        return really_resampled(cut, height, width, filter=self.filter) if self.back else cut.copy()

    def _kept(self, height: int, width: int) -> tuple[slice, slice]:
        tall, wide = max(1, round(height * self.share)), max(1, round(width * self.share))
        top, left = round((height - tall) * self.y), round((width - wide) * self.x)
        return slice(top, top + tall), slice(left, left + wide)
