"""The best faces of many: sharp ones, from every side, with different expressions.

The idea of DeepFaceLab's "final" sort (Petrov et al., arXiv:2005.05535), with an order instead of a selection: however
many of its first faces are taken, they are spread over the poses that there are as evenly as can be.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from prosopon.core.errors import MediaError
from prosopon.faces.aligned.maps import apply
from prosopon.faces.aligned.mean_face import INNER, OWN
from prosopon.faces.aligned.umeyama import similarity
from prosopon.faces.alignment import Aligned

_YAW_DEG, _PITCH_DEG = 10.0, 15.0
"""Faces within these are from one side."""
_MOST_VARIED = 500
"""From each side so many are chosen for being different as well; after that sharpness alone counts, for choosing takes
time with the square of their number."""


def best_first(faces: Sequence[Aligned], n: int | None = None) -> list[Aligned]:
    """The best faces, the best first.

    Poses take turns; where there is nothing left from one side, the others go on. From each side the sharpest comes
    first, then again and again the one that is sharpest and least like those before it.

    Args:
        faces: with measures; without pose, landmarks or sharpness they come last, in their order.
        n: how many; all of them if not given.
    """
    known = [(i, one.face.pose) for i, one in enumerate(faces) if one.face.pose is not None and _is_known(one)]
    numbers = [i for i, _ in known]
    rest = sorted({*range(len(faces))} - {*numbers})
    n = len(faces) if n is None else min(n, len(faces))
    poses = np.array([(pose.yaw, pose.pitch) for _, pose in known]).reshape(-1, 2)
    shapes = np.array([_shape(faces[i]) for i in numbers])
    sharpness = np.array([faces[i].measures["sharpness"] for i in numbers])
    queues = [
        [numbers[members[i]] for i in _varied(shapes[members], sharpness[members], n)] for members in _sides(poses)
    ]
    order = [queue[turn] for turn in range(max(map(len, queues), default=0)) for queue in queues if turn < len(queue)]
    return [faces[i] for i in [*order, *rest][:n]]


def _is_known(one: Aligned) -> bool:
    return one.face.landmarks is not None and "sharpness" in one.measures


def _shape(one: Aligned) -> NDArray[np.float64]:
    """The inner landmarks laid onto the mean face, `(102,)`: pose and expression, without place and size."""
    assert one.face.landmarks is not None  # noqa: S101 - the caller has asked
    inner = one.face.landmarks[INNER].astype(np.float64)
    try:
        return apply(similarity(inner, OWN[INNER]), inner).ravel()
    except MediaError:
        return OWN[INNER].ravel()


def _sides(poses: NDArray[np.float64]) -> list[NDArray[np.intp]]:
    """Members of each bin of yaw and pitch, the fullest bin first, then always the one that is farthest from those."""
    bins = np.rint(poses / (_YAW_DEG, _PITCH_DEG)).astype(int)
    places, member_of, counts = np.unique(bins, axis=0, return_inverse=True, return_counts=True)
    if not len(places):
        return []
    order = [int(np.argmax(counts))]
    nearest = np.full(len(places), np.inf)
    while len(order) < len(places):
        nearest = np.minimum(nearest, np.linalg.norm(places - places[order[-1]], axis=1))
        nearest[order] = -1.0
        order.append(int(np.argmax(nearest)))
    return [np.flatnonzero(member_of.ravel() == number) for number in order]


def _varied(shapes: NDArray[np.float64], sharpness: NDArray[np.float64], n: int) -> list[int]:
    """Up to n of some faces: the sharpest, then always the one with the most of rank in sharpness plus novelty.

    Novelty is the distance of a shape from the nearest one taken, as a share of the largest there is.
    """
    count = len(shapes)
    rank = np.empty(count)
    rank[np.argsort(sharpness, kind="stable")] = np.linspace(0.0, 1.0, count)
    order = [int(np.argmax(rank))]
    nearest = np.full(count, np.inf)
    taken = np.zeros(count, bool)
    while len(order) < min(n, count, _MOST_VARIED):
        taken[order[-1]] = True
        nearest = np.minimum(nearest, np.linalg.norm(shapes - shapes[order[-1]], axis=1))
        worth = rank + nearest / max(float(nearest.max()), 1e-9)
        worth[taken] = -1.0
        order.append(int(np.argmax(worth)))
    taken[order[-1]] = True
    sharpest = np.argsort(-rank, kind="stable")
    return [*order, *sharpest[~taken[sharpest]].tolist()][:n]
