"""Luma: the brightness of pixels, which is all that the mark changes and all that it is read from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Frame
from prosopon.core.errors import MediaError

Plane = NDArray[np.float32]
"""`float32 (H, W)` in grey levels, 0 to 255."""

LEAST_SIDE_PX = 64
"""Of smaller pictures the mark is not even looked for."""

_WEIGHTS = np.array([0.299, 0.587, 0.114], np.float32)
"""ITU-R BT.601, as in JPEG."""


def luma(frame: NDArray[np.generic]) -> Plane:
    """Luma of a frame `(H, W, 3)` of any number type."""
    return np.asarray(frame, np.float32) @ _WEIGHTS


def check_size(width: int, height: int) -> None:
    """Refuse what is too small to carry a mark.

    Raises:
        MediaError: a side is below 64 pixels.
    """
    if min(width, height) < LEAST_SIDE_PX:
        raise MediaError(
            f"a picture of {width} x {height} pixels is too small for a watermark",
            f"both sides must have at least {LEAST_SIDE_PX} pixels",
        )


def added(frame: Frame, residual: NDArray[np.int16]) -> Frame:
    """A frame `uint8 (H, W, 3)` with the same change `(H, W)` of all three colours, held within 0 to 255."""
    changed = np.add(frame, residual[..., None], dtype=np.int16)
    np.clip(changed, 0, 255, out=changed)
    return changed.astype(np.uint8)
