"""What is set into the skin: eyeballs, inside of the mouth, ears."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from prosopon.studio.ageing import aged_shape
from prosopon.studio.mesh import Floats, Material, Mesh, grid_triangles
from prosopon.studio.person import Expression, Identity
from prosopon.studio.rig import GAZE_DEGREES, turn_jaw
from prosopon.studio.sculpt import Head
from prosopon.studio.template import template

_EYE_RINGS = np.radians((0, 4, 8, 12, 16, 20, 23, 26, 30, 36, 44, 54, 66, 80))
_EYE_SPOKES = 28


@dataclass(frozen=True)
class Lids:
    """The margins of one eye's lids: `(K, 3)` each from the nose to the temple, cm; the ends are shared."""

    upper: Floats
    lower: Floats

    @property
    def loop(self) -> Floats:
        """Both margins as one ring."""
        return np.concatenate([self.upper, self.lower[-2:0:-1]])


def lids_of(skin: Floats, eye: int) -> Lids:
    """The lids of the built-in head."""
    base = template()
    return Lids(skin[base.lid_upper[eye]], skin[base.lid_lower[eye]])


def eyeball(head: Head, eye: int, lids: Lids, expression: Expression) -> Mesh:
    """One eyeball; surface coordinates are (angle from the axis of sight, angle around it) in radians."""
    around = np.linspace(0, 2 * np.pi, _EYE_SPOKES, endpoint=False)
    polar, turn = (a.ravel() for a in np.meshgrid(_EYE_RINGS, around, indexing="ij"))
    # The cornea stands out a little from the ball.
    radius = head.eye_radius * (1 + 0.035 * np.exp(-((polar / np.radians(20)) ** 4)))
    local = np.stack([np.sin(polar) * np.cos(turn), np.sin(polar) * np.sin(turn), np.cos(polar)], 1) * radius[:, None]
    # Eyes that look ahead converge a little and the lids centre on them.
    yaw = np.radians(expression.gaze_x * GAZE_DEGREES[0] + (0.5 if eye == 0 else -0.5))
    pitch = np.radians(expression.gaze_y * GAZE_DEGREES[1])
    x, y, z = local.T
    y, z = y * np.cos(pitch) + z * np.sin(pitch), z * np.cos(pitch) - y * np.sin(pitch)
    x, z = x * np.cos(yaw) + z * np.sin(yaw), z * np.cos(yaw) - x * np.sin(yaw)
    points = np.stack([x, y, z], 1) + head.eyes[eye]
    # Lids and lashes keep light away from the rim of the opening.
    top, bottom = lids.upper, lids.lower
    order = np.argsort(top[:, 0])
    high = np.interp(points[:, 0], top[order, 0], top[order, 1])
    order = np.argsort(bottom[:, 0])
    low = np.interp(points[:, 0], bottom[order, 0], bottom[order, 1])
    light = np.clip(0.22 + 1.9 * (high - points[:, 1]), 0.2, 1) * np.clip(0.6 + 2.0 * (points[:, 1] - low), 0.5, 1)
    light *= np.clip(0.55 + 1.3 * np.minimum(points[:, 0] - top[:, 0].min(), top[:, 0].max() - points[:, 0]), 0.4, 1)
    triangles = grid_triangles(len(_EYE_RINGS), _EYE_SPOKES, closed=True, flip=True)
    return Mesh.of(points, triangles, np.stack([polar, turn], 1), Material.EYE, light=light)


def lid_rims(head: Head, eye: int, lids: Lids) -> Mesh:
    """The wet edge of the lids, from the margin back to the eyeball."""
    outer = loop = lids.loop
    direction = outer - head.eyes[eye]
    length = np.linalg.norm(direction, axis=1, keepdims=True)
    inner = head.eyes[eye] + direction * np.minimum(1, (head.eye_radius - 0.06) / length)
    inner[:, :2] += 0.04 * (outer[:, :2].mean(0) - outer[:, :2])
    points = np.concatenate([outer, inner])
    triangles = grid_triangles(2, len(loop), closed=True, flip=eye == 1)
    light = np.concatenate([np.full(len(loop), 0.75), np.full(len(loop), 0.45)])
    return Mesh.of(points, triangles, np.zeros((len(points), 2)), Material.LID_RIM, light=light)


_LASHES = 46


def lashes(head: Head, eye: int, lids: Lids) -> Mesh:
    """Lashes of the upper lid: tapering ribbons that rise from the margin in a curve."""
    margin = lids.upper
    k = np.linspace(0.06, 0.99, _LASHES)
    root = np.stack([np.interp(k, np.linspace(0, 1, len(margin)), margin[:, c]) for c in range(3)], 1)
    away = root - head.eyes[eye]
    away /= np.linalg.norm(away, axis=1, keepdims=True)
    outward = np.zeros_like(away)
    outward[:, 0] = (-1 if eye == 0 else 1) * (0.9 * k - 0.3)
    # As the lid comes down the lashes point downwards with it.
    lift = np.clip((root[:, 1] - head.eyes[eye, 1]) / 0.45, -1, 1)[:, None]
    length = (0.18 + 0.22 * np.sin(np.pi * k**1.3))[:, None] * (1 - 0.12 * (np.arange(_LASHES) % 3))[:, None]
    along = np.linspace(0, 1, 4)
    tips = [
        root
        + length
        * a
        * (0.75 * away + 0.45 * outward + (0.3 * lift - 0.35 + 0.75 * a * (0.55 + 0.45 * lift)) * (0, 1, 0))
        for a in along
    ]
    path = np.stack(tips, 1)
    half = 0.02 * (1 - 0.85 * along)[None, :, None] * np.array((1.0, 0.0, 0.0))
    points = np.stack([path - half, path + half], 2).reshape(-1, 3)
    one = grid_triangles(4, 2, flip=False)
    triangles = (one[None] + 8 * np.arange(_LASHES)[:, None, None]).reshape(-1, 3)
    return Mesh.of(points, triangles, np.zeros((len(points), 2)), Material.LASH, light=0.5)


def mouth_lining(skin: Floats) -> Mesh:
    """Back of the lips and the dark behind the teeth; coordinates are (depth 0 to 1, 0)."""
    base = template()
    loop = np.concatenate([base.slit_upper, base.slit_lower[-2:0:-1]])
    edge = skin[loop]
    middle = edge.mean(0)
    away = np.zeros_like(edge)
    half = len(base.slit_upper)
    away[:half, 1], away[half:, 1] = 1, -1
    rows, light, depth = [edge], [0.85], [0.0]
    for back, spread, bright, deep in (
        (0.10, -0.03, 0.8, 0.1),
        (0.3, 0.10, 0.55, 0.35),
        (0.9, 0.5, 0.34, 0.7),
        (3.0, 0.9, 0.16, 1.0),
    ):
        row = edge + away * spread
        row[:, 2] -= back
        row[:, 0] += (row[:, 0] - middle[0]) * 0.02 * back
        rows.append(row)
        light.append(bright)
        depth.append(deep)
    rows.append(np.repeat(middle[None] - (0, 0, 5.0), len(edge), 0))
    light.append(0.08)
    depth.append(1.0)
    points = np.concatenate(rows)
    count = len(edge)
    triangles = grid_triangles(len(rows), count, closed=True, flip=True)
    plane = np.stack([np.repeat(depth, count), np.zeros(len(points))], 1)
    return Mesh.of(points, triangles, plane, Material.MOUTH, light=np.repeat(light, count))


def teeth(identity: Identity, head: Head, expression: Expression) -> list[Mesh]:
    """Upper and lower row; coordinates are (tooth number, 0 at the gum to 1 at the edge)."""
    base = template()
    lips = head.points[base.slit_upper[len(base.slit_upper) // 2]]
    meshes = []
    for upper in (True, False):
        across = np.linspace(-2.0, 2.0, 61)
        down = np.linspace(0, 1, 6)
        v, x = (a.ravel() for a in np.meshgrid(down, across, indexing="ij"))
        # Central incisors are the widest and longest.
        width = 0.86 if upper else 0.56
        number = np.sign(x) * (np.abs(x) / width) ** 0.94
        round_off = 0.10 * (2 * np.abs((number % 1) - 0.5)) ** 3
        if upper:
            y = lips[1] + 0.62 - v * (0.98 - 0.05 * np.abs(x) - round_off) + 0.05 * np.abs(x)
            z = lips[2] - 0.62 - 0.46 * x**2 - 0.12 * (1 - v) + 0.02
        else:
            y = lips[1] - 0.98 + v * (0.80 - round_off * 0.6)
            z = lips[2] - 0.78 - 0.5 * x**2 - 0.1 * (1 - v)
        bulge = np.cos(np.pi * ((number % 1) - 0.5)) * 0.06
        points = np.stack([x + lips[0], y, z + bulge], 1)
        light = np.clip(0.9 - 0.22 * np.abs(x), 0.2, 1) * (0.85 if upper else 0.6)
        if not upper:
            points = turn_jaw(points, expression.jaw_open)
        triangles = grid_triangles(6, 61, flip=upper)
        meshes.append(Mesh.of(points, triangles, np.stack([number, v], 1), Material.TEETH, light=light))
    return meshes


def tongue(head: Head, expression: Expression) -> Mesh:
    """A resting tongue behind the lower teeth."""
    base = template()
    lips = head.points[base.slit_upper[len(base.slit_upper) // 2]]
    v, u = (a.ravel() for a in np.meshgrid(np.linspace(0, 1, 9), np.linspace(-1, 1, 15), indexing="ij"))
    x = 1.5 * u * (0.75 + 0.25 * v)
    y = (
        lips[1]
        - 1.25
        + 0.55 * np.sqrt(np.clip(1 - u**2, 0, 1)) * np.sin(np.pi * (0.12 + 0.6 * v))
        + 0.25 * v
        - 0.1 * np.exp(-((u / 0.15) ** 2))
    )
    z = lips[2] - 1.1 - 3.2 * v - 0.5 * u**2
    points = turn_jaw(np.stack([x + lips[0], y, z], 1), expression.jaw_open)
    light = np.clip(0.5 - 0.5 * v, 0.08, 1)
    return Mesh.of(points, grid_triangles(9, 15), np.stack([u, v], 1), Material.TONGUE, light=light)


def ear(identity: Identity, head: Head, side: int) -> Mesh:
    """The ear on the picture's left (`side` -1) or right (+1)."""
    ring = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    rho = np.linspace(0, 1, 14)
    r, angle = (a.ravel() for a in np.meshgrid(rho, ring, indexing="ij"))
    up, back = np.sin(angle), np.cos(angle)
    size = 1 + 0.065 * aged_shape(identity).ear_size
    # Outline: wide above, a narrow lobe below, flat in front.
    wide = np.where(back > 0, 1.75 + 0.45 * up, 1.15)
    tall = np.where(up > 0, 3.0, 3.1)
    u, v = r * back * wide * size, r * up * tall * size
    rim = np.exp(-(((r - 0.9) / 0.09) ** 2)) * (0.35 + 0.65 * np.clip(back + 0.5 + 0.5 * up, 0, 1)) * (up > -0.8)
    scapha = -0.30 * np.exp(-(((r - 0.72) / 0.1) ** 2)) * np.clip(up + 0.7, 0, 1)
    antihelix = 0.28 * np.exp(-(((r - 0.53) / 0.11) ** 2)) * np.clip(back + 0.25, 0, 1)
    concha = -0.75 * np.exp(-(((u + 0.05) / 0.75) ** 2) - ((v + 0.35) / 0.95) ** 2)
    tragus = 0.45 * np.exp(-(((u + 0.8) / 0.28) ** 2) - ((v + 0.35) / 0.45) ** 2)
    curl = -0.5 * np.clip(r - 0.93, 0, 1) / 0.07
    lift = 0.34 * rim + scapha + antihelix + concha + tragus + curl
    flare = np.radians(24 + 7 * identity.shape.ear_out)
    out = np.clip(u + 1.0, -0.3, 9) * np.sin(flare) + lift * np.cos(flare) * 0.9
    behind = u * np.cos(flare) - lift * np.sin(flare)
    lean = np.radians(12)
    y = v * np.cos(lean) + behind * np.sin(lean) * 0.5
    behind = behind + v * np.sin(lean)
    base = template()
    root = head.points[base.nearest(side * 13.2, 0.6)]
    points = np.stack([root[0] + side * (out + 0.02), root[1] + 0.1 + y, root[2] - 0.55 - behind], 1)
    light = np.clip(0.85 + 0.7 * lift, 0.25, 1) * np.clip(0.55 + 0.5 * (u + 1.2), 0.5, 1)
    triangles = grid_triangles(len(rho), len(ring), closed=True, flip=side < 0)
    return Mesh.of(points, triangles, np.stack([u, v], 1), Material.EAR, light=light)
