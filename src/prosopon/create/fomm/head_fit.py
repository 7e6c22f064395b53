"""The mean head laid onto keypoints: turn, size and place of a head by a few points that follow its landmarks.

As `faces.pose68`, under scaled orthography, but for many frames at once, for means of groups of landmarks, and robust:
a keypoint that was found in a wrong place must not turn the head. Weighted least squares, the weights anew in each
round by Cauchy's function of the residuals (iteratively reweighted, Holland and Welsch 1977).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prosopon.faces.head68 import HEAD

Floats = NDArray[np.float64]

MIN_GROUPS = 8
"""Fewer points than these leave too little to tell a turn from an expression."""
_ROUNDS = 8
_CAUCHY_CM = 0.6
"""Residuals of this length count by half: lips move as much, a lost keypoint several times as much."""
_UP = np.array((1.0, -1.0))
"""Pictures have y down, the head y up."""


def _by_landmark(*ranges: tuple[Sequence[int], float]) -> Floats:
    values = np.ones(68)
    for indices, value in ranges:
        values[list(indices)] = value
    return values


_STEADY = _by_landmark(
    (range(17), 0.4), (range(6, 11), 0.15), (range(17, 27), 0.3), (range(27, 36), 2.0), (range(36, 48), 0.5),
    (range(48, 68), 0.3), (range(55, 60), 0.1), (range(65, 68), 0.2),
)  # fmt: skip
"""How much each landmark says about the turn of the head: what speech and frowns move says little."""


def can_fit(groups: Sequence[Sequence[int]]) -> bool:
    """Whether keypoints that follow these groups of landmarks are enough to fit a head."""
    return len(groups) >= MIN_GROUPS


def places_of(groups: Sequence[Sequence[int]]) -> Floats:
    """Where on the mean head groups of landmarks lie: their means, `(K, 3)` in centimetres."""
    places: Floats = np.stack([HEAD[list(group)].mean(0) for group in groups])
    return places


def weights_of(groups: Sequence[Sequence[int]]) -> Floats:
    """How much each group says about the turn of the head, `(K,)`, together 1."""
    weights: Floats = np.array([_STEADY[list(group)].mean() for group in groups])
    share: Floats = weights / weights.sum()
    return share


@dataclass(frozen=True)
class Fits:
    """How the head lies over T frames.

    Attributes:
        rotation: `(T, 3, 3)` of a head that faces the viewer; see `faces.pose.angles`.
        scale: `(T,)` units of the picture in a centimetre.
        offset: `(T, 2)` where the head's origin is, units of the picture, y up.
    """

    rotation: Floats
    scale: Floats
    offset: Floats

    def project(self, places: Floats) -> Floats:
        """Places of the head, `(K, 3)` or `(T, K, 3)` centimetres, in the picture: `(T, K, 2)`, y down."""
        turned = places @ self.rotation[:, :2].swapaxes(1, 2)
        seen: Floats = (turned * self.scale[:, None, None] + self.offset[:, None]) * _UP
        return seen

    def residual(self, points: Floats, places: Floats) -> Floats:
        """What the head leaves over of points `(T, K, 2)`, in centimetres of the head's own frame: `(T, K, 3)`.

        A picture says nothing of the depth, so it is the shortest movement that explains what is seen.
        """
        left = (points - self.project(places)) * _UP / self.scale[:, None, None]
        moved: Floats = left @ self.rotation[:, :2]
        return moved


def fit(points: Floats, places: Floats, weights: Floats) -> Fits:
    """Lay the head onto points.

    Args:
        points: `(T, K, 2)`, in any unit that is the same for x and y, y pointing down.
        places: where on the head they are, `(K, 3)` centimetres.
        weights: of the points, `(K,)`.
    """
    seen = points * _UP
    rotation, scale = _start(seen, places, weights)
    now = np.broadcast_to(weights, seen.shape[:2])
    for _ in range(_ROUNDS):
        x, head = _centred(seen, now), _centred(np.broadcast_to(places, (len(seen), *places.shape)), now)
        turned = head @ rotation.swapaxes(1, 2)
        off = x - scale[:, None, None] * turned[..., :2]
        move = _step(turned, off, scale, now)
        rotation = _small_turns(move[:, :3]) @ rotation
        scale = np.maximum(1e-6, scale + move[:, 3])
        left = np.linalg.norm(x - scale[:, None, None] * (head @ rotation.swapaxes(1, 2))[..., :2], axis=-1)
        now = weights / (1 + (left / scale[:, None] / _CAUCHY_CM) ** 2)
    share = now / now.sum(1, keepdims=True)
    middle = np.einsum("tk,tkc->tc", share, seen)
    head_middle = share @ places
    offset = middle - scale[:, None] * np.einsum("trc,tc->tr", rotation[:, :2], head_middle)
    return Fits(rotation, scale, offset)


def _centred(points: Floats, weights: Floats) -> Floats:
    share = weights / weights.sum(1, keepdims=True)
    centred: Floats = points - np.einsum("tk,tkc->tc", share, points)[:, None]
    return centred


def _start(seen: Floats, places: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """The nearest rotations to the best affine maps, with their scales."""
    root = np.sqrt(weights)[:, None]
    head = places - weights @ places / weights.sum()
    x = seen - np.einsum("k,tkc->tc", weights / weights.sum(), seen)[:, None]
    affine = (np.linalg.pinv(head * root) @ (x * root)).swapaxes(1, 2)
    left, stretch, right = np.linalg.svd(affine, full_matrices=False)
    rows = left @ right
    rotation = np.concatenate((rows, np.cross(rows[:, 0], rows[:, 1])[:, None]), axis=1)
    return rotation, np.maximum(1e-6, stretch.mean(1))


def _step(turned: Floats, off: Floats, scale: Floats, weights: Floats) -> Floats:
    """Gauss and Newton's step: a small turn about x, y and z, and a change of scale, `(T, 4)`."""
    zero = np.zeros(turned.shape[:2])
    by = scale[:, None]
    # Along a small turn w, a point p moves by w x p; only x and y are seen.
    along_x = np.stack((zero, by * turned[..., 2], -by * turned[..., 1], turned[..., 0]), -1)
    along_y = np.stack((-by * turned[..., 2], zero, by * turned[..., 0], turned[..., 1]), -1)
    root = np.sqrt(weights)[..., None]
    steps = np.concatenate((along_x * root, along_y * root), axis=1)
    wanted = np.concatenate((off[..., :1] * root, off[..., 1:] * root), axis=1)
    normal = steps.swapaxes(1, 2) @ steps
    # Points on a line leave a direction open: a little of the diagonal keeps the step finite there.
    normal = normal + 1e-9 * np.trace(normal, axis1=1, axis2=2)[:, None, None] * np.eye(4) + 1e-18 * np.eye(4)
    step: Floats = np.linalg.solve(normal, steps.swapaxes(1, 2) @ wanted)[..., 0]
    return step


def _small_turns(vectors: Floats) -> Floats:
    """Rotations about vectors `(T, 3)` by their lengths in radians (Rodrigues), never by more than half a radian."""
    length = np.maximum(np.linalg.norm(vectors, axis=1), 1e-12)
    x, y, z = (vectors / length[:, None]).T
    zero = np.zeros_like(x)
    cross = np.stack((zero, -z, y, z, zero, -x, -y, x, zero), -1).reshape(-1, 3, 3)
    angle = np.minimum(length, 0.5)[:, None, None]
    turns: Floats = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * (cross @ cross)
    return turns
