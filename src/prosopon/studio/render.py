"""`render`: one person in one state as a picture with exact landmarks and a part map."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags

from prosopon.core.clip import Frame
from prosopon.core.errors import UsageError
from prosopon.core.faces import Pose
from prosopon.studio.backdrop import backdrop
from prosopon.studio.hair import hair
from prosopon.studio.landmarks import landmark_vertices
from prosopon.studio.mesh import Material, Mesh, joined, normals
from prosopon.studio.organs import ear, eyeball, lid_rims, mouth_lining, teeth, tongue
from prosopon.studio.parts import Part
from prosopon.studio.person import Expression, Identity, Light, Placement
from prosopon.studio.raster import Hits, rasterise
from prosopon.studio.rig import pose_skin, rig
from prosopon.studio.sculpt import sculpt
from prosopon.studio.shading import diffuse, highlight, strand_highlight, to_display
from prosopon.studio.skin import SkinMap, paint, tone
from prosopon.studio.template import template
from prosopon.studio.wardrobe import clothes, glasses

Floats = NDArray[np.float64]

SUPERSAMPLING = 2
MIN_SIZE, MAX_SIZE = 16, 2048
_CAMERA_CM = 95.0
_VIEW_CM = 34.0
"""Height of the picture at the head, at scale 1."""
_CENTRE_Y = 1.0
_PIVOT = np.array((0.0, -2.0, -4.0))


@dataclass(frozen=True)
class Rendering:
    """A rendered picture and what is known about it.

    Attributes:
        image: `uint8 (H, W, 3)` RGB.
        landmarks: `float32 (68, 2)` iBUG order, pixels (x, y); the centre of the first pixel is (0.5, 0.5).
        visible: `bool (68,)` inside the picture and not hidden.
        parts: `uint8 (H, W)` values of `Part`.
    """

    image: Frame
    landmarks: NDArray[np.float32]
    visible: NDArray[np.bool_]
    parts: NDArray[np.uint8]


def rotation(pose: Pose) -> Floats:
    """Rotation matrix `(3, 3)` for column vectors in head coordinates: pitch first, then yaw, then roll."""
    yaw, pitch, roll = np.radians((pose.yaw, pose.pitch, pose.roll))
    cy, sy, cp, sp, cr, sr = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch), np.cos(roll), np.sin(roll)
    about_x = np.array(((1, 0, 0), (0, cp, sp), (0, -sp, cp)))
    about_y = np.array(((cy, 0, sy), (0, 1, 0), (-sy, 0, cy)))
    about_z = np.array(((cr, sr, 0), (-sr, cr, 0), (0, 0, 1)))
    return np.asarray(about_z @ about_y @ about_x)


@lru_cache(maxsize=16)
def _fixed(identity: Identity) -> tuple[Mesh, ...]:
    """What does not change with the expression."""
    head = sculpt(identity)
    meshes = [clothes(identity), ear(identity, head, -1), ear(identity, head, 1), *hair(identity)]
    frame = glasses(identity, head)
    return tuple(meshes if frame is None else [*meshes, frame])


def _scene(identity: Identity, expression: Expression) -> list[Mesh]:
    head = sculpt(identity)
    base = template()
    skin = pose_skin(identity, expression)
    meshes = [
        Mesh.of(
            skin, base.triangles, base.plane, Material.SKIN, head=rig().head, light=_occlusion(skin, base.triangles)
        ),
        mouth_lining(skin),
        *teeth(identity, head, expression),
        tongue(head, expression),
        *_fixed(identity),
    ]
    for eye in (0, 1):
        meshes += [eyeball(head, eye, skin, expression), lid_rims(head, eye, skin)]
    return meshes


def _occlusion(points: Floats, triangles: NDArray[np.int64]) -> Floats:
    """Darkening of hollows: how far a vertex lies below the smoothed surface."""
    smooth = _smoother() @ points
    depth = ((smooth - points) * normals(points, triangles)).sum(1)
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


def render(
    identity: Identity,
    placement: Placement | None = None,
    expression: Expression | None = None,
    light: Light | None = None,
    size_px: int = 256,
) -> Rendering:
    """Render one picture.

    Args:
        identity: who.
        placement: where, and how the head is turned; None: frontal and centred.
        expression: state of the face; None: at rest.
        light: None: a soft key light from the upper left.
        size_px: width and height, 16 to 2048 pixels.

    Raises:
        UsageError: the size is out of range.
    """
    if not MIN_SIZE <= size_px <= MAX_SIZE:
        raise UsageError(f"pictures of {size_px} pixels cannot be rendered", f"use {MIN_SIZE} to {MAX_SIZE}")
    placement, expression, light = placement or Placement(), expression or Expression(), light or Light()
    meshes = _scene(identity, expression)
    points, triangles, material = joined(meshes)
    follows = np.concatenate([m.head for m in meshes])[:, None]
    turn = rotation(placement.pose)
    world = points + follows * ((points - _PIVOT) @ turn.T + _PIVOT - points)
    normal = normals(world, triangles)

    width = size_px * SUPERSAMPLING
    depth = _CAMERA_CM - world[:, 2]
    focal = width / _VIEW_CM * placement.scale * _CAMERA_CM / depth
    xy = np.stack(
        [
            width * (0.5 + placement.x) + world[:, 0] * focal,
            width * (0.5 + placement.y) - (world[:, 1] - _CENTRE_Y) * focal,
        ],
        1,
    )
    hits = rasterise(xy, depth, triangles, width, width)
    key = _shadow(world, triangles, light)
    flow = np.concatenate([m.flow for m in meshes])
    flow = follows * (flow @ turn.T) + (1 - follows) * flow
    values = np.concatenate(
        [
            normal,
            np.concatenate([m.plane for m in meshes]),
            np.concatenate([m.light for m in meshes])[:, None],
            key[:, None],
            flow,
        ],
        1,
    ).astype(np.float32)
    colour, part = _shade(identity, hits, material, hits.blend(values), light)

    picture = _behind(identity, width, light)
    flat = picture.reshape(-1, 3)
    flat[hits.pixels] = colour
    parts = np.zeros(width * width, np.uint8)
    parts[hits.pixels] = part
    small = picture.reshape(size_px, SUPERSAMPLING, size_px, SUPERSAMPLING, 3).mean((1, 3))
    image = (to_display(small) * 255 + 0.5).clip(0, 255).astype(np.uint8)
    parts = _majority(parts.reshape(width, width))

    index = landmark_vertices(identity)
    landmarks = (xy[index] / SUPERSAMPLING).astype(np.float32)
    visible = _visible(index, xy, depth, hits, width)
    return Rendering(image, landmarks, visible, parts)


@lru_cache(maxsize=8)
def _backdrop_dimmed(seed: int, width: int, strength: float) -> NDArray[np.float32]:
    return backdrop(seed, width) * np.float32(strength)


def _behind(identity: Identity, width: int, light: Light) -> NDArray[np.float32]:
    return _backdrop_dimmed(identity.backdrop, width, round(0.5 + 0.6 * light.ambient, 3)).copy()


def _majority(parts: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """One index per pixel out of its 2 x 2 samples: the most frequent, the highest on a tie."""
    four = np.stack([parts[0::2, 0::2], parts[0::2, 1::2], parts[1::2, 0::2], parts[1::2, 1::2]])
    votes = (four[:, None] == four[None]).sum(0)
    best = np.argmax(votes * 64 + four, 0)
    return np.asarray(np.take_along_axis(four, best[None], 0)[0])


def _visible(index: NDArray[np.int64], xy: Floats, depth: Floats, hits: Hits, width: int) -> NDArray[np.bool_]:
    """Landmarks inside the picture with nothing more than 0.6 cm in front of them."""
    nearest = np.full(width * width, np.inf)
    nearest[hits.pixels] = (depth[hits.corners] * hits.weights).sum(1)
    at = np.floor(xy[index]).astype(np.int64)
    inside = ((at >= 0) & (at < width)).all(1)
    at = np.clip(at, 0, width - 1)
    return np.asarray(inside & (depth[index] < nearest[at[:, 1] * width + at[:, 0]] + 0.6))


def _shadow(world: Floats, triangles: NDArray[np.int64], light: Light) -> Floats:
    """Share `(N,)` of the key light that reaches every vertex: a shadow map seen from the light, softly sampled."""
    size = 144
    towards = np.array(light.direction, float)
    towards /= max(float(np.linalg.norm(towards)), 1e-6)
    side = np.cross((0.0, 1.0, 0.0), towards)
    side /= max(float(np.linalg.norm(side)), 1e-6)
    up = np.cross(towards, side)
    u, v, far = world @ side, world @ up, -(world @ towards)
    scale = size / 44.0
    xy = np.stack([size / 2 + u * scale, size / 2 - (v - 0.5) * scale], 1)
    hits = rasterise(xy, far, triangles, size, size)
    nearest = np.full((size, size), 1e9)
    nearest.reshape(-1)[hits.pixels] = (far[hits.corners] * hits.weights).sum(1)
    lit = np.zeros(len(world))
    taps = (-1.6, -0.5, 0.5, 1.6)
    for dx in taps:
        for dy in taps:
            column = np.clip(xy[:, 0] + dx, 0, size - 1).astype(np.int64)
            row = np.clip(xy[:, 1] + dy, 0, size - 1).astype(np.int64)
            lit += np.clip(1 - (far - nearest[row, column] - 0.55) / 0.5, 0, 1)
    return lit / len(taps) ** 2


def _shade(
    identity: Identity, hits: Hits, material: NDArray[np.uint8], values: NDArray[np.float32], light: Light
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Linear colour `(P, 3)` and part `(P,)` of the visible pixels."""
    kind = material[hits.triangles]
    colour = np.zeros((len(kind), 3), np.float32)
    part = np.zeros(len(kind), np.uint8)
    values[:, :3] /= np.maximum(np.sqrt((values[:, :3] ** 2).sum(1, keepdims=True)), 1e-6)
    painters = {
        Material.SKIN: _skin,
        Material.EAR: _ear,
        Material.EYE: _eye,
        Material.MOUTH: _mouth,
        Material.TEETH: _teeth,
        Material.TONGUE: _tongue,
        Material.HAIR: _hair,
        Material.CLOTHES: _clothes,
        Material.FRAME: _frame,
    }
    for name, painter in painters.items():
        here = np.flatnonzero(kind == name)
        if len(here):
            colour[here], part[here] = painter(identity, values[here], light)
    return colour, part


_Painted = tuple[NDArray[np.float32], NDArray[np.uint8] | int]
_SKIN_WRAP = (0.45, 0.25, 0.2)
_PLAIN_WRAP = (0.15, 0.15, 0.15)


def _skin(identity: Identity, v: NDArray[np.float32], light: Light) -> _Painted:
    skin: SkinMap = paint(identity)
    at = skin.index(v[:, 3:5])
    albedo = skin.albedo.reshape(-1, 3)[at]
    gloss = skin.gloss.reshape(-1)[at]
    received = diffuse(v[:, :3], v[:, 5], v[:, 6], light, _SKIN_WRAP)
    shine = highlight(v[:, :3], v[:, 6], light, 22) * 0.10 + highlight(v[:, :3], v[:, 6], light, 70) * 0.10
    return albedo * received + (shine * gloss)[:, None], skin.part.reshape(-1)[at]


def _ear(identity: Identity, v: NDArray[np.float32], light: Light) -> _Painted:
    albedo = (tone(identity) * (1.06, 0.88, 0.86)).astype(np.float32)
    received = diffuse(v[:, :3], v[:, 5], np.ones_like(v[:, 6]) * 0.8, light, _SKIN_WRAP)
    shine = highlight(v[:, :3], v[:, 6], light, 22) * 0.03
    return albedo * received + shine[:, None], int(Part.EAR)


def _eye(identity: Identity, v: NDArray[np.float32], light: Light) -> _Painted:
    angle, turn = np.degrees(v[:, 3]), v[:, 4]
    white = np.array((0.62, 0.56, 0.52), np.float32) * (1 - 0.004 * np.clip(angle - 25, 0, 40))[:, None]
    white *= 1 - np.clip((angle - 40) / 60, 0, 0.4)[:, None] * np.array((0.2, 0.7, 0.7), np.float32)
    iris_edge, pupil_edge = 22.5, 8.0
    spokes = 0.85 + 0.25 * np.sin(turn * 23 + 2 * np.sin(turn * 7)) * np.sin(turn * 11 + identity.grain % 5)
    ring = np.clip((angle - pupil_edge) / (iris_edge - pupil_edge), 0, 1)
    tint = (1.5 - 0.6 * ring) * spokes * (1 - 0.75 * np.clip((ring - 0.75) / 0.25, 0, 1))
    iris = np.array(identity.iris, np.float32) * tint[:, None]
    pupil = np.clip((angle - pupil_edge) / 1.5 + 0.5, 0, 1)[:, None]
    inner = iris * pupil + 0.004 * (1 - pupil)
    blend = np.clip((angle - iris_edge) / 2.5 + 0.5, 0, 1)[:, None]
    albedo = inner * (1 - blend) + white * blend
    received = diffuse(v[:, :3], v[:, 5], v[:, 5], light, (0.3, 0.25, 0.25))
    glint = highlight(v[:, :3], v[:, 5] ** 2, light, 500) * 2.2 + highlight(v[:, :3], v[:, 5], light, 60) * 0.03
    part = np.where(angle < iris_edge, int(Part.IRIS), int(Part.EYE)).astype(np.uint8)
    return albedo * received + glint[:, None], part


def _mouth(identity: Identity, v: NDArray[np.float32], light: Light) -> _Painted:
    deep = v[:, 3:4]
    albedo = np.array((0.34, 0.11, 0.10), np.float32) * (1 - deep) + np.array((0.10, 0.02, 0.02), np.float32) * deep
    received = diffuse(v[:, :3], v[:, 5], v[:, 5] ** 2, light, _SKIN_WRAP)
    lip = deep[:, 0] < 0.08
    return albedo * received * v[:, 5:6], np.where(lip, int(Part.LIP), int(Part.MOUTH)).astype(np.uint8)


def _teeth(identity: Identity, v: NDArray[np.float32], light: Light) -> _Painted:
    number, along = v[:, 3], v[:, 4]
    gap = np.abs((number + 0.5) % 1 - 0.5)
    shade = 1 - 0.45 * np.exp(-((gap / 0.05) ** 2)) - 0.12 * (1 - along)
    enamel = np.array((0.66, 0.61, 0.52), np.float32) * (1 - 0.12 * identity.age)
    gum = np.clip((0.2 - along + 0.08 * np.cos(2 * np.pi * number)) / 0.06, 0, 1)[:, None]
    albedo = enamel * shade[:, None] * (1 - gum) + np.array((0.42, 0.14, 0.13), np.float32) * gum
    received = diffuse(v[:, :3], v[:, 5], v[:, 5], light, (0.4, 0.4, 0.4))
    glint = highlight(v[:, :3], v[:, 5], light, 80) * 0.2 * v[:, 5]
    return albedo * received * v[:, 5:6] + glint[:, None], int(Part.MOUTH)


def _tongue(identity: Identity, v: NDArray[np.float32], light: Light) -> _Painted:
    albedo = np.array((0.46, 0.17, 0.16), np.float32)
    received = diffuse(v[:, :3], v[:, 5], v[:, 5], light, _SKIN_WRAP)
    return albedo * received * v[:, 5:6], int(Part.MOUTH)


def _hair(identity: Identity, v: NDArray[np.float32], light: Light) -> _Painted:
    base = np.array(identity.hair, np.float32)
    s, t = v[:, 3], v[:, 4]
    strand = (
        np.sin(s * 31 + 3 * np.sin(s * 7.3) + 0.9 * np.sin(t * 1.3)) * 0.5 + np.sin(s * 83 + 5 * np.sin(t * 0.9)) * 0.5
    )
    received = diffuse(v[:, :3], v[:, 5] * 0.8, v[:, 6], light, _PLAIN_WRAP)
    tangent = v[:, 7:10] / np.maximum(np.linalg.norm(v[:, 7:10], axis=1, keepdims=True), 1e-6)
    facing = np.clip(v[:, 2] * 0.6 + 0.4, 0, 1) * v[:, 6]
    shine = strand_highlight(tangent, light, 60) * facing * (0.6 + 0.5 * strand)
    colour = base * (1 + 0.35 * strand)[:, None] * received
    colour += (shine * 0.10)[:, None] * (0.3 * np.array((1.0, 0.95, 0.9), np.float32) + 1.2 * np.sqrt(base) * 0.6)
    return np.maximum(colour, 0), int(Part.HAIR)


def _clothes(identity: Identity, v: NDArray[np.float32], light: Light) -> _Painted:
    weave = 1 + 0.06 * np.sin(v[:, 3] * 160) * np.sin(v[:, 4] * 9)
    received = diffuse(v[:, :3], v[:, 5], v[:, 6], light, _PLAIN_WRAP)
    colour = np.array(identity.clothes, np.float32) * weave[:, None] * received
    return np.asarray(colour, np.float32), int(Part.CLOTHES)


def _frame(identity: Identity, v: NDArray[np.float32], light: Light) -> _Painted:
    received = diffuse(v[:, :3], v[:, 5], v[:, 6], light, _PLAIN_WRAP)
    shine = highlight(v[:, :3], v[:, 6], light, 40) * 0.35
    colour = np.array((0.02, 0.017, 0.015), np.float32) * received + shine[:, None]
    return np.asarray(colour, np.float32), int(Part.GLASSES)
