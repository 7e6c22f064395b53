"""Cutting faces out: exact for fractional boxes, antialiased, and without black borders."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from PIL import Image

from prosopon.core.clip import Frame
from prosopon.core.faces import Box

_SUPPORT = 2
"""Half width of the bicubic filter in pixels of the coarser grid."""


def square(box: Box, margin: float = 0.0) -> Box:
    """The square around a box, with the same centre.

    Args:
        box: any rectangle.
        margin: what is added on every side, as a share of the box's longer side.
    """
    half = max(box.width, box.height) * (0.5 + margin)
    x, y = box.centre
    return Box(x - half, y - half, x + half, y + half)


def union(boxes: Iterable[Box]) -> Box:
    """The smallest box that holds all of them: a crop that stays put while a person moves.

    Raises:
        ValueError: there are none.
    """
    held = np.array([*boxes], dtype=np.float64)
    if not held.size:
        raise ValueError("the union of no boxes")
    low, high = held.min(axis=0), held.max(axis=0)
    return Box(float(low[0]), float(low[1]), float(high[2]), float(high[3]))


def cut(frame: Frame, box: Box, size_px: int) -> Frame:
    """Cut a square out of a frame and bring it to a size.

    Bicubic; where the picture gets smaller the filter widens, so that nothing aliases. What lies outside the frame
    repeats the frame's edge.

    Args:
        frame: `uint8 (H, W, 3)`.
        box: fractional, full-frame pixels; may reach outside the frame.
        size_px: side of the result in pixels.

    Returns:
        `uint8 (size_px, size_px, 3)`.

    Raises:
        ValueError: the box has no area or the size is not positive.
    """
    if box.width <= 0 or box.height <= 0 or size_px <= 0:
        raise ValueError(f"cannot cut {box} to {size_px} pixels")
    left, right = _reach(box.left, box.right, size_px)
    top, bottom = _reach(box.top, box.bottom, size_px)
    rows = np.clip(np.arange(top, bottom), 0, frame.shape[0] - 1)
    columns = np.clip(np.arange(left, right), 0, frame.shape[1] - 1)
    part = Image.fromarray(frame[rows[:, None], columns[None, :]])
    inside = (box.left - left, box.top - top, box.right - left, box.bottom - top)
    return np.asarray(part.resize((size_px, size_px), Image.Resampling.BICUBIC, box=inside))


def _reach(start: float, stop: float, size_px: int) -> tuple[int, int]:
    """First and last-plus-one pixel that the filter touches along one axis."""
    margin = _SUPPORT * max(1.0, (stop - start) / size_px)
    return int(np.floor(start - margin)), int(np.ceil(stop + margin))
