"""`render`: one person in one state as a picture with exact landmarks and a part map."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Frame
from prosopon.core.errors import UsageError
from prosopon.core.faces import Pose
from prosopon.studio.anatomy import anatomy_of, lid_gap_at_rest
from prosopon.studio.backdrop import backdrop
from prosopon.studio.materials import Surface, shade
from prosopon.studio.person import Expression, Identity, Light, Placement
from prosopon.studio.raster import Hits, rasterise
from prosopon.studio.scene import Topology, build
from prosopon.studio.shading import to_display

Floats = NDArray[np.float64]

SUPERSAMPLING = 2
MIN_SIZE, MAX_SIZE = 16, 2048
_CAMERA_CM = 95.0
_VIEW_CM = 34.0
"""Height of the picture at the head, at scale 1."""
_CENTRE_Y = 1.0
PIVOT = np.array((0.0, -2.0, -4.0))
"""The point, in cm, around which the head turns."""


@dataclass(frozen=True)
class Rendering:
    """A rendered picture and what is known about it.

    Attributes:
        image: `uint8 (H, W, 3)` RGB.
        landmarks: `float32 (68, 2)` iBUG order, pixels (x, y); the centre of the first pixel is (0.5, 0.5).
        visible: `bool (68,)` inside the picture and not hidden.
        parts: `uint8 (H, W)` values of `Part`.
        eyelids: how far the lids of the eyes on the picture's (left, right) are apart, as a share of what they are at
            rest: 0 closed, 1 as at rest, above 1 wide open.
    """

    image: Frame
    landmarks: NDArray[np.float32]
    visible: NDArray[np.bool_]
    parts: NDArray[np.uint8]
    eyelids: tuple[float, float]


@dataclass(frozen=True)
class Camera:
    """A pinhole camera: what it does to a point of the world.

    A point (x, y, z) in cm, z towards the camera, lies in the picture at
    `centre_px + focal_px / (distance_cm - z) * (x, height_cm - y)`. The head turns around `PIVOT`.

    Attributes:
        focal_px: focal length in pixels.
        centre_px: (x, y) of the picture's principal point.
        distance_cm: from the origin to the camera.
        height_cm: height of the camera over the origin.
    """

    focal_px: float
    centre_px: tuple[float, float]
    distance_cm: float
    height_cm: float

    @classmethod
    def of(cls, placement: Placement, size_px: int) -> Camera:
        """The camera that films a placement: shift and size are its own, the person only turns."""
        return cls(
            size_px / _VIEW_CM * placement.scale * _CAMERA_CM,
            (size_px * (0.5 + placement.x), size_px * (0.5 + placement.y)),
            _CAMERA_CM,
            _CENTRE_Y,
        )

    def project(self, world: Floats) -> tuple[Floats, Floats]:
        """Pixels `(N, 2)` and distance from the camera `(N,)` of points `(N, 3)` in cm."""
        depth = self.distance_cm - world[:, 2]
        focal = self.focal_px / depth
        x = self.centre_px[0] + world[:, 0] * focal
        y = self.centre_px[1] - (world[:, 1] - self.height_cm) * focal
        return np.stack([x, y], 1), depth


def rotation(pose: Pose) -> Floats:
    """Rotation matrix `(3, 3)` for column vectors in head coordinates: pitch first, then yaw, then roll."""
    yaw, pitch, roll = np.radians((pose.yaw, pose.pitch, pose.roll))
    cy, sy, cp, sp, cr, sr = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch), np.cos(roll), np.sin(roll)
    about_x = np.array(((1, 0, 0), (0, cp, sp), (0, -sp, cp)))
    about_y = np.array(((cy, 0, sy), (0, 1, 0), (-sy, 0, cy)))
    about_z = np.array(((cr, sr, 0), (-sr, cr, 0), (0, 0, 1)))
    return np.asarray(about_z @ about_y @ about_x)


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
    scene = build(identity, expression)
    turn = rotation(placement.pose)
    follows = scene.topology.head
    world = _turned(scene.points - PIVOT, follows, turn) + PIVOT
    width = size_px * SUPERSAMPLING
    xy, depth = Camera.of(placement, width).project(world)
    hits = rasterise(xy, depth, scene.topology.triangles, width, width, sheets=scene.topology.sheets)
    seen = np.zeros(len(world), bool)
    seen[hits.corners] = True
    key = _key_light(world, scene.topology, light, np.flatnonzero(seen))
    normal = _turned(scene.normals, follows, turn)
    values = np.concatenate([normal, scene.topology.plane, scene.light[:, None], key[:, None]], 1)
    surface = Surface(hits, values.astype(np.float32), scene.topology.flow, turn)
    colour, part = shade(identity, surface, scene.topology.material, light)

    picture = _behind(identity, width, light)
    flat = picture.reshape(-1, 3)
    flat[hits.pixels] = colour
    parts = np.zeros(width * width, np.uint8)
    parts[hits.pixels] = part
    small = 0.25 * (picture[0::2, 0::2] + picture[0::2, 1::2] + picture[1::2, 0::2] + picture[1::2, 1::2])
    image = (to_display(small) * 255 + 0.5).clip(0, 255).astype(np.uint8)
    parts = _majority(parts.reshape(width, width))

    anatomy = anatomy_of(identity)
    index = anatomy.landmarks(identity)
    landmarks = (xy[index] / SUPERSAMPLING).astype(np.float32)
    visible = _visible(index, xy, depth, hits, width)
    left, right = anatomy.lid_gap(scene.skin) / lid_gap_at_rest(identity)
    return Rendering(image, landmarks, visible, parts, (float(left), float(right)))


def _turned(vectors: Floats, follows: Floats, turn: Floats) -> Floats:
    """Vectors `(N, 3)` turned as far as each of them follows the head."""
    return np.asarray(vectors + follows * (vectors @ turn.T - vectors))


@lru_cache(maxsize=8)
def _backdrop_dimmed(seed: int, width: int, strength: float) -> NDArray[np.float32]:
    return backdrop(seed, width) * np.float32(strength)


def _behind(identity: Identity, width: int, light: Light) -> NDArray[np.float32]:
    return _backdrop_dimmed(identity.backdrop, width, round(0.5 + 0.6 * light.ambient, 3)).copy()


def _majority(parts: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """One index per pixel out of its 2 x 2 samples: the one that occurs twice or more, else the first."""
    a, b, c, d = parts[0::2, 0::2], parts[0::2, 1::2], parts[1::2, 0::2], parts[1::2, 1::2]
    # If any two samples agree, either `a` is among them or they are within the other three.
    with_a = (a == b) | (a == c) | (a == d)
    return np.where(with_a, a, np.where((b == c) | (b == d), b, np.where(c == d, c, a)))


def _visible(index: NDArray[np.int64], xy: Floats, depth: Floats, hits: Hits, width: int) -> NDArray[np.bool_]:
    """Landmarks inside the picture with nothing 0.8 cm or more in front of them on all samples around.

    Looking around keeps landmarks on the silhouette, whose own sample may show what lies next to them.
    """
    centre = np.floor(xy[index]).astype(np.int64)
    inside = np.all((centre >= 0) & (centre < width), axis=1)
    if not len(hits.pixels):
        return np.zeros(len(index), bool)
    open_view = np.zeros(len(index), bool)
    for dx in (-2, 0, 2):
        for dy in (-2, 0, 2):
            x, y = np.clip(centre + np.array((dx, dy)), 0, width - 1).T
            wanted = y * width + x
            at = np.minimum(np.searchsorted(hits.pixels, wanted), len(hits.pixels) - 1)
            there = hits.among(at)
            nearest = (depth[there.corners] * there.weights).sum(1)
            open_view |= (hits.pixels[at] != wanted) | (depth[index] < nearest + 0.8)
    return np.asarray(inside & open_view)


def _key_light(world: Floats, topology: Topology, light: Light, seen: NDArray[np.int64]) -> Floats:
    """Share `(N,)` of the key light that reaches the vertices: a shadow map seen from the light, softly sampled.

    Only those `seen` are asked for; the others are in the dark.
    """
    size = 144
    towards = np.array(light.direction, float)
    towards /= max(float(np.linalg.norm(towards)), 1e-6)
    side = np.cross((0.0, 1.0, 0.0), towards)
    side /= max(float(np.linalg.norm(side)), 1e-6)
    up = np.cross(towards, side)
    u, v, far = world @ side, world @ up, -(world @ towards)
    scale = size / 44.0
    xy = np.stack([size / 2 + u * scale, size / 2 - (v - 0.5) * scale], 1)
    casters = topology.casters
    hits = rasterise(xy, far, topology.triangles[casters], size, size, sheets=topology.sheets[casters])
    nearest = np.full((size, size), 1e9)
    nearest.reshape(-1)[hits.pixels] = (far[hits.corners] * hits.weights).sum(1)
    x, y, far = xy[seen, 0], xy[seen, 1], far[seen]
    lit = np.zeros(len(seen))
    taps = (-1.6, -0.5, 0.5, 1.6)
    for dx in taps:
        for dy in taps:
            column = np.clip(x + dx, 0, size - 1).astype(np.int64)
            row = np.clip(y + dy, 0, size - 1).astype(np.int64)
            lit += np.clip(1 - (far - nearest[row, column] - 0.4) / 0.5, 0, 1)
    out = np.zeros(len(world))
    out[seen] = lit / len(taps) ** 2
    return out
