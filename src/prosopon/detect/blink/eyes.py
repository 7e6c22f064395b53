"""Both eyes cut out of a frame, alike for everybody: upright, of one size, and the left one mirrored."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Frame
from prosopon.faces.aligned.cut import cut_aligned
from prosopon.faces.head_box import face_size

EYE_PX = 32
"""Side of a crop."""
SIDE = 0.36
"""Side of its square in the frame, in units of the face's size: lids, lashes and some skin around."""
_EYES = (slice(36, 42), slice(42, 48))
"""The person's right eye, which is to the left in the picture, and the left one."""


def eye_matrices(landmarks: NDArray[np.floating], size_px: int = EYE_PX, side: float = SIDE) -> NDArray[np.float64]:
    """From pixels of the frame to those of the crops of the right and the left eye: `(2, 2, 3)`.

    Args:
        landmarks: `(68, 2)` pixels of the frame.
        size_px: of a crop.
        side: of its square, in face sizes.

    Raises:
        ValueError: the landmarks lie in one place.
    """
    points = np.asarray(landmarks, np.float64)
    middles = [points[eye].mean(0) for eye in _EYES]
    across = middles[1] - middles[0]
    size = face_size(np.asarray(landmarks, np.float32))
    if not np.isfinite(size) or size <= 0 or not across.any():
        raise ValueError("the landmarks of a face lie in one place")
    angle = np.arctan2(across[1], across[0])
    scale = size_px / (side * size)
    turn = scale * np.array(((np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle))))
    found = []
    for middle, mirrored in zip(middles, (False, True), strict=True):
        linear = np.diag((-1.0, 1.0)) @ turn if mirrored else turn
        found.append(np.column_stack((linear, size_px / 2 - linear @ middle)))
    return np.stack(found)


def cut_eyes(
    frame: Frame, landmarks: NDArray[np.floating], size_px: int = EYE_PX, side: float = SIDE
) -> NDArray[np.uint8]:
    """Crops `uint8 (2, S, S, 3)` of the right and the left eye.

    Raises:
        ValueError: see `eye_matrices`.
    """
    return np.stack([cut_aligned(frame, matrix, size_px) for matrix in eye_matrices(landmarks, size_px, side)])
