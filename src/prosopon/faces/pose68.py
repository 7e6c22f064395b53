"""Head pose and the whole face's box from 68 landmarks alone: the mean head laid onto them.

The head is seen under scaled orthography, that is without a camera: the same face has the same pose wherever it is in
the picture, as in `pose`, whose signs these are too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prosopon.core.faces import Box, Pose
from prosopon.faces.head68 import FOREHEAD, HEAD
from prosopon.faces.pose import angles

_ROUNDS = 8
_FLIP = np.array((1.0, -1.0))


def _weights() -> NDArray[np.float64]:
    """How much each point counts: what speech, blinks and frowns move counts little."""
    weights = np.full(68, 1.0)
    weights[0:17] = 0.35
    weights[4:13] = 0.1
    weights[17:27] = 0.25
    weights[[37, 38, 40, 41, 43, 44, 46, 47]] = 0.5
    weights[48:68] = 0.1
    weights[[33, 30]] = 2.0
    return weights


_WEIGHTS = _weights()


@dataclass(frozen=True)
class HeadFit:
    """How the mean head lies over a face.

    Attributes:
        rotation: `(3, 3)`, of a head that faces the viewer; see `pose.angles`.
        scale: pixels in a centimetre.
        offset: `(2,)`, where the head's origin is, in pixels.
        error: weighted root mean square distance of the landmarks from the head's, as a share of its height.
    """

    rotation: NDArray[np.float64]
    scale: float
    offset: NDArray[np.float64]
    error: float

    @property
    def pose(self) -> Pose:
        """The rotation as angles."""
        return angles(self.rotation)

    def project(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points of the head `(N, 3)` in pixels `(N, 2)`."""
        seen: NDArray[np.float64] = (points @ self.rotation[:2].T) * self.scale * _FLIP + self.offset
        return seen


def fit_head(landmarks: NDArray[np.floating]) -> HeadFit:
    """Lay the mean head onto 68 landmarks `(68, 2)` in pixels with least weighted squares.

    Begins with the nearest rotation to the best affine map, and goes on with Gauss and Newton's steps in rotation and
    scale.
    """
    seen = landmarks.astype(np.float64) * _FLIP
    weights = _WEIGHTS / _WEIGHTS.sum()
    middle, head_middle = weights @ seen, weights @ HEAD
    x, head = seen - middle, HEAD - head_middle
    root = np.sqrt(weights)[:, None]
    affine, *_ = np.linalg.lstsq(head * root, x * root, rcond=None)
    left, stretch, right = np.linalg.svd(affine.T, full_matrices=False)
    rows = left @ right
    rotation, scale = np.vstack((rows, np.cross(rows[0], rows[1]))), float(stretch.mean())
    for _ in range(_ROUNDS):
        turned = head @ rotation.T
        off = (x - scale * turned[:, :2]) * root
        # Along a small turn w, a point p moves by w x p; only x and y are seen.
        zero = np.zeros(68)
        along_x = np.stack((zero, turned[:, 2], -turned[:, 1], turned[:, 0] / scale), 1)
        along_y = np.stack((-turned[:, 2], zero, turned[:, 0], turned[:, 1] / scale), 1)
        steps = scale * np.concatenate((along_x * root, along_y * root))
        move, *_ = np.linalg.lstsq(steps, np.concatenate((off[:, 0], off[:, 1])), rcond=None)
        rotation = _small_turn(move[:3]) @ rotation
        scale = max(1e-6, scale + float(move[3]))
    off = x - scale * (head @ rotation.T)[:, :2]
    error = float(np.sqrt((weights[:, None] * off**2).sum())) / (scale * float(np.ptp(HEAD[:, 1])))
    offset = (middle - scale * (rotation[:2] @ head_middle)) * _FLIP
    return HeadFit(rotation, scale, offset, error)


def _small_turn(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rotation about a vector by its length in radians (Rodrigues), never by more than half a radian."""
    length = float(np.linalg.norm(vector))
    if length < 1e-12:
        return np.eye(3)
    x, y, z = vector / length
    cross = np.array(((0, -z, y), (z, 0, -x), (-y, x, 0)))
    angle = min(length, 0.5)
    turn: NDArray[np.float64] = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * (cross @ cross)
    return turn


def pose68(landmarks: NDArray[np.floating]) -> Pose:
    """Pose of a face by its 68 landmarks `(68, 2)`, in any unit that is the same for x and y, y pointing down."""
    return fit_head(landmarks).pose


def face_box(landmarks: NDArray[np.floating], head: HeadFit) -> Box:
    """The box around landmarks and forehead, as tight as that of a mesh of the whole face."""
    points = np.concatenate((landmarks.astype(np.float64), head.project(FOREHEAD)))
    low, high = points.min(0), points.max(0)
    return Box(float(low[0]), float(low[1]), float(high[0]), float(high[1]))
