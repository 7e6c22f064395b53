"""`Anatomy`: what a head must offer to be dressed, lit and filmed; the built-in head, and which head somebody has.

A head is a skin over the unrolled plane of `template`, so that paint, hair and landmarks find their places on any of
them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

import numpy as np
from scipy.sparse import csr_matrix, diags

from prosopon.studio.facekit import kit_of
from prosopon.studio.landmarks import landmark_vertices
from prosopon.studio.mesh import Floats, Ints, Material, Mesh
from prosopon.studio.organs import ear, eyeball, lashes, lid_rims, lids_of, mouth_lining, teeth, tongue
from prosopon.studio.person import Expression, Identity
from prosopon.studio.rig import pose_skin, rig
from prosopon.studio.sculpt import Head, sculpt
from prosopon.studio.template import template


class Anatomy(Protocol):
    """One kind of head; N vertices of skin, the same ones for everybody who has it."""

    @property
    def plane(self) -> Floats:
        """`(N, 2)` place of every vertex on the unrolled plane."""
        ...

    @property
    def triangles(self) -> Ints:
        """`(M, 3)`, counter-clockwise from outside."""
        ...

    def head(self, identity: Identity) -> Head:
        """Somebody's head at rest."""
        ...

    def skin(self, identity: Identity, expression: Expression) -> Floats:
        """Vertices `(N, 3)` of somebody's skin in one expression, head coordinates, cm."""
        ...

    def meshes(self, identity: Identity, expression: Expression, skin: Floats) -> list[Mesh]:
        """The skin, first, and what is set into it and moves with the expression."""
        ...

    def ears(self, identity: Identity) -> list[Mesh]:
        """What belongs to the head and never changes; empty where the skin has it."""
        ...

    def scalp(self, identity: Identity) -> tuple[Floats, Floats, Floats]:
        """What hair grows on: places on the plane `(G, 2)`, points `(G, 3)` and normals `(G, 3)`, without ears."""
        ...

    def landmarks(self, identity: Identity) -> Ints:
        """The vertices of the 68 points, `(68,)`."""
        ...

    def lid_gap(self, skin: Floats) -> Floats:
        """Height of the openings between the lids `(2,)` in cm, the picture's left first."""
        ...


class BuiltIn:
    """The head that is made by code alone."""

    @property
    def plane(self) -> Floats:
        """See `Anatomy`."""
        return template().plane

    @property
    def triangles(self) -> Ints:
        """See `Anatomy`."""
        return template().triangles

    def head(self, identity: Identity) -> Head:
        """See `Anatomy`."""
        return sculpt(identity)

    def skin(self, identity: Identity, expression: Expression) -> Floats:
        """See `Anatomy`."""
        return pose_skin(identity, expression)

    def meshes(self, identity: Identity, expression: Expression, skin: Floats) -> list[Mesh]:
        """See `Anatomy`."""
        head = sculpt(identity)
        meshes = [
            Mesh.of(skin, self.triangles, self.plane, Material.SKIN, head=rig().head),
            mouth_lining(skin),
            *teeth(identity, head, expression),
            tongue(head, expression),
        ]
        for eye in (0, 1):
            lids = lids_of(skin, eye)
            meshes += [eyeball(head, eye, lids, expression), lid_rims(head, eye, lids), lashes(head, eye, lids)]
        return meshes

    def ears(self, identity: Identity) -> list[Mesh]:
        """See `Anatomy`."""
        return [ear(identity, sculpt(identity), side) for side in (-1, 1)]

    def scalp(self, identity: Identity) -> tuple[Floats, Floats, Floats]:
        """See `Anatomy`."""
        head = sculpt(identity)
        return template().plane, head.points, head.normals

    def landmarks(self, identity: Identity) -> Ints:
        """See `Anatomy`."""
        return landmark_vertices(identity)

    def lid_gap(self, skin: Floats) -> Floats:
        """See `Anatomy`."""
        base = template()
        gaps = [
            np.linalg.norm(skin[base.lid_upper[eye]] - skin[base.lid_lower[eye]], axis=1)[_MIDDLE].mean()
            for eye in (0, 1)
        ]
        return np.array(gaps)


_MIDDLE = slice(8, 17)
"""The middle third of the points along a lid."""
_BUILT_IN = BuiltIn()


def anatomy_of(identity: Identity) -> Anatomy:
    """The head that somebody has.

    Raises:
        MissingError: it belongs to a face kit that is not loaded.
    """
    return _BUILT_IN if identity.kit is None else kit_of(identity.kit)


@lru_cache(maxsize=64)
def lid_gap_at_rest(identity: Identity) -> tuple[float, float]:
    """`Anatomy.lid_gap` of somebody's face at rest."""
    anatomy = anatomy_of(identity)
    left, right = anatomy.lid_gap(anatomy.skin(identity, Expression()))
    return float(left), float(right)


def smoother(triangles: Ints, count: int) -> csr_matrix:
    """Matrix `(count, count)` that averages every vertex over its neighbourhood of four edges."""
    t = triangles
    rows = np.concatenate([t[:, 0], t[:, 1], t[:, 2], t[:, 1], t[:, 2], t[:, 0]])
    columns = np.concatenate([t[:, 1], t[:, 2], t[:, 0], t[:, 0], t[:, 1], t[:, 2]])
    matrix = csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(count, count))
    matrix.data[:] = 1
    mean = diags(1 / np.maximum(np.asarray(matrix.sum(1)).ravel(), 1)) @ matrix
    twice = mean @ mean
    return csr_matrix(twice @ twice)
