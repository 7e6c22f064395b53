"""Do the faces of one set do what those of another do? Distances in pose and expression, and a baseline for them.

Who learns to swap a face learns it from pictures of the source: what the target does and the source never did has to be
guessed. dfaker compares landmarks alone; here pose and expression are told apart, the person's own features are taken
out, and the unit is what the source's faces differ by among themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from prosopon.core.errors import MediaError, ProsoponError
from prosopon.core.faces import Pose
from prosopon.faces.aligned.maps import apply
from prosopon.faces.aligned.mean_face import INNER, OWN
from prosopon.faces.aligned.umeyama import similarity
from prosopon.faces.alignment import Aligned
from prosopon.faces.head68 import HEAD
from prosopon.faces.openings import eye_openings, mouth_opening
from prosopon.faces.pose import rotation_of

AXES = ("yaw", "pitch", "eyes", "mouth")
"""What is compared one by one: degrees, degrees, opening of the eyes over their usual one, opening of the mouth; both
openings as they would be seen from the front."""
_LEAST_SPREAD = np.array((10.0, 7.0, 0.2, 0.1))
"""Of each axis: differences below this hardly make another picture, however still a source keeps. Those of pitch also
lie in how people are built, for pose is that of a mean head."""
_LEAST_SHAPE_SPREAD = 0.012
"""The same of the landmarks, in sides of the mean face's square: a little more than how exactly they are found."""
_LEAST_NEAR = 1.5
"""Nearer than this no face is called far, however alike all of the source's are: 15 degrees of yaw, by the above."""
_USUAL_OPEN = 0.75
"""Eyes are usually as open as in this share of the frames or less: blinks and half-shut eyes do not count."""
_SHAPES = 6
"""Principal components of the landmarks that are compared; the rest is mostly noise."""
_FEWEST = 4
_TURN_DEG = np.array((30.0, 20.0))


@dataclass(frozen=True)
class Described:
    """What some faces do.

    Attributes:
        faces: those of which enough is known.
        values: `(N, 4)` in the order of `AXES`.
        shapes: `(N, 102)` inner landmarks laid onto the mean face, less what person and pose make of them.
        n_unknown: how many faces lack landmarks or pose.
    """

    faces: tuple[Aligned, ...]
    values: NDArray[np.float64]
    shapes: NDArray[np.float64]
    n_unknown: int = 0


@dataclass(frozen=True)
class Coverage:
    """How far a target's faces are from a source's.

    Attributes:
        source, target: the faces.
        distances: `(M,)`, of each face of the target to the nearest one of the source, in spreads of the source: 1 is
            as far as its faces are from their mean along one of yaw, pitch, eyes, mouth and shape.
        nearest: `(M,)`, index of that face.
        differs_in: `(M, 5)`, by how much they differ in each of `AXES` and in shape; the root of the sum of squares is
            the distance.
        own: `(N,)`, the baseline: of each face of the source to the nearest one of the source's other half.
        near: distance up to which a face counts as near: what 95 % of the source's faces keep to its other half, and at
            least `_LEAST_NEAR`.
    """

    source: Described
    target: Described
    distances: NDArray[np.float64]
    nearest: NDArray[np.intp]
    differs_in: NDArray[np.float64]
    own: NDArray[np.float64]
    near: float

    @property
    def far(self) -> NDArray[np.bool_]:
        """`(M,)`: which faces of the target have no near neighbour."""
        return self.distances > self.near


def described(faces: Sequence[Aligned]) -> Described:
    """What faces do: pose, openings, and the shape of the rest of the face.

    Args:
        faces: of one person, in order of time.

    Raises:
        ProsoponError: too few of them have landmarks and pose.
    """
    known: list[Aligned] = []
    values: list[tuple[float, ...]] = []
    shapes: list[NDArray[np.float64]] = []
    for one in faces:
        landmarks, pose = one.face.landmarks, one.face.pose
        if landmarks is None or pose is None:
            continue
        points = landmarks.astype(np.float64)
        row = (pose.yaw, pose.pitch, *_openings(points, pose))
        try:
            shape = apply(similarity(points[INNER], OWN[INNER]), points[INNER]).ravel()
        except MediaError:
            continue
        if np.isfinite(row).all():
            known.append(one)
            values.append(row)
            shapes.append(shape)
    if len(known) < _FEWEST:
        raise ProsoponError(
            f"only {len(known)} of {len(faces)} faces have landmarks and pose", f"give {_FEWEST} or more, best hundreds"
        )
    held = np.array(values)
    held[:, 2] /= max(float(np.quantile(held[:, 2], _USUAL_OPEN)), 1e-6)
    return Described(tuple(known), held, _without_person(np.array(shapes), held), len(faces) - len(known))


_EYES_ACROSS = np.array(((36, 39), (42, 45)))
_AGAPE_CM = 2.0
_LOWER_LIP = (65, 66, 67)


def _agape() -> NDArray[np.float64]:
    head = HEAD.copy()
    head[list(_LOWER_LIP), 1] -= _AGAPE_CM
    return head


_AGAPE = _agape()


def _openings(points: NDArray[np.float64], pose: Pose) -> tuple[float, float]:
    """Openings of eyes and mouth over those that a mean head's have, seen from the same side instead of from the front.

    An eye that is turned away is narrower and so seems wider open. Of the two the one counts more that is seen better.
    """
    turned = (_AGAPE @ rotation_of(pose).T)[:, :2]
    front = _AGAPE[:, :2]
    widths = np.linalg.norm(turned[_EYES_ACROSS[:, 0]] - turned[_EYES_ACROSS[:, 1]], axis=1)
    eyes = eye_openings(points) * eye_openings(front) / eye_openings(turned)
    mouth = mouth_opening(points) * mouth_opening(front) / mouth_opening(turned)
    return float(np.average(eyes, weights=widths)), float(mouth)


def _without_person(shapes: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shapes less what this person looks like from each side: a ridge regression on pose, so few faces bend little."""
    yaw, pitch = (values[:, :2] / _TURN_DEG).T
    terms = np.column_stack((yaw, pitch, yaw**2, pitch**2, yaw * pitch))
    middle, usual = terms.mean(0), shapes.mean(0)
    centred = terms - middle
    slopes = np.linalg.solve(centred.T @ centred + np.eye(terms.shape[1]), centred.T @ (shapes - usual))
    rest: NDArray[np.float64] = shapes - usual - centred @ slopes
    return rest


def cover(source: Described, target: Described) -> Coverage:
    """Compare a target's faces with a source's."""
    ours, theirs = _in_spreads(source, target)
    distances, nearest = cKDTree(ours).query(theirs)
    half = len(ours) // 2
    first, second = ours[:half], ours[half:]
    own = np.concatenate((cKDTree(second).query(first)[0], cKDTree(first).query(second)[0]))
    near = max(_LEAST_NEAR, float(np.quantile(own, 0.95)))
    apart = theirs - ours[nearest]
    differs_in = np.column_stack((np.abs(apart[:, :4]), np.linalg.norm(apart[:, 4:], axis=1)))
    return Coverage(source, target, np.asarray(distances), np.asarray(nearest), differs_in, own, near)


def _in_spreads(source: Described, target: Described) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both as points whose distance is in spreads of the source, `(N, D)` and `(M, D)`."""
    spread = np.maximum(source.values.std(0), _LEAST_SPREAD)
    # Directions in which either of the two moves, each counting the same however many faces it has: along those of the
    # source alone nobody would see a smile that it never has.
    both = [one.shapes.T @ one.shapes / len(one.shapes) for one in (source, target)]
    _, vectors = np.linalg.eigh(both[0] + both[1])
    directions = vectors[:, -_SHAPES:]
    # Root mean square over the landmarks' coordinates, so that the limit is a distance in the face.
    least = _LEAST_SHAPE_SPREAD * np.sqrt(source.shapes.shape[1])
    shape_spread = max(float(np.sqrt(((source.shapes @ directions) ** 2).sum(1).mean())), least)
    ours, theirs = (
        np.column_stack((one.values / spread, one.shapes @ directions / shape_spread)) for one in (source, target)
    )
    return ours, theirs


def worst(coverage: Coverage, n: int) -> list[int]:
    """Up to n faces of the target that are farthest from the source's and not like each other, the farthest first."""
    _, points = _in_spreads(coverage.source, coverage.target)
    taken: list[int] = []
    apart = np.full(len(points), np.inf)
    for _ in range(min(n, len(points))):
        # What lies within half a near distance of one that is taken shows the same.
        left = np.where(apart > coverage.near / 2, coverage.distances, -1.0)
        index = int(np.argmax(left))
        if left[index] < 0:
            break
        taken.append(index)
        apart = np.minimum(apart, np.linalg.norm(points - points[index], axis=1))
    return taken
