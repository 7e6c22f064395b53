"""A z-buffer rasteriser for meshes of many small triangles, vectorised over scan lines.

Every triangle is cut into the pixel rows that it crosses, every row into the pixels whose centres lie inside. Both
expansions are done for all triangles at once, so the work is proportional to the covered pixels; the nearest
triangle of each pixel is kept by a minimum over (depth, triangle) keys.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Floats64 = NDArray[np.float64]
Ints = NDArray[np.int64]

_DEPTH_STEPS = 2**30


@dataclass(frozen=True)
class Hits:
    """The visible pixels of one pass, P of them.

    Attributes:
        pixels: `int64 (P,)` flat indices (row * width + column), ascending.
        triangles: `int64 (P,)` index of the nearest triangle.
        corners: `int64 (P, 3)` its vertices.
        weights: `float32 (P, 3)` barycentric weights of the corners, adding up to 1.
    """

    pixels: Ints
    triangles: Ints
    corners: Ints
    weights: Floats

    def among(self, which: Ints) -> Hits:
        """Some of the pixels."""
        return Hits(self.pixels[which], self.triangles[which], self.corners[which], self.weights[which])

    def blend(self, values: Floats) -> Floats:
        """Vertex values `float32 (N, K)` interpolated at the pixels, `float32 (P, K)`."""
        out = values[self.corners[:, 0]]
        out *= self.weights[:, 0:1]
        for k in (1, 2):
            term = values[self.corners[:, k]]
            term *= self.weights[:, k : k + 1]
            out += term
        return out


def _expand(counts: Ints) -> tuple[Ints, Ints]:
    """For groups of `counts` members: the group of each member, and its position inside the group."""
    owner = np.repeat(np.arange(len(counts)), counts)
    starts = np.cumsum(counts) - counts
    return owner, np.arange(len(owner)) - starts[owner]


def rasterise(
    xy: NDArray[np.floating],
    depth: NDArray[np.floating],
    triangles: Ints,
    width: int,
    height: int,
    *,
    sheets: NDArray[np.bool_] | None = None,
) -> Hits:
    """Find the nearest triangle at every pixel centre.

    Args:
        xy: `float (N, 2)` vertex positions in pixels, x right and y down, the centre of the first pixel at (0.5, 0.5).
        depth: `float (N,)`, smaller is nearer.
        triangles: `int (M, 3)`; those that run counter-clockwise as seen by the viewer are drawn, others are culled.
        width, height: size of the picture in pixels.
        sheets: `bool (M,)` triangles that are seen from both sides; None: none.
    """
    kept, corners, area = _facing(xy, triangles, sheets)
    x, y = np.ascontiguousarray(xy.T, np.float64) - 0.5
    x, y = x[corners], y[corners]
    at = np.flatnonzero(_touching(x, y, width, height))
    kept, corners, x, y, area = kept[at], corners[:, at], x[:, at], y[:, at], area[at]
    z = depth.astype(np.float64)[corners]
    near, far = (float(z.min()), float(z.max())) if len(kept) else (0.0, 1.0)
    step = (_DEPTH_STEPS - 1) / max(far - near, 1e-9)
    z = (z - near) * step

    owner, row, first, count = _spans(x, y, width, height)
    # Depth is linear in the picture: one value at the start of each row of a triangle, then a constant slope.
    dz_dx = ((z[1] - z[0]) * (y[2] - y[0]) - (z[2] - z[0]) * (y[1] - y[0])) / area
    dz_dy = ((z[2] - z[0]) * (x[1] - x[0]) - (z[1] - z[0]) * (x[2] - x[0])) / area
    at_zero = z[0] - dz_dx * x[0] - dz_dy * y[0]
    slope = dz_dx[owner]
    start = at_zero[owner] + dz_dy[owner] * row + slope * first

    span, offset = _expand(count)
    key = np.clip(start[span] + slope[span] * offset, 0, _DEPTH_STEPS - 1).astype(np.int64) << 32
    key |= owner[span]
    nothing = np.iinfo(np.int64).max
    buffer = np.full(width * height, nothing)
    np.minimum.at(buffer, (row * width + first)[span] + offset, key)

    pixels = np.flatnonzero(buffer != nothing)
    winner = buffer[pixels] & 0xFFFFFFFF
    return Hits(
        pixels,
        kept[winner],
        np.ascontiguousarray(corners.T)[winner],
        _barycentric(x, y, area, winner=winner, pixels=pixels, width=width),
    )


def _facing(xy: NDArray[np.floating], triangles: Ints, sheets: NDArray[np.bool_] | None) -> tuple[Ints, Ints, Floats64]:
    """Triangles that face the viewer, sheets turned to do so: indices, corners `(3, K)`, twice their area, negative."""
    x, y = np.ascontiguousarray(xy.T, np.float64)
    a, b, c = corners = np.ascontiguousarray(triangles.T)
    area = (x[b] - x[a]) * (y[c] - y[a]) - (x[c] - x[a]) * (y[b] - y[a])
    if sheets is not None:
        away = sheets & (area > 0)
        corners[1:, away] = corners[:0:-1, away]
        area = np.where(away, -area, area)
    kept = np.flatnonzero(area < -1e-9)
    return kept, corners[:, kept], area[kept]


def _touching(x: Floats64, y: Floats64, width: int, height: int) -> NDArray[np.bool_]:
    """Whether triangles reach into the picture and over a row of pixel centres."""
    high, low = _highest(y), _lowest(y)
    touches = (_highest(x) >= 0) & (_lowest(x) <= width - 1) & (high >= 0) & (low <= height - 1)
    return np.asarray(touches & (np.floor(high) >= np.ceil(low)))


def _lowest(corners: Floats64) -> Floats64:
    return np.asarray(np.minimum(np.minimum(corners[0], corners[1]), corners[2]))


def _highest(corners: Floats64) -> Floats64:
    return np.asarray(np.maximum(np.maximum(corners[0], corners[1]), corners[2]))


def _spans(x: Floats64, y: Floats64, width: int, height: int) -> tuple[Ints, Ints, Ints, Ints]:
    """The rows of all triangles: (triangle, row, first column, number of columns), none of them empty."""
    x, y = _from_top(x, y)
    # The longest edge bounds every row from one side; from the other, the upper edge above the middle corner and the
    # lower edge from there on. Edges are followed from their upper end, so that neighbours cut them alike.
    long, upper, lower = _edge(x, y, 0, 2), _edge(x, y, 0, 1), _edge(x, y, 1, 2)
    middle = np.ceil(y[1])
    top = np.concatenate([np.ceil(y[0]), middle])
    bottom = np.concatenate([middle - 1, np.floor(y[2])])
    short = np.concatenate([upper, lower], 1)
    longer = np.concatenate([long, long], 1)
    top = np.maximum(top, 0).astype(np.int64)
    count = np.minimum(bottom, height - 1).astype(np.int64) - top + 1
    half = np.flatnonzero(count > 0)
    owner, offset = _expand(count[half])
    row = top[half][owner] + offset
    one = (longer[0, half] - longer[1, half] * longer[2, half])[owner] + longer[1, half][owner] * row
    other = (short[0, half] - short[1, half] * short[2, half])[owner] + short[1, half][owner] * row
    first = np.ceil(np.minimum(one, other) - 1e-6)
    last = np.floor(np.maximum(one, other) + 1e-6)
    some = np.flatnonzero((last >= first) & (last >= 0) & (first <= width - 1))
    first = np.maximum(first[some], 0).astype(np.int64)
    columns = np.minimum(last[some], width - 1).astype(np.int64) - first + 1
    return half[owner[some]] % x.shape[1], row[some], first, columns


def _from_top(x: Floats64, y: Floats64) -> tuple[Floats64, Floats64]:
    """Corners `(3, K)` in order of y."""
    xs, ys = [*x], [*y]
    for i, j in ((0, 1), (1, 2), (0, 1)):
        swap = ys[j] < ys[i]
        xs[i], xs[j] = np.where(swap, xs[j], xs[i]), np.where(swap, xs[i], xs[j])
        ys[i], ys[j] = np.minimum(ys[i], ys[j]), np.maximum(ys[i], ys[j])
    return np.stack(xs), np.stack(ys)


def _edge(x: Floats64, y: Floats64, start: int, end: int) -> Floats64:
    """Edges `(3, K)`: x at their upper end, change of x from row to row, y of their upper end."""
    rise = y[end] - y[start]
    slant = np.divide(x[end] - x[start], rise, out=np.zeros_like(rise), where=rise > 0)
    return np.stack([x[start], slant, y[start]])


def _barycentric(x: Floats64, y: Floats64, area: Floats64, *, winner: Ints, pixels: Ints, width: int) -> Floats:
    """Weights `float32 (P, 3)` of the corners at the pixels; linear in the picture, so set up once per triangle."""
    weights = np.empty((len(pixels), 3), np.float32)
    column, row = (pixels % width).astype(np.float64), (pixels // width).astype(np.float64)
    for k, (i, j) in enumerate(((1, 2), (2, 0))):
        by_x, by_y = (y[i] - y[j]) / area, (x[j] - x[i]) / area
        constant = (x[i] * y[j] - x[j] * y[i]) / area
        weights[:, k] = np.clip(by_x[winner] * column + by_y[winner] * row + constant[winner], 0, 1)
    weights[:, 2] = np.clip(1 - weights[:, 0] - weights[:, 1], 0, 1)
    return weights
