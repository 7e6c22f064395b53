"""The average head: guide points, the mesh that is spanned over them, and where on it the features lie.

The skin is one sheet over an unrolled plane (s, t): s goes around the head (8 cm per radian of azimuth), t goes up
(the height in cm, unrolled over crown and under the chin). A vector-valued thin-plate spline (Bookstein 1989) through
a few hundred guide points lifts the plane to three dimensions; the mesh is a Delaunay triangulation of points that
are dense where the face is and follow the lip and lid lines. Lips and lids are real openings.

Head coordinates are in cm: x to the picture's right when the head looks at the camera, y up, z to the camera; the
origin lies inside the head behind the nose. The guide points of the face were read, to the millimetre, off the
canonical face model of MediaPipe (Apache-2.0), an average of no particular person; skull and neck are ellipsoids.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Delaunay, cKDTree

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

RADIUS = 8.0
"""cm of s per radian of azimuth."""
_AXIS_Z = -4.0
_SKULL_Y, _SKULL_Z = 4.2, -4.2
_SKULL = (7.6, 9.2, 9.6)

EYE_CENTRE = (3.13, 2.58, 2.45)
"""Centre of the eyeball on the picture's right, cm."""
EYE_RADIUS = 1.5

# (y, z) of the midline from hairline to chin.
_MIDLINE = (
    (8.3, 4.5), (6.5, 5.0), (4.9, 5.35), (4.0, 5.3), (3.3, 5.25), (2.5, 5.75), (1.7, 6.3), (1.1, 6.75), (0.4, 7.2),
    (-0.5, 7.55), (-1.1, 7.45), (-1.5, 7.1), (-1.75, 6.6), (-2.1, 6.1), (-2.5, 5.9), (-3.4, 6.0), (-3.7, 5.98),
    (-3.98, 5.8), (-4.25, 5.4), (-4.55, 5.65), (-5.0, 5.7), (-5.4, 5.5), (-6.1, 5.1), (-7.0, 5.2), (-7.9, 5.25),
    (-8.8, 4.95), (-9.4, 4.3),
)  # fmt: skip

# (x, y, z) of the half on the picture's right; the other is its mirror image.
_HALF = (
    # nose
    (0.6, 2.3, 5.6), (0.9, 1.2, 5.8), (0.5, 1.0, 6.6), (0.5, 0.3, 7.05), (0.9, 0.1, 6.65), (0.5, -0.5, 7.35),
    (0.9, -0.5, 6.95), (1.2, 0.2, 5.75), (1.3, -0.3, 6.15), (1.35, -0.7, 6.35), (1.3, 0.8, 5.3), (1.6, -0.9, 5.85),
    (1.72, -0.6, 5.6), (1.78, -0.9, 5.3), (1.8, -1.05, 4.95), (1.55, -1.35, 5.6), (1.4, -1.7, 5.2), (0.6, -2.0, 5.85),
    (0.4, -1.1, 7.3), (0.5, -1.35, 6.85), (0.9, -1.1, 6.6), (0.4, -1.6, 6.4), (0.75, -1.65, 5.95), (1.1, -1.5, 5.9),
    (1.55, -0.1, 5.2), (2.1, -0.2, 4.6), (1.6, 0.3, 4.9), (2.3, 0.6, 4.3), (2.8, -0.7, 4.4), (2.3, -1.6, 4.6),
    (1.8, -2.7, 5.2), (0.7, -2.5, 5.8), (1.3, 1.4, 4.8), (1.4, 1.9, 4.4),
    # around the eye
    (0.8, 3.2, 4.9), (1.2, 4.1, 5.1), (1.3, 3.1, 4.2), (1.0, 2.4, 4.6), (1.6, 2.1, 4.0), (2.0, 1.9, 3.95),
    (2.5, 1.6, 3.9), (3.3, 1.5, 3.75), (4.1, 1.5, 3.5), (4.7, 1.7, 3.1), (5.2, 2.5, 2.6), (4.7, 3.5, 3.45),
    (4.1, 3.75, 4.0), (3.4, 3.8, 4.2), (2.6, 3.75, 4.3), (1.8, 3.5, 4.25), (2.6, 4.5, 4.9), (3.7, 4.5, 4.6),
    (4.6, 4.3, 4.0), (5.3, 3.9, 3.3), (5.6, 3.2, 2.6), (6.4, 2.2, 1.6), (5.7, 1.4, 2.4), (6.1, 3.4, 1.95),
    (1.75, 2.5, 3.65), (4.45, 2.72, 3.15), (3.1, 3.15, 3.75), (3.2, 2.15, 3.75),
    # brow and forehead
    (2.8, 5.1, 5.0), (4.0, 5.1, 4.5), (5.0, 4.8, 3.8), (5.7, 4.3, 2.8), (1.4, 5.0, 5.3), (1.6, 6.6, 4.9),
    (3.1, 6.6, 4.5), (4.5, 6.3, 3.7), (5.6, 5.7, 2.7), (6.4, 4.8, 1.6), (6.3, 6.6, 1.4), (5.1, 7.5, 2.7),
    (3.5, 8.0, 3.7), (1.9, 8.2, 4.3), (7.0, 5.4, 0.1), (6.8, 3.7, 0.7), (7.45, 4.1, -1.0),
    # cheek and side
    (7.1, 2.3, 0.1), (7.15, 0.8, 0.0), (6.5, 0.9, 1.7), (5.3, 0.9, 2.95), (4.4, 0.7, 3.5), (3.3, 0.9, 3.9),
    (2.4, 1.1, 4.0), (6.3, -0.5, 1.9), (4.8, -0.7, 3.5), (3.3, 0.1, 4.1), (3.8, -1.5, 4.1), (7.0, -0.8, -0.1),
    (6.2, -1.9, 1.7), (5.3, -2.2, 2.9), (4.4, -2.7, 3.6), (3.5, -3.2, 4.1), (3.0, -2.3, 4.4), (2.9, -3.7, 4.45),
    (2.4, -3.1, 4.9), (6.85, -2.4, -0.1), (6.1, -3.2, 1.5), (5.4, -4.0, 2.1), (4.6, -4.7, 3.0), (3.7, -4.5, 3.7),
    (3.05, -4.4, 4.05), (2.7, -5.0, 4.2), (6.5, -3.9, 0.1), (5.8, -5.2, 0.9), (5.0, -6.1, 1.9), (3.9, -6.0, 3.3),
    (3.3, -5.4, 3.8), (2.7, -6.1, 4.1), (2.2, -5.4, 4.5), (1.5, -5.8, 4.8), (0.8, -6.1, 5.0), (1.9, -6.6, 4.5),
    (2.3, -7.4, 4.4), (3.1, -6.8, 3.8), (4.1, -7.0, 2.7), (1.0, -6.9, 5.05), (1.2, -7.8, 5.05), (1.3, -8.6, 4.7),
    (2.4, -8.3, 4.0), (3.3, -7.7, 3.4),
    # jaw line
    (7.5, 2.4, -2.0), (7.4, 0.7, -2.4), (7.2, -1.0, -2.4), (7.0, -2.9, -2.3), (6.6, -4.8, -1.7), (5.9, -6.2, -0.6),
    (5.1, -7.2, 0.7), (4.1, -8.0, 1.9), (3.2, -8.5, 2.8), (2.3, -9.0, 3.55), (1.3, -9.3, 4.05),
    # lips
    (0.7, -3.3, 5.9), (1.4, -3.52, 5.45), (1.9, -3.8, 5.0), (2.25, -4.08, 4.6), (0.7, -5.3, 5.4), (1.3, -5.1, 5.2),
    (1.8, -4.85, 4.85), (2.15, -4.6, 4.5), (0.6, -3.65, 5.88), (1.1, -3.85, 5.5), (1.6, -4.0, 5.05),
    (0.7, -4.95, 5.6), (1.2, -4.8, 5.3), (1.65, -4.65, 4.9), (0.55, -4.23, 5.35), (1.0, -4.24, 5.1),
    (1.5, -4.27, 4.7), (1.85, -4.3, 4.4), (2.35, -4.3, 4.15),
)  # fmt: skip

# Under the jaw: (x, y, z, t).
_UNDER = (
    (6.0, -5.6, -3.6, -6.6), (5.2, -6.9, -2.0, -7.4), (4.5, -7.7, -0.9, -8.3), (3.7, -8.5, 0.3, -9.1),
    (2.9, -9.1, 1.4, -9.9), (1.9, -9.6, 2.3, -10.3), (0.9, -9.9, 2.9, -10.5),
)  # fmt: skip
_UNDER_MIDLINE = ((-10.0, 2.9, -10.6), (-10.4, 1.4, -11.6))
# Neck rings: y in front, y behind, half width, half depth, centre z, t.
_NECK = (
    (-11.2, -6.5, 5.15, 5.5, -5.0, -12.8),
    (-13.5, -10.0, 4.95, 5.1, -5.2, -15.2),
    (-16.5, -14.0, 5.2, 5.1, -5.5, -17.8),
    (-19.0, -17.5, 5.6, 5.2, -5.7, -20.0),
)
T_BOTTOM, T_TOP = -20.0, 4.2 + 9.2 * np.pi / 2
S_BACK = RADIUS * np.pi


def height_to_t(y: Floats) -> Floats:
    """t of a point of height y (cm) on face or skull: the height, unrolled over the crown."""
    rise = np.clip((y - _SKULL_Y) / _SKULL[1], 0, 1)
    return np.where(y > _SKULL_Y, _SKULL_Y + _SKULL[1] * np.arcsin(rise), y)


def place(x: Floats, y: Floats, z: Floats) -> Floats:
    """(s, t) of face points in head coordinates, `(..., 2)`."""
    return np.stack([RADIUS * np.arctan2(x, z - _AXIS_Z), height_to_t(y)], -1)


def _guides() -> tuple[Floats, Floats]:
    """(s, t) and (x, y, z) of all guide points."""
    middle = np.array([(0.0, y, z) for y, z in _MIDLINE])
    half = np.array(_HALF)
    face = np.concatenate([middle, half, half * (-1, 1, 1)])
    planes, points = [place(face[:, 0], face[:, 1], face[:, 2])], [face]
    under = np.array(_UNDER)
    for sign in (1, -1):
        xyz = under[:, :3] * (sign, 1, 1)
        planes.append(np.stack([RADIUS * np.arctan2(xyz[:, 0], xyz[:, 2] - _AXIS_Z), under[:, 3]], 1))
        points.append(xyz)
    for y, z, t in _UNDER_MIDLINE:
        planes.append(np.array([[0.0, t]]))
        points.append(np.array([[0.0, y, z]]))
    around = np.radians(np.arange(-180, 180, 20.0))
    for front, back, wide, deep, centre, t in _NECK:
        bend = (1 - np.cos(around)) / 2
        ring = np.stack([wide * np.sin(around), front + (back - front) * bend, centre + deep * np.cos(around)], 1)
        planes.append(np.stack([RADIUS * around, np.full(len(around), t)], 1))
        points.append(ring)
    for rise in np.radians((-38, -20, 0, 18, 36, 52, 66, 78, 90)):
        for turn in np.radians(np.arange(-180, 180, 18.0)):
            if rise < np.radians(30) and abs(turn) < np.radians(100):
                continue
            flat = np.cos(rise)
            t = _SKULL_Y + (_SKULL[1] * rise if rise > 0 else _SKULL[1] * np.sin(rise))
            planes.append(np.array([[RADIUS * turn, t]]))
            points.append(
                np.array([[_SKULL[0] * flat * np.sin(turn), _SKULL_Y + _SKULL[1] * np.sin(rise),
                           _SKULL_Z + _SKULL[2] * flat * np.cos(turn)]])
            )  # fmt: skip
    return np.concatenate(planes), np.concatenate(points)


def _spline(guides: Floats, points: Floats, at: Floats) -> Floats:
    """Smoothing thin-plate spline through `points` (G, 3) at `guides` (G, 2), evaluated `at` (N, 2) -> (N, 3).

    The plane is periodic in s, so guides near the back seam act from both sides.
    """
    count = len(guides)
    period = 2 * S_BACK
    near = np.abs(guides[:, 0]) > S_BACK - 9
    copies = guides[near] - np.sign(guides[near, :1] + 1e-9) * (period, 0)
    nodes = np.concatenate([guides, copies])
    nodes, keep = np.unique(np.round(nodes, 6), axis=0, return_index=True)
    owner = np.concatenate([np.arange(count), np.flatnonzero(near)])[keep]

    def kernel(a: Floats, b: Floats) -> Floats:
        square = ((a[:, None] - b[None]) ** 2).sum(-1)
        return np.asarray(0.5 * square * np.log(np.maximum(square, 1e-12)))

    size = len(nodes)
    system = np.zeros((size + 3, size + 3))
    system[:size, :size] = kernel(nodes, nodes) + 0.02 * np.eye(size)
    system[:size, size:] = np.c_[np.ones(size), nodes]
    system[size:, :size] = system[:size, size:].T
    right = np.zeros((size + 3, 3))
    right[:size] = points[owner]
    values: Floats = np.c_[kernel(at, nodes), np.ones(len(at)), at] @ np.linalg.solve(system, right)
    return values


# ---- the lines of the features in the plane -------------------------------------------------------------------------

LIP_HALF = 2.2
"""s of the corner of the mouth."""


def slit_t(u: Floats) -> Floats:
    """t of the line between the lips at u = s / LIP_HALF in [-1, 1]."""
    return -4.26 - 0.05 * u**2 - 0.05 * np.exp(-((u / 0.22) ** 2))


def upper_lip_height(u: Floats) -> Floats:
    """Height in t of the upper lip over the slit, with Cupid's bow."""
    inside = np.clip(1 - u**2, 0, 1)
    return 0.98 * inside**0.85 - 0.13 * np.exp(-((u / 0.13) ** 2)) * inside


def lower_lip_height(u: Floats) -> Floats:
    """Height in t of the lower lip under the slit."""
    return 1.12 * np.clip(1 - np.abs(u) ** 2.2, 0, 1) ** 0.85


_CANTHUS_IN, _CANTHUS_OUT = (1.74, 2.46), (4.42, 2.74)


def lid_line(k: Floats, upper: bool) -> Floats:
    """(x, y) of a lid margin of the eye on the picture's right, k from 0 (at the nose) to 1, `(K, 2)` cm."""
    x = _CANTHUS_IN[0] + (_CANTHUS_OUT[0] - _CANTHUS_IN[0]) * k
    y = _CANTHUS_IN[1] + (_CANTHUS_OUT[1] - _CANTHUS_IN[1]) * k
    bow = 0.50 * np.sin(np.pi * k**0.88) ** 0.8 if upper else -0.44 * np.sin(np.pi * k**1.12) ** 0.9
    y = y + bow
    return np.stack([x, y], -1)


def on_eyeball(x: Floats, y: Floats, radius: float = EYE_RADIUS) -> Floats:
    """z of the eyeball's front (picture's right eye) at (x, y)."""
    square = radius**2 - (x - EYE_CENTRE[0]) ** 2 - (y - EYE_CENTRE[1]) ** 2
    return EYE_CENTRE[2] + np.sqrt(np.maximum(square, 0.12))


LID_POINTS = 25
SLIT_POINTS = 41


@dataclass(frozen=True)
class Template:
    """Topology and the spline; shared by everybody.

    Attributes:
        points: `(N, 3)` the average head at rest, cm.
        plane: `(N, 2)` (s, t) of every vertex.
        triangles: `int64 (M, 3)`, counter-clockwise from outside.
        slit_upper, slit_lower: vertices along the lips from the picture's left corner to the right; ends are shared.
        lid_upper, lid_lower: for the eye on the picture's (left, right), from nose to temple; ends are shared.
        below_slit: `bool (N,)` vertices that belong to the lower lip's side.
    """

    points: Floats
    plane: Floats
    triangles: Ints
    slit_upper: Ints
    slit_lower: Ints
    lid_upper: tuple[Ints, Ints]
    lid_lower: tuple[Ints, Ints]
    below_slit: NDArray[np.bool_]

    def nearest(self, s: float, t: float) -> int:
        """The vertex nearest to a point of the plane."""
        return int(np.argmin((self.plane[:, 0] - s) ** 2 + (self.plane[:, 1] - t) ** 2))


class _Points:
    """Collects mesh points, refusing those that come too near to earlier ones."""

    def __init__(self) -> None:
        self.held = np.zeros((0, 2))

    def add(self, points: Floats, apart: float | Floats) -> None:
        """Keep the points that are at least `apart` from everything before this call."""
        if len(self.held):
            distance, _ = cKDTree(self.held).query(points)
            points = points[distance >= apart]
        self.held = np.concatenate([self.held, points])


def _eye_loop() -> tuple[Floats, Floats]:
    k = (1 - np.cos(np.linspace(0, np.pi, LID_POINTS))) / 2 * 0.5 + np.linspace(0, 1, LID_POINTS) * 0.5
    lines = []
    for upper in (True, False):
        xy = lid_line(k, upper)
        lines.append(place(xy[:, 0], xy[:, 1], on_eyeball(xy[:, 0], xy[:, 1])))
    lines[1][0], lines[1][-1] = lines[0][0], lines[0][-1]
    return lines[0], lines[1]


def _grid(spacing: float, s: tuple[float, float], t: tuple[float, float]) -> Floats:
    """A triangular lattice over a rectangle of the plane."""
    across = np.arange(s[0], s[1] + 1e-9, spacing)
    up = np.arange(t[0], t[1] + 1e-9, spacing * 0.87)
    mesh = np.stack(np.meshgrid(across, up), -1)
    mesh[1::2, :, 0] += spacing / 2
    return mesh.reshape(-1, 2)


def _scatter(upper: Floats, lower: Floats) -> Floats:
    """Mesh points in the plane: the slit first, then the lid margins (left eye, right eye), then everything else."""
    pool = _Points()
    u = np.linspace(-1, 1, SLIT_POINTS)
    loops = [np.stack([LIP_HALF * u, slit_t(u)], 1)]
    for side in (-1, 1):
        loops += [upper * (side, 1), lower[1:-1] * (side, 1)]
    pool.held = np.concatenate(loops)
    for v in (0.25, 0.5, 0.75, 1.0, 1.25, 1.6):
        pool.add(np.stack([LIP_HALF * u, slit_t(u) + v * upper_lip_height(u)], 1), 0.1)
        pool.add(np.stack([LIP_HALF * u, slit_t(u) - v * lower_lip_height(u)], 1), 0.1)
    centre = (upper.mean(0) + lower.mean(0)) / 2
    ring = np.concatenate([upper, lower[-2:0:-1]])
    for grow in (0.08, 0.17, 0.27, 0.38, 0.5, 0.65):
        outward = ring - centre
        # Roughly a parallel curve: the eye is wide, so it grows by a distance, not by a factor.
        step = outward / np.linalg.norm(outward * (0.6, 1.4), axis=1, keepdims=True)
        wider = ring + grow * step * (0.75, 1.1)
        for side in (-1, 1):
            pool.add(wider * (side, 1), 0.075)
    pool.add(_grid(0.2, (-2.0, 1.9), (-2.6, 3.2)), 0.15)
    pool.add(_grid(0.3, (-5.4, 5.2), (-9.6, 6.2)), 0.22)
    pool.add(_grid(0.5, (-12.5, 12.4), (-13.0, 11.0)), 0.38)
    pool.add(_grid(0.9, (-S_BACK + 0.9, S_BACK - 1.2), (T_BOTTOM + 0.6, T_TOP - 0.6)), 0.7)
    rows = np.linspace(T_BOTTOM, T_TOP, 44)
    edge = [np.stack([np.full(44, end), rows], 1) for end in (-S_BACK, S_BACK)]
    across = np.linspace(-S_BACK, S_BACK, 48)[1:-1]
    edge += [np.stack([across, np.full(46, end)], 1) for end in (T_BOTTOM, T_TOP)]
    pool.add(np.concatenate(edge), 0.2)
    return pool.held


def _triangulate(plane: Floats, upper: Floats, lower: Floats) -> Ints:
    """Delaunay triangles, counter-clockwise, without those inside the eye openings."""
    triangles = Delaunay(plane).simplices.astype(np.int64)
    a, b, c = (plane[triangles[:, k]] for k in range(3))
    cross = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1])
    triangles = np.where((cross < 0)[:, None], triangles[:, ::-1], triangles)[np.abs(cross) > 1e-9]
    centroid = plane[triangles].mean(1)
    hole = np.zeros(len(triangles), bool)
    for side in (-1, 1):
        at = centroid[:, 0] * side
        hole |= (
            (at > upper[0, 0])
            & (at < upper[-1, 0])
            & (centroid[:, 1] < np.interp(at, upper[:, 0], upper[:, 1]))
            & (centroid[:, 1] > np.interp(at, lower[:, 0], lower[:, 1]))
        )
    kept: NDArray[np.int64] = triangles[~hole]
    return kept


@lru_cache(maxsize=1)
def template() -> Template:
    """The template, made on first use (about a second)."""
    upper, lower = _eye_loop()
    plane = _scatter(upper, lower)
    triangles = _triangulate(plane, upper, lower)

    # Cut the mouth open: the lower lip gets its own copies of the slit's inner vertices.
    count = len(plane)
    inner = np.arange(1, SLIT_POINTS - 1)
    copies = np.arange(count, count + len(inner))
    swap = np.arange(count)
    swap[inner] = copies
    centroid = plane[triangles].mean(1)
    under = centroid[:, 1] < slit_t(np.clip(centroid[:, 0] / LIP_HALF, -1, 1))
    under &= np.isin(triangles, inner).any(1)
    triangles[under] = swap[triangles[under]]
    plane = np.concatenate([plane, plane[inner]])
    below = plane[:, 1] < slit_t(np.clip(plane[:, 0] / LIP_HALF, -1, 1)) - 1e-9
    below[inner] = False
    below[copies] = True

    guides_plane, guides = _guides()
    per_eye = 2 * LID_POINTS - 2
    lid_upper, lid_lower = [], []
    for eye in range(2):
        start = SLIT_POINTS + eye * per_eye
        top = np.arange(start, start + LID_POINTS)
        lid_upper.append(top)
        lid_lower.append(np.concatenate([top[:1], np.arange(start + LID_POINTS, start + per_eye), top[-1:]]))
    return Template(
        _spline(guides_plane, guides, plane),
        plane,
        triangles,
        np.arange(SLIT_POINTS),
        np.concatenate([[0], copies, [SLIT_POINTS - 1]]),
        (lid_upper[0], lid_upper[1]),
        (lid_lower[0], lid_lower[1]),
        below,
    )
