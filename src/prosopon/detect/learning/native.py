"""Faces cut out at their own resolution: whole pixels of the frame, neither turned nor enlarged.

What measures a camera's or a net's finest details must not resample them first. Only large faces are made smaller, in
just the way in which arenas store them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Clip, Frame
from prosopon.core.faces import Face
from prosopon.datasets.arena.canvas import Canvas, scale_for
from prosopon.faces.head_box import face_size


def native_crops(clip: Clip, places: Mapping[int, Face], side: float) -> Iterator[tuple[int, Frame]]:
    """Every face of a person in a clip, cut out at one scale.

    Args:
        clip: the frames.
        places: the person's faces with landmarks, by frame; those whose landmarks lie in one place are passed over.
        side: of the squares, in units of the face's size.

    Yields:
        Frame index and `uint8 (S, S, 3)`.
    """
    points = {index: face.landmarks for index, face in places.items() if face.landmarks is not None}
    whole = {index: held for index, held in points.items() if np.isfinite(held).all() and face_size(held) >= 1}
    if not whole:
        return
    scale = scale_for([*whole.values()])
    for index, frame in enumerate(clip.frames()):
        if index in whole:
            yield index, native_crop(frame, whole[index], side, scale)


def native_crop(frame: Frame, landmarks: NDArray[np.float32], side: float, scale: float = 1.0) -> Frame:
    """The square around a face, `side` face sizes wide, the frame reflected at its edges.

    Args:
        frame: `uint8 (H, W, 3)`.
        landmarks: `(68, 2)` in pixels of the frame, not all in one place.
        side: of the square, in units of the face's size (`faces.head_box.face_size`).
        scale: pixels of the crop for a pixel of the frame, at most 1; 1 keeps all pixels as they are.

    Returns:
        `uint8 (S, S, 3)`, S the nearest number of pixels to `side` times the face's size.
    """
    if scale < 1:
        canvas = Canvas.around([landmarks], scale)
        frame, landmarks = canvas.cut(frame), canvas.points(landmarks)
    side_px = max(1, round(side * face_size(landmarks)))
    low = np.round((landmarks.min(0) + landmarks.max(0)) / 2 - side_px / 2).astype(int)
    rows, columns = (_reflected(int(low[1 - axis]), side_px, frame.shape[axis]) for axis in (0, 1))
    return np.ascontiguousarray(frame[rows[:, None], columns[None, :]])


def _reflected(start: int, n: int, size: int) -> NDArray[np.int64]:
    """Indices of `n` pixels along one axis, those outside reflected at the edge without its repetition."""
    at = np.arange(start, start + n, dtype=np.int64)
    if size == 1:
        return np.zeros_like(at)
    folded = at % (2 * (size - 1))
    return np.where(folded < size, folded, 2 * (size - 1) - folded)
