"""`Mesh`: vertices, triangles, and what they are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Material(IntEnum):
    """How a surface takes its colour and light."""

    SKIN = 0
    EYE = 1
    MOUTH = 2
    TEETH = 3
    TONGUE = 4
    HAIR = 5
    CLOTHES = 6
    FRAME = 7
    EAR = 8
    LASH = 9
    LOCK = 10
    LID_RIM = 11


SHEETS = (Material.EAR, Material.HAIR, Material.LASH, Material.LOCK)
"""Thin surfaces that are seen from both sides."""


@dataclass(frozen=True)
class Mesh:
    """A surface.

    Attributes:
        points: `(N, 3)` cm.
        triangles: `int64 (M, 3)`, counter-clockwise from outside.
        plane: `(N, 2)` surface coordinates; their meaning depends on the material.
        material: of all triangles.
        head: `(N,)` how far the surface follows the head's pose, 0 to 1.
        light: `(N,)` share of the light from all around that reaches the surface, 0 to 1.
        flow: `(N, 3)` direction of the strands for hair, zero elsewhere.
    """

    points: Floats
    triangles: Ints
    plane: Floats
    material: Material
    head: Floats
    light: Floats
    flow: Floats

    @classmethod
    def of(
        cls,
        points: Floats,
        triangles: Ints,
        plane: Floats,
        material: Material,
        *,
        head: Floats | float = 1.0,
        light: Floats | float = 1.0,
        flow: Floats | None = None,
    ) -> Mesh:
        """A mesh with single numbers spread over all vertices."""
        count = len(points)
        return cls(
            points,
            triangles,
            plane,
            material,
            np.broadcast_to(np.asarray(head, float), (count,)),
            np.broadcast_to(np.asarray(light, float), (count,)),
            np.zeros((count, 3)) if flow is None else flow,
        )


def compact(mesh: Mesh) -> Mesh:
    """The same surface without unused vertices."""
    used, index = np.unique(mesh.triangles, return_inverse=True)
    return Mesh(
        mesh.points[used],
        index.reshape(mesh.triangles.shape),
        mesh.plane[used],
        mesh.material,
        mesh.head[used],
        mesh.light[used],
        mesh.flow[used],
    )


def grid_triangles(rows: int, columns: int, *, closed: bool = False, flip: bool = False) -> Ints:
    """Triangles of a `rows` x `columns` grid, row-major; `closed` joins the last column to the first."""
    count = columns if closed else columns - 1
    row, column = (a.ravel() for a in np.meshgrid(np.arange(rows - 1), np.arange(count), indexing="ij"))
    after = (column + 1) % columns
    a, b = row * columns + column, row * columns + after
    c, d = a + columns, b + columns
    triangles = np.concatenate([np.stack([a, b, c], 1), np.stack([b, d, c], 1)])
    return triangles[:, ::-1].copy() if flip else triangles


def normals(points: Floats, triangles: Ints) -> Floats:
    """Unit vertex normals `(N, 3)`, weighted by area."""
    corners = points[triangles]
    faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    total = incidence(triangles, len(points)) @ faces
    return np.asarray(total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12))


def incidence(triangles: Ints, count: int) -> csr_matrix:
    """Sparse `(count, M)`: 1 where a vertex is a corner of a triangle."""
    rows = triangles.ravel()
    columns = np.repeat(np.arange(len(triangles)), 3)
    return csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(count, len(triangles)))


def joined(meshes: Sequence[Mesh]) -> tuple[Floats, Ints, NDArray[np.uint8]]:
    """All points, all triangles, and the material of every triangle."""
    offset = np.cumsum([0] + [len(m.points) for m in meshes])
    triangles = np.concatenate([m.triangles + o for m, o in zip(meshes, offset, strict=False)])
    material = np.concatenate([np.full(len(m.triangles), int(m.material), np.uint8) for m in meshes])
    return np.concatenate([m.points for m in meshes]), triangles, material
