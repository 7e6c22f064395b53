"""The square around a face, or around the whole head, by its 68 landmarks; over a clip one that does not move."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from prosopon.core.faces import Box

_HEAD_SIDE = 2.05
"""Side of the crop in units of the face's size: the whole head with its hair, within what the nets are trained on."""
_RISE = 0.14
"""How far above the face's middle that of the head is, in the same units: landmarks end at the brows."""


def face_size(landmarks: NDArray[np.float32]) -> float:
    """Longer side of the landmarks' box in pixels, `(68, 2)` -> a number."""
    span = landmarks.max(0) - landmarks.min(0)
    return float(span.max())


def still_box(landmarks: Iterable[NDArray[np.float32]], side: float) -> Box:
    """One square that holds a face over a whole clip: centred on where it is, `side` median face sizes wide.

    It grows where the head moves so far that the face would leave it.
    """
    points = np.stack(list(landmarks))
    low, high = points.min((0, 1)), points.max((0, 1))
    x, y = ((low + high) / 2).tolist()
    size = float(np.median([face_size(face) for face in points]))
    half = max(side * size, float((high - low).max()) * 1.15) / 2
    return Box(x - half, y - half, x + half, y + half)


def head_box(landmarks: Iterable[NDArray[np.float32]]) -> Box:
    """The square around a head, hair included, over a whole clip; landmarks `(68, 2)` of any of its frames.

    Hair that a crop cuts off stands still while the face below it moves.
    """
    faces = list(landmarks)
    box = still_box(faces, _HEAD_SIDE)
    rise = _RISE * float(np.median([face_size(face) for face in faces]))
    return Box(box.left, box.top - rise, box.right, box.bottom - rise)
