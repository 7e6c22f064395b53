"""`Quality`: which faces are good enough to be kept, and for what reason another one is not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Literal

import numpy as np

from prosopon.core.errors import UsageError
from prosopon.core.faces import Face, Track, Tracks
from prosopon.faces.openings import eye_openings
from prosopon.faces.plausibility import mean_face_distance, misfit

Reason = Literal["score", "size", "implausible", "box", "roll", "yaw", "pitch", "eyes closed", "blur"]
"""What speaks against a face."""


@dataclass(frozen=True)
class Quality:
    """Which faces are left out. They are counted by reason; unless more is asked for, only what is clearly no face."""

    min_score: float = 0.0
    """Leave out faces of which the finder is less sure than this, 0 to 1."""
    min_size: float = 0.0
    """Leave out faces smaller than this in the frame: root of the box's area in pixels."""
    min_sharpness: float = 0.0
    """Leave out blurred faces: whose pictures have less sharpness than this."""
    max_roll: float | None = None
    """Leave out heads that are tilted more than so many degrees to either side."""
    max_yaw: float | None = None
    """Leave out heads that are turned more than so many degrees to either side."""
    max_pitch: float | None = None
    """Leave out heads that look up or down more than so many degrees."""
    min_eyes: float = 0.0
    """Leave out faces both of whose eyes are open less than this: below 0.15 they are closed."""
    max_misfit: float = 0.12
    """Leave out landmarks that no head would have: how badly a mean head fits, as a share of its height."""
    max_distance: float = 0.3
    """The same, from the mean face in the picture, in sides of the square of brows, eyes, nose and mouth."""
    max_box_ratio: float = 4.0
    """Leave out landmarks whose box has more than so many times the area of the box that the finder gives."""

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if value is not None and not value >= 0:
                raise UsageError(f"--{one.name.replace('_', '-')} is {value}", "give a number that is not negative")

    def against(self, face: Face) -> Reason | None:
        """What speaks against a face by what the finder says of it, the first reason of all; None for a good one."""
        if face.confidence < self.min_score:
            return "score"
        if np.sqrt(max(0.0, face.box.width * face.box.height)) < self.min_size:
            return "size"
        if face.landmarks is not None:
            if not (
                misfit(face.landmarks) <= self.max_misfit and mean_face_distance(face.landmarks) <= self.max_distance
            ):
                return "implausible"
            width, height = np.ptp(face.landmarks, axis=0)
            if width * height > self.max_box_ratio * face.box.width * face.box.height:
                return "box"
            if self.min_eyes > 0 and not eye_openings(face.landmarks).max() >= self.min_eyes:
                return "eyes closed"
        return self._turned(face)

    def _turned(self, face: Face) -> Reason | None:
        if face.pose is None:
            return None
        if self.max_roll is not None and abs(face.pose.roll) > self.max_roll:
            return "roll"
        if self.max_yaw is not None and abs(face.pose.yaw) > self.max_yaw:
            return "yaw"
        if self.max_pitch is not None and abs(face.pose.pitch) > self.max_pitch:
            return "pitch"
        return None

    def against_picture(self, measures: Mapping[str, float]) -> Reason | None:
        """What speaks against a face's picture by what was measured on it; None for a good one."""
        return "blur" if measures.get("sharpness", self.min_sharpness) < self.min_sharpness else None


def sift(tracks: Tracks, quality: Quality) -> tuple[Tracks, Counter[str]]:
    """The faces that nothing speaks against, and how many of the others there are by reason.

    People none of whose faces are left are gone from the tracks, the others stay in their order.
    """
    out: Counter[str] = Counter()
    kept: list[Track] = []
    for one in tracks.tracks:
        good: dict[int, Face] = {}
        for index, face in one.faces.items():
            reason = quality.against(face)
            if reason is None:
                good[index] = face
            else:
                out[reason] += 1
        if good:
            kept.append(Track(good))
    return replace(tracks, tracks=tuple(kept)), out
