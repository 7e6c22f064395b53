"""`Face` and `Tracks`: who is where in a clip."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray


class Box(NamedTuple):
    """A rectangle in full-frame pixels, right and bottom exclusive; may be fractional and reach outside the frame."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Width in pixels."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Height in pixels."""
        return self.bottom - self.top

    @property
    def centre(self) -> tuple[float, float]:
        """(x, y) of the middle in pixels."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def iou(self, other: Box) -> float:
        """Intersection over union with another box, 0 to 1."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        if width <= 0 or height <= 0:
            return 0.0
        shared = width * height
        return shared / (self.width * self.height + other.width * other.height - shared)


@dataclass(frozen=True)
class Pose:
    """Head pose in degrees.

    yaw > 0: the person turns to the picture's right; pitch > 0: looks up; roll > 0: the head tilts clockwise in the
    picture. All zero: frontal and upright.
    """

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0


@dataclass(frozen=True)
class Face:
    """One face in one frame.

    Attributes:
        box: around the face, full-frame pixels.
        landmarks: the 68 points of iBUG 300-W order, `float32 (68, 2)` full-frame pixels (x, y), or None.
        confidence: 0 to 1.
        dense: all points that the back end gives, `float32 (N, 2)` full-frame pixels, or None.
        blendshapes: named expression strengths 0 to 1, empty where the back end has none.
        pose: head pose, or None.
        embedding: unit vector for telling people apart, or None.
    """

    box: Box
    landmarks: NDArray[np.float32] | None = None
    confidence: float = 1.0
    dense: NDArray[np.float32] | None = None
    blendshapes: dict[str, float] = field(default_factory=dict)
    pose: Pose | None = None
    embedding: NDArray[np.float32] | None = None

    @classmethod
    def around(cls, landmarks: NDArray[np.float32]) -> Self:
        """A face of which only the landmarks `(68, 2)` are known; the box is the smallest that holds them."""
        return cls(Box(*landmarks.min(0).tolist(), *landmarks.max(0).tolist()), landmarks)


@dataclass(frozen=True)
class Track:
    """One person through time: frame index -> face; frames in which the person was not found are absent."""

    faces: dict[int, Face]

    def __len__(self) -> int:
        """Number of frames in which the person was found."""
        return len(self.faces)

    @property
    def mean_area(self) -> float:
        """Mean box area in square pixels; 0 for an empty track."""
        if not self.faces:
            return 0.0
        return sum(face.box.width * face.box.height for face in self.faces.values()) / len(self.faces)


@dataclass(frozen=True)
class Tracks:
    """All people of a clip, the most prominent (frames x area) first."""

    tracks: tuple[Track, ...]
    n_frames: int
    """Number of frames that were looked at."""
    back_end: str
    """Name of the face finder that looked."""

    @property
    def main(self) -> Track | None:
        """The most prominent person, or None where nobody was found."""
        return self.tracks[0] if self.tracks else None
