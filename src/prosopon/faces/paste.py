"""Putting a face back: the patch is laid over the frame at a fractional place, in float arithmetic, softly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from prosopon.core.clip import Frame
from prosopon.core.faces import Box


def feather(size_px: int, width: float = 0.12) -> NDArray[np.float32]:
    """A mask that is 1 in the middle and falls smoothly to 0 at the border, with rounded corners.

    Args:
        size_px: side in pixels.
        width: where it falls, as a share of the side, in (0, 0.5].

    Returns:
        `float32 (size_px, size_px)` in [0, 1], symmetric.

    Raises:
        ValueError: a width or size out of range.
    """
    if not 0.0 < width <= 0.5 or size_px <= 0:
        raise ValueError(f"no mask of {size_px} pixels with a falling width of {width}")
    place = (np.arange(size_px) + 0.5) / size_px
    rise = np.clip(np.minimum(place, 1.0 - place) / width, 0.0, 1.0)
    smooth = rise * rise * (3.0 - 2.0 * rise)
    return np.outer(smooth, smooth).astype(np.float32)


def paste(frame: Frame, patch: NDArray[np.generic], box: Box, mask: NDArray[np.floating]) -> Frame:
    """Lay a patch over a frame; the frame itself is not changed.

    Args:
        frame: `uint8 (H, W, 3)`.
        patch: `uint8` or float in [0, 255], `(h, w, 3)`, of any resolution; it covers the whole box.
        box: where it goes, fractional full-frame pixels; what lies outside the frame is dropped.
        mask: `(h, w)` in [0, 1] on the patch's grid: how much of the patch is seen.

    Returns:
        `uint8 (H, W, 3)`, rounded once.

    Raises:
        ValueError: the box has no area or mask and patch differ in size.
    """
    if box.width <= 0 or box.height <= 0:
        raise ValueError(f"cannot paste into {box}")
    if mask.shape != patch.shape[:2]:
        raise ValueError(f"the mask {mask.shape} does not fit the patch {patch.shape[:2]}")
    height, width = frame.shape[:2]
    left, right = max(0, int(np.floor(box.left))), min(width, int(np.ceil(box.right)))
    top, bottom = max(0, int(np.floor(box.top))), min(height, int(np.ceil(box.bottom)))
    result = frame.copy()
    if left >= right or top >= bottom:
        return result
    window = Box(left, top, right, bottom)
    seen = np.clip(_onto(mask, box, window, outside="constant"), 0.0, 1.0)[..., None]
    colours = np.stack([_onto(patch[..., i], box, window, outside="edge") for i in range(3)], axis=-1)
    under = frame[top:bottom, left:right].astype(np.float32)
    blended = under + seen * (np.clip(colours, 0.0, 255.0) - under)
    result[top:bottom, left:right] = np.round(blended).astype(np.uint8)
    return result


def _onto(plane: NDArray[np.generic], box: Box, window: Box, outside: str) -> NDArray[np.float32]:
    """Resample a plane that covers `box` onto the whole pixels of `window`; float32, bicubic, antialiased."""
    rows, columns = plane.shape
    per_x, per_y = columns / box.width, rows / box.height
    inside = (
        (window.left - box.left) * per_x,
        (window.top - box.top) * per_y,
        (window.right - box.left) * per_x,
        (window.bottom - box.top) * per_y,
    )
    if per_x == per_y == 1.0 and all(edge == int(edge) for edge in box):
        left, top = int(window.left - box.left), int(window.top - box.top)
        part = plane[top : top + int(window.height), left : left + int(window.width)]
        return part.astype(np.float32)
    # The window can stick out of the box by less than one frame pixel; the filter then reads a little further.
    border = int(np.ceil(3.0 * max(per_x, per_y, 1.0))) + 1
    padded = np.pad(plane.astype(np.float32), border, mode=outside)  # type: ignore[call-overload]
    size = (int(window.width), int(window.height))
    shifted = tuple(side + border for side in inside)
    held = Image.fromarray(padded).resize(size, Image.Resampling.BICUBIC, box=shifted)
    return np.asarray(held, dtype=np.float32)
