"""Where a head is under a fixed camera: 26 points of a 3-D face laid onto landmarks by least squares.

This is the pose that faceswap's centrings depend on: it looks at landmarks in the unit square of the mean face with a
camera of focal length 4. `pose68` has angles that need no camera; these are for crops that others can use.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from prosopon.faces.aligned.mean_face import MeanFace
from prosopon.faces.head68 import HEAD

Floats = NDArray[np.float64]

POINTS: NDArray[np.intp] = np.array(
    (6, 7, 8, 9, 10, 17, 21, 22, 26, 31, 32, 33, 34, 35, 36, 39, 42, 45, 48, 50, 51, 52, 54, 56, 57, 58), dtype=np.intp
)
"""Which of the 68 points the pose is fitted to."""

_FOCAL, _CENTRE = 4.0, 0.5

_ROUNDS, _SETTLED, _DAMPING = 30, 1e-9, 1e-3
_FLAT = 1e-6
"""Least size of a face in sides of the unit square, per unit of the 3-D face."""

# The 3-D face that faceswap (GPL-3.0) centres its crops by. x to the picture's left, y up, z towards the viewer: the
# numbers that its crops depend on.
_PUBLISHED = (
    (4.056931, -11.432347, 1.636229), (1.833492, -12.542305, 4.061275), (0.000000, -12.901019, 4.070434),
    (-1.833492, -12.542305, 4.061275), (-4.056931, -11.432347, 1.636229), (6.825897, 1.275284, 4.402142),
    (1.330353, 1.636816, 6.903745), (-1.330353, 1.636816, 6.903745), (-6.825897, 1.275284, 4.402142),
    (1.930245, -5.060977, 5.914376), (0.746313, -5.136947, 6.263227), (0.000000, -5.485328, 6.763430),
    (-0.746313, -5.136947, 6.263227), (-1.930245, -5.060977, 5.914376), (5.311432, 0.000000, 3.987654),
    (1.789930, -0.091703, 4.413414), (-1.789930, -0.091703, 4.413414), (-5.311432, 0.000000, 3.987654),
    (2.774015, -7.566103, 5.048531), (0.509714, -7.056507, 6.566167), (0.000000, -7.131772, 6.704956),
    (-0.509714, -7.056507, 6.566167), (-2.774015, -7.566103, 5.048531), (-0.589441, -8.443925, 6.109526),
    (0.000000, -8.601736, 6.097667), (0.589441, -8.443925, 6.109526),
)  # fmt: skip
PUBLISHED_3D: Floats = np.array(_PUBLISHED)
"""The points of the published 3-D face, `(26, 3)`, in the order of `POINTS`."""

_OWN_SCALE, _OWN_TILT_DEG, _OWN_SHIFT = 1.0655, 5.41, (0.0, -2.635, 0.603)
"""What lays the mean head of `head68` nearest to the published 3-D face, so that a pose means the same by either."""


def _own() -> Floats:
    tilt = Rotation.from_euler("x", _OWN_TILT_DEG, degrees=True).as_matrix()
    head = HEAD[POINTS] * (-1.0, 1.0, 1.0)
    return np.asarray(_OWN_SCALE * head @ tilt.T + _OWN_SHIFT)


OWN_3D: Floats = _own()
"""`(26, 3)`: the same points of our own mean head, in the published one's axes and units."""


@dataclass(frozen=True)
class CameraPose:
    """Where the 3-D face is.

    Attributes:
        turn: rotation vector `(3,)`, radians.
        place: `(3,)`; z is negative: the camera looks along -z, so that x and y turn round.
    """

    turn: Floats
    place: Floats

    def project(self, points: Floats) -> Floats:
        """Points of the 3-D face `(N, 3)` in the unit square, `(N, 2)`."""
        return _seen(Rotation.from_rotvec(self.turn).as_matrix(), self.place, points)

    @property
    def pitch_yaw_roll(self) -> tuple[float, float, float]:
        """The rotation's angles in degrees, as faceswap gives them: about x, then y, then z.

        pitch > 0: looks down; yaw > 0: turns to the picture's left; roll > 0: tilts clockwise. Unlike those of
        `core.faces.Pose`, they are about -7, 0, 0 where the face is frontal, and roll is only what is left of it after
        the landmarks have been aligned.
        """
        pitch, yaw, roll = Rotation.from_rotvec(self.turn).as_euler("xyz", degrees=True)
        return float(pitch), float(yaw), float(roll)


def camera_pose(unit_landmarks: Floats, mean_face: MeanFace = "own") -> CameraPose:
    """Lay the 3-D face onto landmarks with the least squared distances in the picture.

    Begins with the best map without perspective, as `pose68` does, and goes on by Levenberg and Marquardt's steps.

    Args:
        unit_landmarks: `(68, 2)` in the unit square of the mean face.
        mean_face: whose 3-D face: our own, or the published one.
    """
    face = OWN_3D if mean_face == "own" else PUBLISHED_3D
    seen = unit_landmarks[POINTS]
    turn, place = _without_perspective(seen, face)
    off = (_seen(turn, place, face) - seen).ravel()
    damping = _DAMPING
    for _ in range(_ROUNDS):
        steps = _steps(turn, place, face)
        square = steps.T @ steps
        # Least squares and not a plain solution: points in a line leave a turn about it open.
        move, *_ = np.linalg.lstsq(square + damping * np.diag(square.diagonal()), -steps.T @ off, rcond=None)
        next_turn, next_place = Rotation.from_rotvec(move[:3]).as_matrix() @ turn, place + move[3:]
        next_off = (_seen(next_turn, next_place, face) - seen).ravel()
        if next_off @ next_off < off @ off:
            turn, place, off, damping = next_turn, next_place, next_off, damping / 10.0
        else:
            damping *= 10.0
        if np.abs(move).max() < _SETTLED:
            break
    return CameraPose(Rotation.from_matrix(turn).as_rotvec(), place)


def _seen(turn: Floats, place: Floats, points: Floats) -> Floats:
    """Points `(N, 3)` in the unit square, `(N, 2)`."""
    placed = points @ turn.T + place
    seen: Floats = _FOCAL * placed[:, :2] / placed[:, 2:] + _CENTRE
    return seen


def _steps(turn: Floats, place: Floats, points: Floats) -> Floats:
    """How the points seen move with a further small turn and with the place, `(2 N, 6)`."""
    x, y, z = (points @ turn.T).T
    depth = z + place[2]
    grow, along_x, along_y = _FOCAL / depth, -_FOCAL * (x + place[0]) / depth**2, -_FOCAL * (y + place[1]) / depth**2
    none = np.zeros(len(points))
    # A small turn w moves a point p by w x p, and a . (w x p) = w . (p x a).
    of_x = (y * along_x, z * grow - x * along_x, -y * grow, grow, none, along_x)
    of_y = (y * along_y - z * grow, -x * along_y, x * grow, none, grow, along_y)
    return np.stack((np.stack(of_x, 1), np.stack(of_y, 1)), 1).reshape(-1, 6)


def _without_perspective(seen: Floats, face: Floats) -> tuple[Floats, Floats]:
    """Rotation `(3, 3)` and place to begin with: the nearest rotation to the best affine map, all depths the same."""
    rays, middle = (seen - _CENTRE) / _FOCAL, face.mean(0)
    affine, *_ = np.linalg.lstsq(face - middle, rays - rays.mean(0), rcond=None)
    left, stretch, right = np.linalg.svd(affine.T, full_matrices=False)
    # Depth is negative, and so is the scale.
    rows = -(left @ right)
    depth = -1.0 / max(float(stretch.mean()), _FLAT)
    rotation = np.vstack((rows, np.cross(rows[0], rows[1])))
    place = np.append(rays.mean(0) * depth, depth) - rotation @ middle
    return rotation, place
