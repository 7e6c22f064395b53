"""`Realigning`: a face finder that looks at each face again, upright and at one size, and takes the mean of some looks.

What a net says of a face depends a little on how the face lies in what it sees: off centre, larger, tilted. Errors of
that kind differ from look to look and fall away in the mean; a face that was found tilted or small is seen the second
time as the nets know faces best. What it gains is in docs/faces.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Frame
from prosopon.core.faces import Box, Face, Pose
from prosopon.faces.finder import FaceFinder
from prosopon.faces.pose import angles, rotation_of
from prosopon.faces.stance import Stance, apply, inverse, view

_ASTRAY = 0.25
"""A face found farther from where it was, as a share of its size, is another one."""


@dataclass(frozen=True)
class Looks:
    """How a face is looked at again.

    Attributes:
        n: how often, each time a little differently; the mean of the looks is taken.
        side: side of what is seen in sizes of the face.
        size_px: the same in pixels, whatever the face's own size.
        shift: largest shift of the face's middle, as a share of its size.
        resize: largest change of its size, as a share.
        turn_deg: largest tilt.
        seed: of these; every face is looked at in the same ways, so that results do not depend on the order.
    """

    n: int = 5
    side: float = 2.2
    size_px: int = 320
    shift: float = 0.05
    resize: float = 0.08
    turn_deg: float = 5.0
    seed: int = 0


@runtime_checkable
class Follower(Protocol):
    """A finder that is quicker where it is told where the face is."""

    def follow(self, frame: Frame, face: Face) -> list[Face]:
        """The face of a frame that is about where `face` is."""
        ...


class Realigning:
    """Another finder, whose faces are looked at again.

    Args:
        finder: finds the faces, and finds each again in what is cut out around it.
        looks: how.
    """

    def __init__(self, finder: FaceFinder, looks: Looks = Looks()) -> None:
        self._finder, self._looks = finder, looks
        # Pairs of opposite looks: in the mean they are not shifted. Of an odd number one is straight.
        half = np.random.default_rng(looks.seed).uniform(-1, 1, (looks.n // 2, 4))
        self._ways = np.concatenate((np.zeros((looks.n % 2, 4)), half, -half))

    @property
    def name(self) -> str:
        """Name of the finder, and that its faces are looked at again."""
        return f"{self._finder.name}, realigned"

    def find(self, frame: Frame) -> list[Face]:
        """Faces of one frame `uint8 (H, W, 3)`; a face that is not found again stays as it was."""
        return [self.again(frame, face) for face in self._finder.find(frame)]

    def again(self, frame: Frame, face: Face) -> Face:
        """A face of a frame, its points, pose and blendshapes being the mean of some more looks at it."""
        if face.landmarks is None:
            return face
        straight = Stance.of(face.landmarks)
        # Where the face would be in every crop if that lay straight: what a follower is told.
        expected = self._moved(face, inverse(straight.matrix(self._looks.side, self._looks.size_px)), 0.0)
        seen = [self._look(frame, self._stance(straight, way), face, expected) for way in self._ways]
        return _mean([one for one in seen if one is not None], face)

    def _stance(self, straight: Stance, way: NDArray[np.float64]) -> Stance:
        (x, y, size, turn), looks = way.tolist(), self._looks
        return Stance(
            straight.x + x * looks.shift * straight.size,
            straight.y + y * looks.shift * straight.size,
            straight.size * (1 + looks.resize) ** size,
            straight.roll_deg + turn * looks.turn_deg,
        )

    def _look(self, frame: Frame, stance: Stance, face: Face, expected: Face) -> Face | None:
        """The face as it is found in one crop, in the frame's pixels; None where it is not found there."""
        px = self._looks.size_px
        matrix = stance.matrix(self._looks.side, px)
        crop = view(frame, matrix, px, px)
        found = self._finder.follow(crop, expected) if isinstance(self._finder, Follower) else self._finder.find(crop)
        near = [self._moved(one, matrix, stance.roll_deg) for one in found if one.landmarks is not None]
        best = min(near, key=lambda one: _apart(one, face), default=None)
        return best if best is not None and _apart(best, face) < _ASTRAY else None

    @staticmethod
    def _moved(face: Face, matrix: NDArray[np.float64], roll_deg: float) -> Face:
        """A face seen through an affine map that turns by `roll_deg`; its box stays."""

        def through(points: NDArray[np.float32] | None) -> NDArray[np.float32] | None:
            return None if points is None else apply(matrix, points).astype(np.float32)

        pose = None if face.pose is None else angles(rotation_of(Pose(roll=roll_deg)) @ rotation_of(face.pose))
        return replace(face, landmarks=through(face.landmarks), dense=through(face.dense), pose=pose)


def _apart(one: Face, other: Face) -> float:
    """Distance of two faces' middles as a share of the second one's size."""
    if one.landmarks is None or other.landmarks is None:
        return float("inf")
    size = max(1.0, float(np.ptp(other.landmarks, axis=0).max()))
    return float(np.linalg.norm(one.landmarks.mean(0) - other.landmarks.mean(0))) / size


def _mean(seen: Sequence[Face], first: Face) -> Face:
    """The first face with the mean of what was seen of it again; its box goes with the landmarks."""
    points = [one.landmarks for one in seen if one.landmarks is not None]
    if not points or first.landmarks is None:
        return first
    landmarks = np.mean(points, axis=0).astype(np.float32)
    low, high = landmarks.min(0) - first.landmarks.min(0), landmarks.max(0) - first.landmarks.max(0)
    box = Box(*(float(side) for side in np.add(first.box, (*low, *high))))
    dense = [one.dense for one in seen if one.dense is not None]
    poses = [one.pose for one in seen if one.pose is not None]
    return replace(
        first,
        box=box,
        landmarks=landmarks,
        dense=np.mean(dense, axis=0).astype(np.float32) if dense else first.dense,
        pose=_mean_pose(poses) if poses else first.pose,
        blendshapes={
            name: float(np.mean([one.blendshapes.get(name, 0.0) for one in seen])) for name in first.blendshapes
        },
    )


def _mean_pose(poses: Sequence[Pose]) -> Pose:
    """The rotation nearest to the mean of some (Moakher, "Means and averaging in the group of rotations", 2002)."""
    left, _, right = np.linalg.svd(np.mean([rotation_of(pose) for pose in poses], axis=0))
    return angles(left @ np.diag([1.0, 1.0, np.sign(np.linalg.det(left @ right))]) @ right)
