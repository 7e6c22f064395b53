"""Hair of the head: a shell over the scalp, with falling sheets for long styles."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from prosopon.studio.mesh import Floats, Material, Mesh, both_sides, grid_triangles, normals
from prosopon.studio.person import HairStyle, Identity
from prosopon.studio.sculpt import Head, ramp, sculpt
from prosopon.studio.template import RADIUS, T_TOP, template

_THICKNESS = {
    HairStyle.BALD: 0.0,
    HairStyle.CROPPED: 0.25,
    HairStyle.SHORT: 1.0,
    HairStyle.SIDE_PARTED: 1.3,
    HairStyle.CURLY: 2.0,
    HairStyle.BOB: 1.2,
    HairStyle.LONG: 1.1,
    HairStyle.TIED_BACK: 0.45,
}
_FALLING = (HairStyle.BOB, HairStyle.LONG)


def hairline(identity: Identity, s: Floats) -> Floats:
    """Lowest t with hair at each s."""
    at = np.abs(s)
    high = 8.7 + 0.7 * identity.hairline
    corner = 8.3 + 1.3 * max(identity.hairline, -0.4)
    side = 1.0 if identity.hair_style not in (HairStyle.TIED_BACK,) else 2.4
    return np.interp(
        at,
        (0, 2.5, 5.0, 7.2, 8.6, 9.8, 10.9, 11.9, 13.0, 15.5, 17.0, 20.0, 25.2),
        (high, high + 0.1, corner, 6.6, 5.0, 4.4, side, side + 0.6, 3.6, 2.6, -3.0, -6.8, -7.2),
    )


@lru_cache(maxsize=32)
def hair(identity: Identity) -> tuple[Mesh, ...]:
    """The hair of somebody, at rest, in head coordinates."""
    style = identity.hair_style
    if style is HairStyle.BALD:
        return ()
    base, head = template(), sculpt(identity)
    rng = np.random.default_rng(identity.grain + 1)
    s, t = base.plane.T
    inside = t - hairline(identity, s)
    skin_normals = normals(head.points, base.triangles)
    thick = _THICKNESS[style] * (0.7 + 0.6 * identity.hair_length)
    grow = ramp(inside, -0.35, 1.6 + 0.8 * thick)
    lift = thick * grow * (0.75 + 0.35 * ramp(t, 6, 14)) - 0.15 * (1 - ramp(inside, -0.5, 0.1))
    if style is HairStyle.SIDE_PARTED:
        parting = 3.0 * (1 if identity.grain % 2 else -1)
        lift -= 0.75 * thick * np.exp(-(((s - parting) / 0.7) ** 2)) * ramp(t, 7, 9) * (1 - ramp(t, 13, 16))
    wave = sum(
        np.sin(s * f * rng.uniform(0.8, 1.2) + p) * np.sin(t * f * 0.8 + q)
        for f, p, q in ((0.9, 1.0, 2.0), (1.7, 0.3, 1.1), (3.1, 2.2, 0.4))
    )
    rough = {HairStyle.CURLY: 0.16, HairStyle.SHORT: 0.07}.get(style, 0.03)
    points = head.points + skin_normals * (lift + rough * wave * grow * thick)[:, None]
    keep = (inside[base.triangles] > -0.45).all(1)
    flow = _flow(identity, points, s, t)
    light = np.clip(0.7 + 0.3 * grow, 0, 1)
    cap = Mesh.of(points, base.triangles[keep], np.stack([s, t], 1), Material.HAIR, light=light, flow=flow)
    meshes = [_compact(cap)]
    if style in _FALLING:
        meshes.append(_curtain(identity, head, points))
    return tuple(meshes)


def _flow(identity: Identity, points: Floats, s: Floats, t: Floats) -> Floats:
    """Combing direction: away from the parting, down the sides."""
    azimuth = s / RADIUS
    down = np.stack([np.sin(azimuth) * 0.6, -np.ones_like(s), np.cos(azimuth) * 0.3], 1)
    back = np.stack([0.1 * np.sin(azimuth), 0.3 * np.ones_like(s), -np.ones_like(s)], 1)
    top = ramp(t, 5.0, 10.0)[:, None]
    flow = down * (1 - top) + back * top
    return np.asarray(flow / np.linalg.norm(flow, axis=1, keepdims=True))


def _compact(mesh: Mesh) -> Mesh:
    """Without unused vertices."""
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


def _curtain(identity: Identity, head: Head, cap: Floats) -> Mesh:
    """Hair that falls from the cap's rim beside face and neck; both faces are drawn."""
    base = template()
    columns = np.linspace(np.radians(66), np.radians(294), 110)
    long = identity.hair_style is HairStyle.LONG
    bottom = (-17.0 - 5 * identity.hair_length) if long else (-7.5 - 3.0 * identity.hair_length)
    rows = 40
    points = np.zeros((rows, len(columns), 3))
    for j, angle in enumerate(columns):
        wrapped = (angle + np.pi) % (2 * np.pi) - np.pi
        start = cap[base.nearest(RADIUS * wrapped, 8.6)]
        out = np.array((np.sin(wrapped), 0.0, np.cos(wrapped)))
        reach = 1.0 + 0.5 * identity.hair_length
        k = np.linspace(0, 1, rows)
        y = start[1] + (bottom - start[1]) * k
        radius = np.hypot(start[0], start[2] + 4)
        bulge = (
            radius
            + reach * np.sin(np.pi * np.clip((start[1] - y) / 22, 0, 1)) * 0.9
            - 1.2 * ramp(-y, 6, 16) * (1 if not long else 0.2)
        )
        ripple = 0.16 * np.sin(9 * angle + 0.4 * y + identity.grain % 7) + 0.1 * np.sin(23 * angle - 0.3 * y)
        points[:, j] = out * (bulge + ripple)[:, None] + np.stack([0 * y, y, 0 * y - 4], 1)
    flat = points.reshape(-1, 3)
    flow = np.asarray(np.gradient(points, axis=0)).reshape(-1, 3)
    flow /= np.linalg.norm(flow, axis=1, keepdims=True) + 1e-9
    triangles = grid_triangles(rows, len(columns))
    angle = np.broadcast_to(columns * RADIUS, (rows, len(columns))).ravel()
    plane = np.stack([angle, flat[:, 1] + T_TOP * 0], 1)
    head_share = 0.35 + 0.65 * ramp(flat[:, 1], -16.0, -4.0)
    return both_sides(Mesh.of(flat, triangles, plane, Material.HAIR, head=head_share, light=0.85, flow=flow))
