"""How far eyes and mouth are open, from the 68 landmarks of iBUG 300-W.

The eye's measure is the eye aspect ratio of Soukupová and Čech, "Real-Time Eye Blink Detection using Facial
Landmarks", CVWW 2016, equation 1; the mouth's is the same idea on the inner lips. Both are ratios of lengths in one
picture: they do not change with size and roll, and shrink a little as the head turns away.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

_Float = TypeVar("_Float", np.float32, np.float64)


def eye_openings(landmarks: NDArray[_Float]) -> NDArray[_Float]:
    """Height over width of the person's right and left eye: about 0.3 open, below 0.15 closed.

    Args:
        landmarks: `(..., 68, 2)` in any unit that is the same for x and y.

    Returns:
        `(..., 2)`: the eye of points 36 to 41 (left in the picture), then that of 42 to 47.
    """
    eyes = [_ratio(landmarks, ((i + 1, i + 5), (i + 2, i + 4)), (i, i + 3)) for i in (36, 42)]
    return np.stack(eyes, axis=-1)


def eye_opening(landmarks: NDArray[_Float]) -> NDArray[_Float]:
    """Mean of both eyes' openings, `(..., 68, 2)` -> `(...)`."""
    mean: NDArray[_Float] = eye_openings(landmarks).mean(-1)
    return mean


def mouth_opening(landmarks: NDArray[_Float]) -> NDArray[_Float]:
    """Height between the inner lips over the width of the mouth, `(..., 68, 2)` -> `(...)`: 0 shut, 1 a yawn."""
    return _ratio(landmarks, ((61, 67), (62, 66), (63, 65)), (48, 54))


def _ratio(landmarks: NDArray[_Float], heights: tuple[tuple[int, int], ...], width: tuple[int, int]) -> NDArray[_Float]:
    """Mean of some distances between points over another one."""
    upper, lower = zip(*heights, strict=True)
    height = np.linalg.norm(landmarks[..., list(upper), :] - landmarks[..., list(lower), :], axis=-1).mean(-1)
    across = np.linalg.norm(landmarks[..., width[0], :] - landmarks[..., width[1], :], axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio: NDArray[_Float] = height / across
    return ratio
