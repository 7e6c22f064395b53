"""Everything that is put before the camera, as one mesh."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags

from prosopon.studio.hair import hair
from prosopon.studio.mesh import SHEETS, Floats, Ints, Material, Mesh, incidence, joined
from prosopon.studio.organs import ear, eyeball, lashes, lid_rims, mouth_lining, teeth, tongue
from prosopon.studio.person import Expression, Identity
from prosopon.studio.rig import pose_skin, rig
from prosopon.studio.sculpt import sculpt
from prosopon.studio.template import template
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
    """

    triangles: Ints
    material: NDArray[np.uint8]
    head: Floats
    plane: Floats
    flow: Floats
    incidence: csr_matrix
    sheets: NDArray[np.bool_]
    casters: NDArray[np.bool_]


@dataclass(frozen=True)
class Scene:
    """One state of somebody, before the head is turned.

    Attributes:
        points: `(N, 3)` cm.
        normals: `(N, 3)` unit.
        light: `(N,)` share of the light from all around.
        topology: the rest.
    """

    points: Floats
    normals: Floats
    light: Floats
    topology: Topology


@lru_cache(maxsize=16)
def _fixed(identity: Identity) -> tuple[Mesh, ...]:
    """What does not change with the expression."""
    head = sculpt(identity)
    meshes = [clothes(identity), ear(identity, head, -1), ear(identity, head, 1), *hair(identity)]
    frame = glasses(identity, head)
    return tuple(meshes if frame is None else [*meshes, frame])


def _meshes(identity: Identity, expression: Expression) -> list[Mesh]:
    """All surfaces; the skin comes first, so its vertices keep their indices."""
    head = sculpt(identity)
    base = template()
    skin = pose_skin(identity, expression)
    meshes = [
        Mesh.of(skin, base.triangles, base.plane, Material.SKIN, head=rig().head),
        mouth_lining(skin),
        *teeth(identity, head, expression),
        tongue(head, expression),
        *_fixed(identity),
    ]
    for eye in (0, 1):
        meshes += [eyeball(head, eye, skin, expression), lid_rims(head, eye, skin), lashes(identity, head, eye, skin)]
    return meshes


@lru_cache(maxsize=16)
def _topology(identity: Identity) -> Topology:
    meshes = _meshes(identity, Expression())
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
    )


def build(identity: Identity, expression: Expression) -> Scene:
    """Everything in its place for one expression."""
    meshes, topology = _meshes(identity, expression), _topology(identity)
    points = np.concatenate([m.points for m in meshes])
    light = np.concatenate([m.light for m in meshes])
    a, b, c = (points[topology.triangles[:, k]] for k in range(3))
    u, v = (b - a).T, (c - a).T
    faces = np.stack([u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]], 1)
    normals = topology.incidence @ faces
    normals /= np.maximum(np.sqrt((normals**2) @ np.ones((3, 1))), 1e-12)
    skin = slice(0, len(template().points))
    light[skin] = _occlusion(points[skin], normals[skin])
    return Scene(points, normals, light, topology)


def _occlusion(points: Floats, normals: Floats) -> Floats:
    """Light from around that reaches the skin: less in hollows, where it lies below its smoothed self."""
    depth = ((_smoother() @ points - points) * normals) @ np.ones(3)
    return np.asarray(np.clip(1 - 2.1 * np.clip(depth, -0.12, 0.35), 0.3, 1.12))


@lru_cache(maxsize=1)
def _smoother() -> csr_matrix:
    """Matrix that averages every skin vertex over its neighbourhood of about 1 cm."""
    base = template()
    t = base.triangles
    rows = np.concatenate([t[:, 0], t[:, 1], t[:, 2], t[:, 1], t[:, 2], t[:, 0]])
    columns = np.concatenate([t[:, 1], t[:, 2], t[:, 0], t[:, 0], t[:, 1], t[:, 2]])
    matrix = csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(base.points),) * 2)
    matrix.data[:] = 1
    mean = diags(1 / np.maximum(np.asarray(matrix.sum(1)).ravel(), 1)) @ matrix
    twice = mean @ mean
    return csr_matrix(twice @ twice)
