"""Is a fake worth keeping? A face must be found in it, and something must have been changed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prosopon.arena.making.faking import Made
from prosopon.arena.making.subject import Subject
from prosopon.core.clip import Frame
from prosopon.faces.finder import FaceFinder
from prosopon.faces.head_box import face_size

_FOUND = 0.8
"""Share of the frames in which the face must be found."""
_ASTRAY = 0.35
"""A face that is farther from where it should be, in units of its size, is not the one that is meant."""
_ASTRAY_MOVED = 0.8
"""The same for a face that was made to move."""
LEAST_CHANGE = 2.0
"""Mean change over the face, in levels of 255, below which nobody could tell a fake from its original."""


@dataclass(frozen=True)
class Judged:
    """What came of looking at a fake.

    Attributes:
        landmarks: `float32 (T, 68, 2)`, where none were found those of the original or of the nearest frame; None where
            it is left out.
        change: mean change over the face in levels of 255.
        why: why it is left out.
    """

    landmarks: NDArray[np.float32] | None
    change: float
    why: str = ""


def judged(made: Made, target: Subject, finder: FaceFinder, *, moved: bool) -> Judged:
    """Look at a fake.

    Args:
        made: the fake.
        target: the original that it was made of.
        finder: finds faces, as it did in the original.
        moved: whether the face may be elsewhere than in the original.
    """
    places = target.landmarks[list(made.sources)]
    pairs = list(zip(made.frames, made.sources, places, strict=True))
    change = float(np.mean([_change(frame, target.frames[source], points) for frame, source, points in pairs]))
    if change < LEAST_CHANGE:
        return Judged(None, change, f"hardly anything was changed ({change:.1f} levels)")
    found = {}
    for index, (frame, _, points) in enumerate(pairs):
        there = _found(frame, points, finder, moved=moved)
        if there is not None:
            found[index] = there
    if len(found) < _FOUND * len(pairs):
        return Judged(None, change, f"a face is found in {len(found)} of its {len(pairs)} frames only")
    landmarks = [
        found[index] if index in found else found[_nearest(index, found)] if moved else places[index]
        for index in range(len(pairs))
    ]
    return Judged(np.stack(landmarks).astype(np.float32), change)


def _nearest(index: int, known: Collection[int]) -> int:
    return min(known, key=lambda other: abs(other - index))


def _found(
    frame: Frame, expected: NDArray[np.float32], finder: FaceFinder, *, moved: bool
) -> NDArray[np.float32] | None:
    """Landmarks of the face that is where it should be; None where there is none."""
    size = face_size(expected)
    limit = size * (_ASTRAY_MOVED if moved else _ASTRAY)
    faces = [face.landmarks for face in finder.find(frame) if face.landmarks is not None]
    ways = [_way(points, expected) for points in faces]
    if not ways or min(ways) > limit:
        return None
    return faces[int(np.argmin(ways))]


def _way(points: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    return float(np.linalg.norm(points.mean(0) - expected.mean(0)))


def _change(frame: Frame, before: Frame, points: NDArray[np.float32]) -> float:
    """Mean absolute difference within the box of the face."""
    height, width = frame.shape[:2]
    left, top = np.clip(points.min(0), 0, (width - 1, height - 1)).astype(int)
    right, bottom = np.clip(points.max(0), (left + 1, top + 1), (width, height)).astype(int)
    part = (slice(top, bottom), slice(left, right))
    return float(np.abs(frame[part].astype(np.float32) - before[part]).mean())
