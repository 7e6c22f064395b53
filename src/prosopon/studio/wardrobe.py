"""What is worn: clothes and glasses."""

from __future__ import annotations

import numpy as np

from prosopon.studio.mesh import Floats, Material, Mesh, grid_triangles
from prosopon.studio.person import Glasses, Identity
from prosopon.studio.sculpt import Head, neck_scale
from prosopon.studio.template import EYE_CENTRE

# Rings of the clothes, from inside the collar over its edge and down:
# height in front, height behind, half width, half depth, centre z.
_TORSO = (
    (-19.0, -15.5, 5.5, 5.4, -5.4), (-15.8, -12.3, 5.6, 5.5, -5.3), (-15.3, -11.8, 5.95, 5.8, -5.3),
    (-15.5, -12.0, 6.4, 6.2, -5.3), (-17.0, -13.6, 8.4, 7.4, -5.6), (-18.4, -15.0, 12.0, 8.4, -5.8),
    (-19.8, -16.6, 16.5, 9.0, -6.0), (-22.0, -19.0, 20.0, 9.8, -6.2), (-25.5, -23.0, 22.0, 10.8, -6.2),
    (-32.0, -30.0, 22.6, 11.8, -6.2), (-44.0, -44.0, 22.6, 12.5, -6.2),
)  # fmt: skip

_COLLAR = 4
"""Rings that belong to the collar."""


def over_clothes(points: Floats, gap: float) -> Floats:
    """Points `(..., 3)` in front of the chest, where they would lie inside the clothes; those behind are left alone."""
    rings = np.array(_TORSO[3:])[::-1]
    y = points[..., 1]
    for _ in range(2):
        wide, deep, centre = (np.interp(y, rings[:, 0], rings[:, k]) for k in (2, 3, 4))
        room = np.clip(1 - (points[..., 0] / wide) ** 2, 0, 1)
        # Rings rise from front to back: at the shoulders a point belongs to a ring that is lower in front.
        y = points[..., 1] - np.interp(y, rings[:, 0], rings[:, 1] - rings[:, 0]) * (1 - np.sqrt(room)) / 2
    front = centre + deep * np.sqrt(room) + gap
    inside = (y < rings[-1, 0] + 0.5) & (points[..., 2] > centre - 0.5) & (room > 0)
    out = points.copy()
    out[..., 2] = np.where(inside, np.maximum(points[..., 2], front), points[..., 2])
    return out


def clothes(identity: Identity) -> Mesh:
    """A plain shirt with a round collar; coordinates are (angle, height)."""
    around = np.linspace(-np.pi, np.pi, 61)
    rings = np.array(_TORSO)
    if identity.kit is None:
        # A collar fits its neck; kits have necks of their own.
        rings[:_COLLAR, 2] *= np.linspace(1, 0.3, _COLLAR) * (neck_scale(identity.shape) - 1) + 1
    fine = np.linspace(0, len(rings) - 1, 30)
    rows = np.stack([np.interp(fine, np.arange(len(rings)), rings[:, k]) for k in range(5)], 1)
    front, back, wide, deep, centre = (rows[:, k : k + 1] for k in range(5))
    bend = (1 - np.cos(around)) / 2
    x = wide * np.sin(around)
    y = front + (back - front) * bend + 0 * x
    z = centre + deep * np.cos(around)
    folds = 0.12 * np.sin(7 * around + 0.8 * y) * np.clip((fine[:, None] - 4) / 4, 0, 1)
    points = np.stack([x, y, z + folds], -1).reshape(-1, 3)
    triangles = grid_triangles(len(fine), len(around), flip=True)
    plane = np.stack([np.broadcast_to(around, x.shape).ravel(), y.ravel()], 1)
    light = np.repeat(np.clip(0.5 + 0.08 * fine, 0.5, 1), len(around))
    return Mesh.of(points, triangles, plane, Material.CLOTHES, head=0.0, light=light)


def _tube(path: np.ndarray, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """A thin tube around a polyline `(K, 3)`."""
    along = np.gradient(path, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    other = np.cross(along, (0.0, 0.05, 1.0))
    other /= np.linalg.norm(other, axis=1, keepdims=True)
    third = np.cross(along, other)
    around = np.linspace(0, 2 * np.pi, 7)[:-1]
    ring = other[:, None] * np.cos(around)[None, :, None] + third[:, None] * np.sin(around)[None, :, None]
    points = (path[:, None] + radius * ring).reshape(-1, 3)
    return points, grid_triangles(len(path), 6, closed=True, flip=True)


def glasses(identity: Identity, head: Head) -> Mesh | None:
    """The frame of the glasses, or None; lenses are clear."""
    if identity.glasses is Glasses.NONE:
        return None
    power = 2.0 if identity.glasses is Glasses.ROUND else 4.5
    wide, tall = (2.35, 2.15) if identity.glasses is Glasses.ROUND else (2.65, 1.85)
    pieces = []
    turn = np.linspace(0, 2 * np.pi, 49)
    for eye, side in ((0, -1.0), (1, 1.0)):
        cos, sin = np.cos(turn), np.sin(turn)
        norm = (np.abs(cos) ** power + np.abs(sin) ** power) ** (-1 / power)
        x = EYE_CENTRE[0] * 1.02 + wide * norm * cos
        y = head.eyes[eye, 1] - 0.25 + tall * norm * sin
        z = 6.1 - 0.05 * x**2
        pieces.append(_tube(np.stack([side * x, y, z], 1), 0.13))
        arm = np.linspace(0, 1, 20)
        reach = EYE_CENTRE[0] * 1.02 + wide
        arm_x = reach + (7.5 - reach) * np.minimum(1, arm * 1.7)
        arm_z = (6.1 - 0.05 * reach**2) * (1 - arm) + arm * -3.2
        pieces.append(_tube(np.stack([side * arm_x, np.full(20, head.eyes[eye, 1] + 0.5), arm_z], 1), 0.13))
    half = EYE_CENTRE[0] * 1.02 - wide
    across = np.linspace(-half, half, 13)
    lift = 0.22 * np.cos(across / half * np.pi / 2)
    pieces.append(_tube(np.stack([across, head.eyes[:, 1].mean() + 0.1 + lift, np.full(13, 6.15)], 1), 0.13))
    offset = np.cumsum([0] + [len(p) for p, _ in pieces])
    points = np.concatenate([p for p, _ in pieces])
    triangles = np.concatenate([t + o for (_, t), o in zip(pieces, offset, strict=False)])
    return Mesh.of(points, triangles, np.zeros((len(points), 2)), Material.FRAME)
