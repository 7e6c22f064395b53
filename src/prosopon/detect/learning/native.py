"""Faces cut out at their own resolution: whole pixels of the frame, neither turned nor enlarged.

What measures a camera's or a net's finest details must not resample them first. Only large faces are made smaller: to
the size that detectors learn from.
"""

from __future__ import annotations

import numpy as np

from prosopon.core.clip import Frame
from prosopon.core.faces import Face
from prosopon.detect.learning.view import View
from prosopon.faces.head_box import face_size

LARGEST_PX = 150.0
"""Larger faces (`faces.head_box.face_size`) are made so small, as arenas store them."""


def native_crop(frame: Frame, face: Face, side: float) -> Frame:
    """The square around a face, `side` face sizes wide, the frame reflected at its edges.

    Args:
        frame: `uint8 (H, W, 3)`.
        face: with landmarks, in pixels of the frame.
        side: of the square, in units of the face's size.

    Returns:
        `uint8 (S, S, 3)`, S the nearest number of pixels to `side` times the face's size.

    Raises:
        ValueError: the face has no landmarks, or all of them lie in one place.
    """
    if face.landmarks is None:
        raise ValueError("a face without landmarks cannot be cut")
    size = face_size(face.landmarks)
    if not np.isfinite(size) or size < 1:
        raise ValueError("the landmarks of a face lie in one place")
    if size > LARGEST_PX:
        return View(round(side * LARGEST_PX), side, upright=False).cut(frame, face)
    side_px = round(side * size)
    low = np.round((face.landmarks.min(0) + face.landmarks.max(0)) / 2 - side_px / 2).astype(int)
    rows, columns = (_reflected(start, side_px, limit) for start, limit in zip(low[::-1], frame.shape[:2], strict=True))
    return np.ascontiguousarray(frame[rows[:, None], columns[None, :]])


def _reflected(start: int, n: int, size: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Indices of `n` pixels along one axis, those outside reflected at the edge without its repetition."""
    at = np.arange(start, start + n, dtype=np.int64)
    if size == 1:
        return np.zeros_like(at)
    folded = at % (2 * (size - 1))
    return np.where(folded < size, folded, 2 * (size - 1) - folded)
