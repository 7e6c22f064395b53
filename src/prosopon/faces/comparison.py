"""How well one face finder finds what another one does: found, missed and false faces, and how far landmarks lie apart.

Errors are distances of landmarks in units of the distance of the outer corners of the eyes (points 36 and 45), as
usual for the 68 points (Sagonas et al., "300 Faces in-the-Wild Challenge", 2013). Seen from the side that distance
vanishes, so it is taken for at least a third of the landmarks' height.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Frame
from prosopon.core.faces import Box, Face
from prosopon.faces.finder import FaceFinder
from prosopon.faces.head68 import FOREHEAD, HEAD
from prosopon.faces.pose68 import pose68

_SAME_IOU = 0.4
_LEAST_EYES = 1 / 3
FRONTAL_DEG = 20.0
"""Up to this yaw a face counts as frontal."""


@dataclass(frozen=True)
class Met:
    """A face that both have found.

    Attributes:
        errors: `(68,)` distances of the landmarks in distances of the eyes' corners.
        baseline: mean distance of a mean face laid into the box that was found, in the same unit.
        yaw, pitch, roll: pose of the truth in degrees.
        pose_off: absolute differences of yaw, pitch and roll in degrees.
        confidence: of the finder.
    """

    errors: NDArray[np.float64]
    baseline: float
    yaw: float
    pitch: float
    roll: float
    pose_off: tuple[float, float, float]
    confidence: float

    @property
    def nme(self) -> float:
        """Normalised mean error."""
        return float(self.errors.mean())


@dataclass
class Tally:
    """What came of some pictures."""

    met: list[Met] = field(default_factory=list)
    missed: int = 0
    false: list[float] = field(default_factory=list)
    """Confidences of faces where there are none."""
    pictures: int = 0
    seconds: float = 0.0

    @property
    def faces(self) -> int:
        """Number of true faces."""
        return len(self.met) + self.missed

    @property
    def found(self) -> float:
        """Share of the true faces that were found; nan without any."""
        return len(self.met) / self.faces if self.faces else float("nan")

    @property
    def false_a_picture(self) -> float:
        """False faces in a picture."""
        return len(self.false) / max(1, self.pictures)

    @property
    def ms(self) -> float:
        """Milliseconds for a picture."""
        return 1000 * self.seconds / max(1, self.pictures)

    def nme(self, share: float | None = None) -> float:
        """Mean of the faces' errors, or the error that a share of the faces stays below; nan without faces."""
        values = np.array([one.nme for one in self.met])
        if not len(values):
            return float("nan")
        return float(values.mean() if share is None else np.quantile(values, share))

    def frontal(self) -> Tally:
        """Of the faces found, those that look ahead."""
        return Tally([one for one in self.met if abs(one.yaw) <= FRONTAL_DEG])

    def baseline(self) -> float:
        """Mean error of the mean face laid into the box that was found."""
        return float(np.mean([one.baseline for one in self.met])) if self.met else float("nan")

    def pose_off(self) -> tuple[float, float, float]:
        """Mean absolute difference of yaw, pitch and roll in degrees."""
        if not self.met:
            return (float("nan"),) * 3
        yaw, pitch, roll = np.mean([one.pose_off for one in self.met], axis=0).tolist()
        return yaw, pitch, roll

    def add(self, other: Tally) -> None:
        """Take in what came of other pictures."""
        self.met += other.met
        self.missed += other.missed
        self.false += other.false
        self.pictures += other.pictures
        self.seconds += other.seconds


def compare(finder: FaceFinder, frame: Frame, truth: Sequence[Face]) -> Tally:
    """Let a finder look at a picture, and hold what it finds against the truth.

    Args:
        finder: is measured.
        frame: `uint8 (H, W, 3)`.
        truth: all faces that there are, with landmarks.
    """
    began = time.perf_counter()
    found = finder.find(frame)
    tally = Tally(pictures=1, seconds=time.perf_counter() - began)
    left = [*found]
    for face in truth:
        boxes = [_landmark_box(other).iou(_landmark_box(face)) for other in left]
        best = int(np.argmax(boxes)) if boxes else -1
        if best < 0 or boxes[best] < _SAME_IOU:
            tally.missed += 1
            continue
        tally.met.append(_met(left.pop(best), face))
    tally.false = [face.confidence for face in left]
    return tally


def compare_all(finder: FaceFinder, pictures: Iterable[tuple[Frame, Sequence[Face]]]) -> Tally:
    """`compare` over many pictures."""
    total = Tally()
    for frame, truth in pictures:
        total.add(compare(finder, frame, truth))
    return total


def eyes_apart(landmarks: NDArray[np.floating]) -> float:
    """Distance of the outer corners of the eyes in pixels, bounded below for faces seen from the side."""
    eyes = float(np.linalg.norm(landmarks[36] - landmarks[45]))
    return max(eyes, _LEAST_EYES * float(np.ptp(landmarks, axis=0).max()))


def _landmark_box(face: Face) -> Box:
    """Around the landmarks: finders draw the line of the forehead differently."""
    if face.landmarks is None:
        return face.box
    low, high = face.landmarks.min(0), face.landmarks.max(0)
    return Box(float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def _met(found: Face, truth: Face) -> Met:
    assert found.landmarks is not None  # noqa: S101 - finders of landmarks only are compared
    assert truth.landmarks is not None  # noqa: S101
    unit = eyes_apart(truth.landmarks)
    errors = np.linalg.norm(found.landmarks.astype(np.float64) - truth.landmarks, axis=1) / unit
    mean = np.linalg.norm(mean_face(found.box) - truth.landmarks, axis=1).mean() / unit
    wanted = truth.pose or pose68(truth.landmarks)
    got = found.pose or pose68(found.landmarks)
    off = (
        abs(got.yaw - wanted.yaw),
        abs(got.pitch - wanted.pitch),
        abs((got.roll - wanted.roll + 180) % 360 - 180),
    )
    return Met(errors, float(mean), wanted.yaw, wanted.pitch, wanted.roll, off, found.confidence)


def mean_face(box: Box) -> NDArray[np.float64]:
    """The mean face, upright and frontal, fitted into a box: what there is without a landmark net, `(68, 2)`."""
    points = np.concatenate((HEAD, FOREHEAD))[:, :2] * (1, -1)
    low, high = points.min(0), points.max(0)
    shares = (points[:68] - low) / (high - low)
    placed: NDArray[np.float64] = shares * (box.width, box.height) + (box.left, box.top)
    return placed
