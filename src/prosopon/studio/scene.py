"""Everything that is put before the camera, as one mesh."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from prosopon.studio.anatomy import anatomy_of, smoother
from prosopon.studio.hair import hair
from prosopon.studio.mesh import SHEETS, Floats, Ints, Material, Mesh, incidence, joined
from prosopon.studio.person import Expression, Identity, Kit
from prosopon.studio.wardrobe import clothes, glasses


@dataclass(frozen=True)
class Topology:
    """What does not depend on the expression.

    Attributes:
        triangles: `(M, 3)`.
        material: `uint8 (M,)`.
        head: `(N, 1)` how far a vertex follows the head's pose.
        plane: `(N, 2)` surface coordinates.
        flow: `(N, 3)` direction of strands in head coordinates.
        incidence: `(N, M)` sums triangles' normals at the vertices.
        sheets: `bool (M,)` triangles that are seen from both sides.
        casters: `bool (M,)` triangles that cast shadows.
        smoother: averages the skin's vertices over their neighbourhoods.
    """

    triangles: Ints
    material: NDArray[np.uint8]
    head: Floats
    plane: Floats
    flow: Floats
    incidence: csr_matrix
    sheets: NDArray[np.bool_]
    casters: NDArray[np.bool_]
    smoother: csr_matrix


@dataclass(frozen=True)
class Scene:
    """One state of somebody, before the head is turned.

    Attributes:
        points: `(N, 3)` cm.
        normals: `(N, 3)` unit.
        light: `(N,)` share of the light from all around.
        topology: the rest.
        skin: `(S, 3)` the skin alone, which are the first points.
    """

    points: Floats
    normals: Floats
    light: Floats
    topology: Topology
    skin: Floats


@lru_cache(maxsize=16)
def _fixed(identity: Identity) -> tuple[Mesh, ...]:
    """What does not change with the expression."""
    anatomy = anatomy_of(identity)
    head = anatomy.head(identity)
    meshes = [clothes(identity), *anatomy.ears(identity), *hair(identity, *anatomy.scalp(identity))]
    frame = glasses(identity, head)
    return tuple(meshes if frame is None else [*meshes, frame])


def _meshes(identity: Identity, expression: Expression, skin: Floats) -> list[Mesh]:
    """All surfaces; the skin comes first, so its vertices keep their indices."""
    return [*anatomy_of(identity).meshes(identity, expression, skin), *_fixed(identity)]


@lru_cache(maxsize=16)
def _topology(identity: Identity) -> Topology:
    anatomy = anatomy_of(identity)
    meshes = _meshes(identity, Expression(), anatomy.skin(identity, Expression()))
    points, triangles, material = joined(meshes)
    return Topology(
        triangles,
        material,
        np.concatenate([m.head for m in meshes])[:, None],
        np.concatenate([m.plane for m in meshes]),
        np.concatenate([m.flow for m in meshes]),
        incidence(triangles, len(points)),
        np.isin(material, SHEETS),
        np.isin(material, (Material.SKIN, Material.HAIR, Material.CLOTHES, Material.FRAME)),
        _smoother_of(None if identity.kit is None else identity.kit.sha256),
    )


@lru_cache(maxsize=4)
def _smoother_of(kit: str | None) -> csr_matrix:
    """Averages every vertex of a head's skin over its neighbourhood of about 1 cm."""
    anatomy = anatomy_of(Identity(kit=None if kit is None else Kit(kit)))
    return smoother(anatomy.triangles, len(anatomy.plane))


def build(identity: Identity, expression: Expression) -> Scene:
    """Everything in its place for one expression."""
    anatomy = anatomy_of(identity)
    skin = anatomy.skin(identity, expression)
    meshes, topology = _meshes(identity, expression, skin), _topology(identity)
    points = np.concatenate([m.points for m in meshes])
    light = np.concatenate([m.light for m in meshes])
    a, b, c = (points[topology.triangles[:, k]] for k in range(3))
    u, v = (b - a).T, (c - a).T
    faces = np.stack([u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]], 1)
    normals = topology.incidence @ faces
    normals /= np.maximum(np.sqrt((normals**2) @ np.ones((3, 1))), 1e-12)
    light[: len(skin)] = _occlusion(topology.smoother, skin, normals[: len(skin)])
    return Scene(points, normals, light, topology, skin)


def _occlusion(smooth: csr_matrix, points: Floats, normals: Floats) -> Floats:
    """Light from around that reaches the skin: less in hollows, where it lies below its smoothed self."""
    depth = ((smooth @ points - points) * normals) @ np.ones(3)
    return np.asarray(np.clip(1 - 2.1 * np.clip(depth, -0.12, 0.35), 0.3, 1.12))
