"""Heads of a face kit: the ICT Face Model Light (Li et al. 2020, MIT licence), which users get from its own project.

The kit brings the shapes of 100 directions of identity and 57 expressions. What it does not bring (colours, hair,
clothes) is ours: its skin is laid onto the unrolled plane of `template`, features onto features, so that paint, brows,
beard and hair find their places.

The file is one npz: `neutral` (26719, 3); `quads` (Q, 4); `identity_q` int16 (100, 26719, 3) with `identity_scale`
(100,); `expression_q` int16 (57, 26719, 3) with `expression_scale` (57,) and `expression_names` (57,). A shape is its
`_q` times its scale. Units are about a centimetre.
"""

from __future__ import annotations

import zipfile
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RBFInterpolator

from prosopon.core.content_id import sha256_of
from prosopon.core.errors import MediaError, MissingError
from prosopon.studio.falloff import ramp
from prosopon.studio.kit_expressions import kit_weights
from prosopon.studio.kit_eyes import find_eyes
from prosopon.studio.landmarks import landmark_vertices
from prosopon.studio.mesh import Floats, Ints, Material, Mesh, normals
from prosopon.studio.organs import Lids, eyeball, lashes, lid_rims
from prosopon.studio.person import Expression, Identity, Kit
from prosopon.studio.sculpt import Head
from prosopon.studio.skin_masks import brow_curve
from prosopon.studio.template import S_BACK, T_BOTTOM, T_TOP, place, template

VERTICES, MODES = 26719, 100
_SKIN = 11248
"""Face, head and neck come first."""
_SOCKET, _GUMS = slice(11248, 13294), slice(14062, 17039)
_TEETH = (slice(17607, 18679), slice(19827, 20884))
"""From the second bicuspid on one side to that on the other; molars are never seen."""
_EYEBALLS = (slice(23021, 23791), slice(21451, 22221))
"""White of the eye on the picture's left and right."""
_LIP_DROP_CM = 2.4
"""How far our own lower lip comes down when the jaw is open as wide as it goes."""
_SHIFT = (0.0, -0.85, -5.5)
"""From the kit's coordinates to ours, cm."""
# The kit's own 68 points (its README), which are in iBUG order.
_LANDMARKS = np.array((
    1225, 1888, 1052, 367, 1719, 1722, 2199, 1447, 966, 3661, 4390, 3927, 3924, 2608, 3272, 4088, 3443, 268, 493, 1914,
    2044, 1401, 3615, 4240, 4114, 2734, 2509, 978, 4527, 4942, 4857, 1140, 2075, 1147, 4269, 3360, 1507, 1542, 1537,
    1528, 1518, 1511, 3742, 3751, 3756, 3721, 3725, 3732, 5708, 5695, 2081, 0, 4275, 6200, 6213, 6346, 6461, 5518, 5957,
    5841, 5702, 5711, 5533, 6216, 6207, 6470, 5517, 5966,
))  # fmt: skip
_BROWS = slice(17, 27)
_MIRRORED = np.array((
    *range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, *range(35, 30, -1), 45, 44, 43, 42, 47, 46, 39, 38, 37, 36,
    41, 40, *range(54, 47, -1), *range(59, 54, -1), *range(64, 59, -1), 67, 66, 65,
))  # fmt: skip
"""The landmark on the other side of the face."""
_FIELDS = ("neutral", "quads", "identity_q", "identity_scale", "expression_q", "expression_scale", "expression_names")


class FaceKit:
    """The heads of one kit; has the form of `anatomy.Anatomy`.

    Args:
        sha256: content id of its file.
        arrays: what the file holds.
    """

    def __init__(self, sha256: str, arrays: dict[str, NDArray[np.generic]]) -> None:
        self.sha256 = sha256
        names = [str(name) for name in arrays["expression_names"]]
        self._average = np.asarray(arrays["neutral"], np.float64) + _SHIFT
        self._modes = arrays["identity_q"], np.asarray(arrays["identity_scale"], np.float64)
        shapes = np.asarray(arrays["expression_q"], np.float32)
        shapes *= np.asarray(arrays["expression_scale"], np.float32)[:, None, None]
        quads = np.asarray(arrays["quads"], np.int64)
        skin_quads = quads[(quads < _SKIN).all(1)]
        triangles = np.concatenate([skin_quads[:, [0, 1, 2]], skin_quads[:, [0, 2, 3]]])
        at_rest = self._average[:_SKIN]
        outward = (normals(at_rest, triangles) * (at_rest - at_rest.mean(0))).sum()
        self._flip = bool(outward < 0)
        self.triangles: Ints = triangles[:, ::-1].copy() if self._flip else triangles
        self._eyes = find_eyes(at_rest, skin_quads)
        self.plane: Floats = self._unrolled()
        self._ears = _ear_vertices(at_rest)
        # Shoulders stay shoulders wherever an identity has them.
        self.shoulders: Floats = ramp(-at_rest[:, 1], 10.0, 12.5)
        self._follows = ramp(self.plane[:, 1], T_BOTTOM + 1.5, -11.0)
        self._inside = [
            _Inside(Material.MOUTH, _SOCKET, quads, self._flip), _Inside(Material.TONGUE, _GUMS, quads, self._flip),
            *(_Inside(Material.TEETH, part, quads, self._flip) for part in _TEETH),
        ]  # fmt: skip
        # One row for each shape, only of vertices that are shown.
        self._shown = np.concatenate([np.arange(_SKIN), *(np.arange(i.part.start, i.part.stop) for i in self._inside)])
        self._shapes = {name: shapes[k][self._shown] for k, name in enumerate(names)}
        self._on_skin = np.isin(self.triangles, self._ears).all(1)
        self._ear_triangles = self.triangles[self._on_skin]
        self._skin_triangles = self.triangles[~self._on_skin]
        self._calibrate()

    # ---- building -----------------------------------------------------------------------------------------------

    def _unrolled(self) -> Floats:
        """Place of every skin vertex on the plane, features on features: a smooth warp of its cylinder coordinates."""
        base, average = template(), Identity()
        points = self._average[:_SKIN]
        plane = place(*points.T)
        theirs = base.plane[landmark_vertices(average)]
        # Landmarks are the vertices nearest to where they should be, so left and right differ a little: their mean.
        source, target = [plane[_LANDMARKS]], [(theirs + theirs[_MIRRORED] * (-1, 1)) / 2]
        for eye, found in enumerate(self._eyes):
            for mine, other in ((found.upper, base.lid_upper[eye]), (found.lower, base.lid_lower[eye])):
                source.append(plane[mine[1:-1]])
                target.append(_along(points[mine], base.points[other], base.plane[other])[1:-1])
        # Far from the face nothing is moved.
        far = np.flatnonzero((np.abs(plane[:, 0]) > 14) | (plane[:, 1] > 9.5) | (plane[:, 1] < -13))[::40]
        source.append(plane[far])
        target.append(plane[far])
        nodes = np.concatenate(source)
        nodes, kept = np.unique(np.round(nodes, 4), axis=0, return_index=True)
        shift = np.concatenate(target)[kept] - nodes
        warp = RBFInterpolator(nodes, shift, kernel="thin_plate_spline", smoothing=0.02, neighbors=80)
        return np.asarray(plane + warp(plane))

    def _calibrate(self) -> None:
        """How much of the kit's `jawOpen` opens the mouth as far as ours at the same coefficient."""
        lip = int(_LANDMARKS[66])
        self._jaw = _LIP_DROP_CM / max(1e-6, -float(self._shapes["jawOpen"][lip, 1]))
        # The kit's lips are a little apart at rest.
        over = int(_LANDMARKS[62])
        gap = float(self._average[over, 1] - self._average[lip, 1]) + 0.03
        meet = float(self._shapes["mouthClose"][lip, 1] - self._shapes["mouthClose"][over, 1])
        self._meet = float(np.clip(gap / max(meet, 1e-6), 0, 0.3))

    # ---- the form of an anatomy ---------------------------------------------------------------------------------

    def head(self, identity: Identity) -> Head:
        """See `Anatomy`."""
        return _rest(self, identity)[1]

    def skin(self, identity: Identity, expression: Expression) -> Floats:
        """See `Anatomy`."""
        return self._moved(identity, expression)[:_SKIN]

    def meshes(self, identity: Identity, expression: Expression, skin: Floats) -> list[Mesh]:
        """See `Anatomy`."""
        everything = self._moved(identity, expression)
        head = self.head(identity)
        made = [
            Mesh.of(skin, self._skin_triangles, self.plane, Material.SKIN, head=self._follows),
            Mesh.of(skin, self._ear_triangles, self.plane, Material.EAR),
        ]
        start = _SKIN
        for inside in self._inside:
            stop = start + inside.part.stop - inside.part.start
            made.append(inside.mesh(everything[start:stop], lips_z=float(skin[_LANDMARKS[62], 2])))
            start = stop
        for eye, found in enumerate(self._eyes):
            lids = Lids(skin[found.upper], skin[found.lower])
            made += [eyeball(head, eye, lids, expression), lid_rims(head, eye, lids), lashes(head, eye, lids)]
        return made

    def ears(self, identity: Identity) -> list[Mesh]:
        """None: the skin has them."""
        return []

    def scalp(self, identity: Identity) -> tuple[Floats, Floats, Floats]:
        """See `Anatomy`."""
        head = self.head(identity)
        bare = np.setdiff1d(np.arange(_SKIN), self._ears)
        plane, points, out = self.plane[bare], head.points[bare], head.normals[bare]
        behind = np.abs(plane[:, 0]) > S_BACK - 6
        around = plane[behind] - np.sign(plane[behind, :1]) * (2 * S_BACK, 0)
        crown = int(points[:, 1].argmax())
        s = np.linspace(-S_BACK - 3, S_BACK + 3, 41)
        top = np.stack([s, np.full(len(s), T_TOP + 0.3)], 1)
        return (
            np.concatenate([plane, around, top]),
            np.concatenate([points, points[behind], np.repeat(points[crown : crown + 1], len(s), 0)]),
            np.concatenate([out, out[behind], np.repeat(out[crown : crown + 1], len(s), 0)]),
        )

    def landmarks(self, identity: Identity) -> Ints:
        """See `Anatomy`; brows are painted, so their points follow the paint."""
        line, thick = brow_curve(identity, np.array((0.05, 0.34, 0.62, 0.85, 1.0)))
        line = line + np.stack([0 * thick, 0.7 * thick], 1)
        both = np.concatenate([line[::-1] * (-1, 1), line])
        out = _LANDMARKS.copy()
        front = np.flatnonzero(self._average[:_SKIN, 2] > 0)
        apart = ((self.plane[front][None] - both[:, None]) ** 2).sum(-1)
        out[_BROWS] = front[apart.argmin(1)]
        return out

    def lid_gap(self, skin: Floats) -> Floats:
        """See `Anatomy`."""
        return np.array([eye.gap(skin) for eye in self._eyes])

    # ---- movement -----------------------------------------------------------------------------------------------

    def at_rest(self, coefficients: tuple[float, ...]) -> Floats:
        """All vertices `(V, 3)` of an identity at rest, in our coordinates."""
        quantised, scale = self._modes
        out = self._average.copy()
        for k, coefficient in enumerate(coefficients):
            if coefficient:
                out += (coefficient * scale[k]) * quantised[k]
        return out

    def _moved(self, identity: Identity, e: Expression) -> Floats:
        points, head = _rest(self, identity)
        out = points[self._shown]
        for name, amount in kit_weights(e, self._jaw, self._meet).items():
            if amount:
                out = out + np.float32(amount) * self._shapes[name]
        out = np.asarray(out, np.float64)
        for eye, found in enumerate(self._eyes):
            found.keep_outside(out, head.eyes[eye], head.eye_radius, closed=(e.blink_left, e.blink_right)[eye])
        _slim_neck(out[:_SKIN], self.shoulders)
        return out


class _Inside:
    """A part of the mouth."""

    def __init__(self, material: Material, part: slice, quads: Ints, flip: bool) -> None:
        self.material, self.part = material, part
        mine = quads[((quads >= part.start) & (quads < part.stop)).all(1)] - part.start
        triangles = np.concatenate([mine[:, [0, 1, 2]], mine[:, [0, 2, 3]]])
        self.triangles = triangles[:, ::-1].copy() if flip else triangles

    def mesh(self, points: Floats, lips_z: float) -> Mesh:
        """The surface; the farther behind the lips, the darker."""
        deep = np.clip((lips_z - points[:, 2]) / 5.0, 0, 1)
        light = {Material.MOUTH: 0.75, Material.TONGUE: 0.6, Material.TEETH: 0.9}[self.material] * (1 - 0.9 * deep)
        if self.material is Material.MOUTH:
            plane = np.stack([0.15 + 0.85 * deep, 0 * deep], 1)
        else:
            plane = np.stack([np.full(len(deep), 0.5), np.ones(len(deep))], 1)
        return Mesh.of(points, self.triangles, plane, self.material, light=light)


@lru_cache(maxsize=64)
def _rest(kit: FaceKit, identity: Identity) -> tuple[Floats, Head]:
    """All vertices of somebody at rest, and the head as others want it."""
    points = kit.at_rest(() if identity.kit is None else identity.kit.coefficients)
    skin = points[:_SKIN].copy()
    _slim_neck(skin, kit.shoulders)
    eyes, radii = [], []
    for part in _EYEBALLS:
        ball = points[part]
        low, high = ball.min(0), ball.max(0)
        radius = float((high[0] - low[0] + high[1] - low[1]) / 4)
        eyes.append(((low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2] + radius))
        radii.append(radius)
    return points, Head(skin, normals(skin, kit.triangles), np.array(eyes), float(np.mean(radii)) * 0.985)


def _along(mine: Floats, theirs: Floats, plane: Floats) -> Floats:
    """Places on the plane for the points `mine` of a lid, by their share of the way along it."""
    share = np.abs(mine[:, 0] - mine[0, 0]) / abs(mine[-1, 0] - mine[0, 0])
    grid = np.abs(theirs[:, 0] - theirs[0, 0]) / abs(theirs[-1, 0] - theirs[0, 0])
    return np.stack([np.interp(share, grid, plane[:, k]) for k in range(2)], 1)


def _ear_vertices(points: Floats) -> Ints:
    """Vertices of the ears: what stands out at the sides."""
    x, y, z = np.abs(points[:, 0]), points[:, 1], points[:, 2]
    return np.flatnonzero((x > 7.35) & (y > -4.5) & (y < 4.6) & (z > -7.0) & (z < -1.6))


def _slim_neck(skin: Floats, below: Floats) -> None:
    """Draw the kit's shoulders in, so that they are inside the collar; `below` (N,) says how much each needs it."""
    centre = -5.3
    offset = skin[:, [0, 2]] - (0.0, centre)
    radius = np.maximum(np.hypot(offset[:, 0], offset[:, 1]), 1e-6)
    limit = np.minimum(radius, 4.7 + 0.4 * np.tanh((radius - 4.7) / 4))
    share = 1 + below * (limit / radius - 1)
    skin[:, 0] = offset[:, 0] * share
    skin[:, 2] = centre + offset[:, 1] * share


_OPEN: dict[str, FaceKit] = {}


def open_kit(path: Path) -> FaceKit:
    """Read a face kit and make it known, so that people with its faces can be rendered.

    Raises:
        MissingError: there is no such file.
        MediaError: it is no face kit of this form.
    """
    try:
        sha256 = sha256_of(path)
        if sha256 in _OPEN:
            return _OPEN[sha256]
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in _FIELDS}
    except FileNotFoundError:
        raise MissingError(f"the face kit {path} is not there", "see docs/studio.md for where it comes from") from None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise MediaError(f"{path} is no face kit: {error}", "see docs/studio.md for its form") from error
    shapes = {name: arrays[name].shape for name in ("neutral", "identity_q", "expression_q")}
    expected = {"neutral": (VERTICES, 3), "identity_q": (MODES, VERTICES, 3), "expression_q": (57, VERTICES, 3)}
    if shapes != expected or arrays["quads"].ndim != 2 or arrays["quads"].shape[1:] != (4,):
        raise MediaError(f"{path} is no face kit: its arrays have other shapes", "see docs/studio.md for its form")
    kit = FaceKit(sha256, arrays)
    _OPEN[sha256] = kit
    return kit


def kit_of(kit: Kit) -> FaceKit:
    """The open kit that a face belongs to.

    Raises:
        MissingError: it is not open.
    """
    if kit.sha256 not in _OPEN:
        raise MissingError(f"the face kit {kit.sha256[:12]} is not loaded", "give its file with --facekit")
    return _OPEN[kit.sha256]


def random_face(rng: np.random.Generator, sha256: str) -> Kit:
    """A face of the kit with this content id: normal coefficients without the rarest."""
    drawn = np.clip(rng.normal(0, 1, MODES), -2, 2)
    return Kit(sha256, tuple(round(float(value), 4) for value in drawn))
