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


def rasterise(xy: NDArray[np.floating], depth: NDArray[np.floating], triangles: Ints, width: int, height: int) -> Hits:
    """Find the nearest triangle at every pixel centre.

    Args:
        xy: `float (N, 2)` vertex positions in pixels, x right and y down, the centre of the first pixel at (0.5, 0.5).
        depth: `float (N,)`, smaller is nearer.
        triangles: `int (M, 3)`; those that run counter-clockwise as seen by the viewer are drawn, others are culled.
        width, height: size of the picture in pixels.
    """
    x, y = xy[:, 0].astype(np.float64) - 0.5, xy[:, 1].astype(np.float64) - 0.5
    corner_x, corner_y = x[triangles], y[triangles]
    area = (corner_x[:, 1] - corner_x[:, 0]) * (corner_y[:, 2] - corner_y[:, 0]) - (corner_x[:, 2] - corner_x[:, 0]) * (
        corner_y[:, 1] - corner_y[:, 0]
    )
    top = np.maximum(np.ceil(corner_y.min(1)), 0).astype(np.int64)
    bottom = np.minimum(np.floor(corner_y.max(1)), height - 1).astype(np.int64)
    reaches = (corner_x.max(1) >= 0) & (corner_x.min(1) <= width - 1) & (bottom >= top) & (area < -1e-9)
    kept = np.flatnonzero(reaches)
    corner_x, corner_y, area, top, bottom = (
        corner_x[kept],
        corner_y[kept],
        area[kept],
        top[kept],
        bottom[kept],
    )

    row_owner, row_offset = _expand(bottom - top + 1)
    row_y = top[row_owner] + row_offset
    left = np.full(len(row_y), -1e9)
    right = np.full(len(row_y), 1e9)
    for k in range(3):
        # Inside is where slope_x * px + slope_y * py + constant >= 0 for all three edges.
        other = (k + 1) % 3
        slope_x = corner_y[:, other] - corner_y[:, k]
        slope_y = corner_x[:, k] - corner_x[:, other]
        constant = -(slope_x * corner_x[:, k] + slope_y * corner_y[:, k])
        edge_x, edge_y, edge_c = slope_x[row_owner], slope_y[row_owner], constant[row_owner]
        with np.errstate(divide="ignore", invalid="ignore"):
            bound = -(edge_y * row_y + edge_c) / edge_x
        np.copyto(left, np.maximum(left, bound), where=edge_x > 0)
        np.copyto(right, np.minimum(right, bound), where=edge_x < 0)
    first = np.maximum(np.ceil(left - 1e-6), 0).astype(np.int64)
    last = np.minimum(np.floor(right + 1e-6), width - 1).astype(np.int64)

    pixel_owner, pixel_offset = _expand(np.maximum(last - first + 1, 0))
    pixel_x = first[pixel_owner] + pixel_offset
    triangle = row_owner[pixel_owner]
    flat = row_y[pixel_owner] * width + pixel_x

    corner_z = depth[triangles[kept]].astype(np.float64)
    dz_dx = (
        (corner_z[:, 1] - corner_z[:, 0]) * (corner_y[:, 2] - corner_y[:, 0])
        - (corner_z[:, 2] - corner_z[:, 0]) * (corner_y[:, 1] - corner_y[:, 0])
    ) / area
    dz_dy = (
        (corner_z[:, 2] - corner_z[:, 0]) * (corner_x[:, 1] - corner_x[:, 0])
        - (corner_z[:, 1] - corner_z[:, 0]) * (corner_x[:, 2] - corner_x[:, 0])
    ) / area
    nearest_z, farthest_z = float(depth.min()), float(depth.max())
    row_z = corner_z[row_owner, 0] + dz_dy[row_owner] * (row_y - corner_y[row_owner, 0])
    row_z -= dz_dx[row_owner] * corner_x[row_owner, 0]
    z = row_z[pixel_owner] + dz_dx[triangle] * pixel_x
    step = (_DEPTH_STEPS - 1) / max(farthest_z - nearest_z, 1e-9)
    key = (np.clip((z - nearest_z) * step, 0, _DEPTH_STEPS - 1)).astype(np.int64) << 32
    key |= triangle
    buffer = np.full(width * height, np.iinfo(np.int64).max)
    np.minimum.at(buffer, flat, key)

    pixels = np.flatnonzero(buffer != np.iinfo(np.int64).max)
    winner = buffer[pixels] & 0xFFFFFFFF
    at_x, at_y = pixels % width, pixels // width
    weights = np.empty((len(pixels), 3), np.float32)
    for k, (i, j) in enumerate(((1, 2), (2, 0))):
        weights[:, k] = (
            (corner_x[winner, i] - at_x) * (corner_y[winner, j] - at_y)
            - (corner_x[winner, j] - at_x) * (corner_y[winner, i] - at_y)
        ) / area[winner]
    np.clip(weights[:, :2], 0, 1, out=weights[:, :2])
    weights[:, 2] = np.clip(1 - weights[:, 0] - weights[:, 1], 0, 1)
    index = kept[winner]
    return Hits(pixels, index, triangles[index], weights)
