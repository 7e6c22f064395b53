"""Between pictures of any size and the canvas that the nets work on."""

from __future__ import annotations

from torch import Tensor

from prosopon.models.laundering.resample import resampled
from prosopon.vouch.watermark.hidden.lattice import CELL_PX, SHORT_PX


def canvas_size(height: int, width: int) -> tuple[int, int]:
    """Height and width of a picture's canvas: the short side is one tile, both are even."""
    scale = SHORT_PX / min(height, width)
    return _even(height * scale), _even(width * scale)


def cells(height: int, width: int) -> tuple[int, int]:
    """Rows and columns of cells that cover a canvas."""
    return -(-height // CELL_PX), -(-width // CELL_PX)


def with_change(images: Tensor, change: Tensor) -> Tensor:
    """Pictures `(B, 3, H, W)` in [0, 1] with a change of their canvas, far from 1; only the change is resized."""
    # Resizing clips to [0, 1].
    return (images + (resampled(change + 0.5, *images.shape[-2:]) - 0.5)).clamp(0, 1)


def _even(side: float) -> int:
    return max(2, 2 * round(side / 2))
