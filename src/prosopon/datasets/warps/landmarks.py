"""The warp of dfaker: a face bent to the landmarks of a similar face of the other person, and not merely at random.

What the net learns to undo is then what it meets when it swaps: this person's features in that person's places. Between
the landmarks the map is linear on the triangles of a Delaunay triangulation.

In faceswap's version of it x and y are exchanged, so that faces were bent towards transposed ones; ours bends them as
was meant.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import LinearNDInterpolator
from scipy.spatial import ConvexHull, QhullError

from prosopon.core.errors import UsageError
from prosopon.datasets.warps.sampling import lattice

NEAREST = 10
"""From among so many faces of the other person one is drawn."""
_POINTS = 68
_INNER = 17
"""The first landmark that is not of the jaw."""
_AT_ONCE = 1 << 22
"""Distances that are computed together."""
_ANCHORS = np.array(((0, 0), (0, 1), (1, 1), (1, 0), (0.5, 0), (0.5, 1), (1, 0.5), (0, 0.5)), np.float64)


@dataclass(frozen=True)
class LandmarkWarp:
    """How a crop is warped. The default is that of dfaker and of faceswap's warp to landmarks."""

    noise: float = 2 / 256
    """Standard deviation by which each landmark misses its place along x and y, as a share of the crop's side."""

    def __post_init__(self) -> None:
        if not self.noise >= 0:
            raise UsageError(f"landmarks cannot move by {self.noise:g} of the crop", "use 0 or more")

    def draw(
        self, rng: np.random.Generator, size_px: int, own: NDArray[np.floating], other: NDArray[np.floating]
    ) -> NDArray[np.float32]:
        """A random map: where in the crop, whose side is 1, each pixel reads; `float32 (size_px, size_px, 2)`.

        Args:
            rng: the only source of chance.
            size_px: side of the result.
            own: `(68, 2)`, the face in the crop.
            other: `(68, 2)`, the face whose landmarks it is bent to, in its own crop of side 1.
        """
        return landmark_map(own, other + rng.normal(0.0, self.noise, other.shape), size_px)


def landmark_map(source: NDArray[np.floating], target: NDArray[np.floating], size_px: int) -> NDArray[np.float32]:
    """The map that brings landmarks from one place to another in a crop whose side is 1.

    Corners and middles of the edges stay. Left out are landmarks that lie outside the crop before or after, for they
    would pull its edge in; and those of the jaw that come to lie within the features, where the map would fold.

    Args:
        source: `(68, 2)`, where the landmarks are.
        target: `(68, 2)`, where they shall be seen.
        size_px: side of the result.

    Returns:
        `float32 (size_px, size_px, 2)`, where each pixel reads.

    Raises:
        ValueError: landmarks are missing or unknown.
    """
    both = np.array((source, target), np.float64)
    if both.shape != (2, _POINTS, 2) or not np.isfinite(both).all():
        raise ValueError("a warp between landmarks needs all 68 of both faces")
    kept: NDArray[np.bool_] = np.all((both > 0) & (both < 1), axis=(0, 2))
    kept[:_INNER] &= ~within(both[:, :_INNER], both[:, _INNER:].reshape(-1, 2)).any(0)
    return triangulated(both[0, kept], both[1, kept], _ANCHORS, lattice(size_px))


def triangulated(
    source: NDArray[np.floating],
    target: NDArray[np.floating],
    anchors: NDArray[np.floating],
    places: NDArray[np.floating],
) -> NDArray[np.float32]:
    """The piecewise linear map that leads from targets back to sources.

    Args:
        source, target: `(n, 2)`.
        anchors: `(m, 2)`, which stay where they are.
        places: `(h, w, 2)` among the targets and anchors.

    Returns:
        `float32 (h, w, 2)`; NaN outside the convex hull of targets and anchors.
    """
    back = LinearNDInterpolator(np.concatenate((target, anchors)), np.concatenate((source, anchors)))
    read: NDArray[np.float64] = back(places)
    return read.astype(np.float32)


def within(points: NDArray[np.floating], around: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Which points `(..., 2)` lie in the convex hull of others `(n, 2)`, its edge included; none where it has no area.

    Returns:
        `bool (...)`.
    """
    try:
        sides = ConvexHull(around).equations
    except QhullError:
        return np.zeros(points.shape[:-1], bool)
    # Rounding of the hull's own corners, which are in it.
    slack = 1e-9 * max(1.0, float(np.abs(around).max()))
    found: NDArray[np.bool_] = (points @ sides[:, :2].T + sides[:, 2] <= slack).all(-1)
    return found


def nearest(landmarks: NDArray[np.floating], others: NDArray[np.floating], k: int = NEAREST) -> NDArray[np.intp]:
    """For each face the most similar faces of another set: an index to compute once, before training.

    Args:
        landmarks: `(N, 68, 2)`, or `(68, 2)` of one face, in a crop whose side is 1.
        others: `(M, 68, 2)`, likewise. Faces with unknown landmarks (NaN) are nobody's neighbours.
        k: how many; fewer where there are not so many.

    Returns:
        `(N, k)`, or `(k,)`: indices into `others` by mean squared distance, the nearest first.

    Raises:
        ValueError: landmarks of `landmarks` are unknown, or no others are known.
    """
    asked, flat = (np.asarray(faces, np.float64).reshape(-1, 2 * _POINTS) for faces in (landmarks, others))
    known = np.flatnonzero(np.isfinite(flat).all(-1))
    if not len(known) or k < 1:
        raise ValueError("no face of the other person has landmarks, or none is asked for")
    if not np.isfinite(asked).all():
        raise ValueError("faces without landmarks have no neighbours")
    rows = max(1, _AT_ONCE // len(known))
    found = [_nearest(asked[i : i + rows], flat[known], min(k, len(known))) for i in range(0, len(asked), rows)]
    indices = known[np.concatenate(found)] if found else np.empty((0, min(k, len(known))), np.intp)
    return indices[0] if np.ndim(landmarks) == 2 else indices


def _nearest(asked: NDArray[np.float64], others: NDArray[np.float64], k: int) -> NDArray[np.intp]:
    middle = others.mean(0)  # differences of large squares lose digits
    a, b = asked - middle, others - middle
    distance = (a**2).sum(-1)[:, None] - 2 * a @ b.T + (b**2).sum(-1)
    few = np.argpartition(distance, k - 1, axis=-1)[:, :k]
    order = np.argsort(np.take_along_axis(distance, few, -1), axis=-1, kind="stable")
    return np.take_along_axis(few, order, -1)


def released_map(
    source_px: NDArray[np.floating], target_px: NDArray[np.floating], side_px: int, *, whole: bool = False
) -> NDArray[np.float32]:
    """The map of the published programs, apart from faceswap's exchange of x and y: to compare with them.

    The first point of the brow counts as jaw, hulls are of truncated coordinates, edges are anchored at the outer
    pixels' centres and their middles half a pixel off, and nothing outside is left out.

    Args:
        source_px, target_px: `(68, 2)` as the programs count: the first pixel's centre is at 0. Noise included.
        side_px: side of the picture.
        whole: as in dfaker: targets are truncated, and its test of the jaw mixes up x and y.

    Returns:
        `float32 (side_px, side_px, 2)`, continuous: half a pixel more than the programs' own numbers.
    """
    source, target = (np.asarray(points, np.float64) for points in (source_px, target_px))
    if whole:
        target = np.trunc(target)
    core = np.trunc(np.concatenate((source[_INNER:], target[_INNER:])))
    tested = np.stack((source, target))[:, : _INNER + 1]
    kept = np.ones(len(source), bool)
    kept[: _INNER + 1] = ~within(tested[..., ::-1] if whole else tested, core).any(0)
    last, half = side_px - 1, side_px // 2 - 1
    anchors = np.where(_ANCHORS == 0.5, half, _ANCHORS * last)
    places = lattice(side_px) * side_px - np.float32(0.5)
    return triangulated(source[kept], target[kept], anchors, places) + np.float32(0.5)
