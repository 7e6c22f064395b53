"""Hair of the head: a shell over the scalp, covered with locks that are combed over it.

Both live on one surface, given over the skin's plane (s, t): the scalp lifted by the hair's thickness, and, for long
styles, a sheet that falls from there past ears and neck.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import LinearNDInterpolator
from scipy.ndimage import map_coordinates
from scipy.spatial import Delaunay

from prosopon.studio.falloff import ramp
from prosopon.studio.hairline import hairline, inside_hairline
from prosopon.studio.mesh import Floats, Material, Mesh, compact, grid_triangles
from prosopon.studio.person import HairStyle, Identity
from prosopon.studio.template import RADIUS, S_BACK, T_TOP
from prosopon.studio.wardrobe import over_clothes

_STEP = 0.4
_FALL_T, _FRONT_S = 5.2, 9.6
"""Long hair falls from this t down, behind this |s|."""


@dataclass(frozen=True)
class Cut:
    """A style in numbers: lengths in cm.

    Attributes:
        thickness: of the shell over the scalp.
        locks: how many.
        length: of a lock.
        width: of a lock at its root.
        lift: how far tips stand off the shell.
        curl: radius of the waves of a lock.
        turns: waves along a lock.
        scatter: randomness of the direction, radians.
        comb: direction at the top: (around the head towards +s, up in t) of the front hair.
        falls: to which y the longest hair falls, None for short hair.
    """

    thickness: float
    locks: int
    length: float
    width: float
    lift: float
    curl: float
    turns: float
    scatter: float
    comb: tuple[float, float]
    falls: float | None = None

    @property
    def parted(self) -> bool:
        """Whether the hair lies to both sides of a parting."""
        return self.comb[0] == 1.0


_CUTS = {
    HairStyle.CROPPED: Cut(0.22, 1500, 1.1, 0.2, 0.1, 0.0, 0, 0.5, (0.2, -0.6)),
    HairStyle.SHORT: Cut(0.7, 900, 3.4, 0.42, 0.45, 0.12, 0.6, 0.45, (0.5, 0.5)),
    HairStyle.SIDE_PARTED: Cut(0.95, 800, 5.5, 0.5, 0.35, 0.10, 0.5, 0.18, (1.0, 0.15)),
    HairStyle.CURLY: Cut(1.5, 1100, 4.2, 0.42, 0.9, 0.42, 1.8, 1.6, (0.2, -0.2)),
    HairStyle.BOB: Cut(1.05, 620, 10.0, 0.6, 0.3, 0.12, 0.8, 0.1, (1.0, 0.15), -8.0),
    HairStyle.LONG: Cut(1.0, 620, 13.0, 0.65, 0.35, 0.25, 1.4, 0.12, (1.0, 0.15), -19.0),
    HairStyle.TIED_BACK: Cut(0.3, 620, 8.0, 0.5, 0.1, 0.04, 0.5, 0.06, (0.0, 1.0)),
}


def cut_of(identity: Identity) -> Cut:
    """The style of somebody who is not bald."""
    return _CUTS[identity.hair_style]


@lru_cache(maxsize=4)
def _triangulated(plane: bytes) -> Delaunay:
    """The triangles between points of the unrolled skin, `(N, 2)` float64: the same for all people of one anatomy."""
    return Delaunay(np.frombuffer(plane).reshape(-1, 2))


class Scalp:
    """The surface on which the hair lies, for one person: positions and normals over (s, t)."""

    def __init__(self, identity: Identity, plane: Floats, points: Floats, normals: Floats) -> None:
        cut = cut_of(identity)
        self.bottom = -9.0 if cut.falls is None else cut.falls - 3.0 * identity.hair_length - 1.0
        self.s = np.arange(-S_BACK, S_BACK + 1e-9, 2 * S_BACK / 126)
        self.t = np.arange(self.bottom, T_TOP + 1e-9, _STEP)
        s, t = np.meshgrid(self.s, self.t)
        at = np.stack([s.ravel(), np.clip(t.ravel(), -11, T_TOP - 0.02)], 1)
        at[:, 0] = np.clip(at[:, 0], -S_BACK + 0.01, S_BACK - 0.01)
        both = np.concatenate([points, normals], 1)
        sampled = LinearNDInterpolator(_triangulated(plane.tobytes()), both)(at)
        points, out = sampled[:, :3], sampled[:, 3:]
        grown = inside_hairline(identity, np.stack([s.ravel(), t.ravel()], 1))
        thick = cut.thickness * (0.7 + 0.6 * identity.hair_length)
        lift = thick * ramp(grown, -0.2, 1.0 + 1.2 * thick) * (0.8 + 0.3 * ramp(at[:, 1], 6, 14))
        if cut.parted:
            groove = np.exp(-(((at[:, 0] - parting(identity)) / 0.45) ** 2))
            lift -= 0.5 * thick * groove * ramp(at[:, 1], 7, 9)
        points = points + out * (lift - 0.1 * ramp(-grown, -0.1, 0.3))[:, None]
        self.inside = (grown > 0.35 + 0.35 * min(thick, 1.0)).reshape(s.shape)
        self.grown = grown.reshape(s.shape)
        self.points = points.reshape(*s.shape, 3)
        self.normals = out.reshape(*s.shape, 3)
        if cut.falls is not None:
            self._let_fall(identity, cut, s, t)

    def _let_fall(self, identity: Identity, cut: Cut, s: Floats, t: Floats) -> None:
        start = int(np.searchsorted(self.t, _FALL_T))
        azimuth = self.s / RADIUS
        out = np.stack([np.sin(azimuth), np.zeros_like(azimuth), np.cos(azimuth)], 1)
        top = self.points[start]
        drop = np.clip(_FALL_T - self.t[:start], 0, None)[:, None]
        y = top[None, :, 1] - drop
        radius = np.hypot(top[:, 0], top[:, 2] + 4.0)[None]
        # Out over the ears, in again at the neck, out over the shoulders.
        full = 0.9 + 0.7 * identity.hair_length
        radius = radius + full * np.sin(np.pi * np.clip(drop / 16, 0, 0.5)) - 1.3 * ramp(drop, 9, 15)
        if cut.falls is not None and cut.falls > -12:
            radius = radius - 0.9 * ramp(drop, 8, 14)
        else:
            radius = radius + 1.6 * ramp(drop, 15, 22)
        falling = np.stack([out[:, 0] * radius, y, out[:, 2] * radius - 4.0], -1)
        falling = over_clothes(falling, 0.3)
        behind = np.abs(self.s) > _FRONT_S
        blend = ramp(drop, 0.0, 2.5)[..., None]
        mixed = self.points[:start] * (1 - blend) + falling * blend
        self.points[:start, behind] = mixed[:, behind]
        self.normals[:start, behind] = out[behind]
        self.inside[:start, behind] = True
        self.grown[:start, behind] = np.minimum(np.abs(s[:start, behind]) - _FRONT_S, t[:start, behind] - self.bottom)

    def at(self, s: Floats, t: Floats) -> tuple[Floats, Floats]:
        """Positions and unit normals `(..., 3)`, interpolated."""
        column = ((s + S_BACK) % (2 * S_BACK)) / (self.s[1] - self.s[0])
        row = np.clip((t - self.bottom) / _STEP, 0, len(self.t) - 1)
        where = np.stack([row.ravel(), column.ravel()])
        out = [
            np.stack([map_coordinates(f[..., k], where, order=1, mode="nearest") for k in range(3)], -1)
            for f in (self.points, self.normals)
        ]
        shape = (*s.shape, 3)
        normal = out[1] / np.maximum(np.linalg.norm(out[1], axis=1, keepdims=True), 1e-9)
        return out[0].reshape(shape), normal.reshape(shape)


def parting(identity: Identity) -> float:
    """s of the parting."""
    aside = 3.2 if identity.hair_style is HairStyle.SIDE_PARTED else 0.35 * (identity.grain % 7)
    return aside if identity.grain % 2 else -aside


def comb(identity: Identity, s: Floats, t: Floats) -> Floats:
    """Direction in which hair lies at (s, t): unit vectors `(..., 2)` in the plane."""
    cut = cut_of(identity)
    azimuth = s / RADIUS
    side = ramp(np.abs(azimuth), np.radians(40), np.radians(85))
    if identity.hair_style is HairStyle.TIED_BACK:
        across = np.sign(s) * (0.2 + 1.0 * side)
        up = 1.0 - 1.1 * side
    elif cut.parted:
        away = np.tanh((s - parting(identity)) / 0.6)
        across = cut.comb[0] * away * (1 - side)
        up = cut.comb[1] * (1 - side) - side
    else:
        lean = 1.0 if identity.grain % 2 else -1.0
        across = lean * cut.comb[0] * (1 - side) + 0.35 * np.sign(s) * side
        up = cut.comb[1] * (1 - side) - side
    flow = np.stack([across, up], -1)
    return np.asarray(flow / np.maximum(np.linalg.norm(flow, axis=-1, keepdims=True), 1e-6))


def _head_share(points: Floats) -> Floats:
    """Hair on the shoulders does not turn with the head."""
    return 0.3 + 0.7 * ramp(points[:, 1], -15.0, -4.0)


def _shell(identity: Identity, scalp: Scalp) -> Mesh:
    rows, columns = scalp.inside.shape
    points = scalp.points.reshape(-1, 3)
    triangles = grid_triangles(rows, columns)
    triangles = triangles[scalp.inside.ravel()[triangles].all(1)]
    s, t = np.meshgrid(scalp.s, scalp.t)
    lies = comb(identity, s, t)
    ahead, _ = scalp.at(s + 0.3 * lies[..., 0], t + 0.3 * lies[..., 1])
    flow = _unit((ahead - scalp.points).reshape(-1, 3))
    light = np.clip(0.45 + 0.15 * scalp.grown.ravel(), 0.35, 0.7)
    plane = np.stack([s.ravel(), t.ravel()], 1)
    shell = Mesh.of(points, triangles, plane, Material.HAIR, head=_head_share(points), light=light, flow=flow)
    return compact(shell)


_STEPS = 7


@dataclass(frozen=True)
class _Strands:
    """Middle lines of L locks.

    Attributes:
        curve, normal: `(L, K, 3)` positions and outward normals from root to tip.
        root: `(L,)` s of the roots.
        length: `(L,)` cm.
        raised: `(L,)` 0 deep in the hair to 1 on top.
    """

    curve: Floats
    normal: Floats
    root: Floats
    length: Floats
    raised: Floats


def _grow(identity: Identity, scalp: Scalp, rng: np.random.Generator) -> _Strands:
    """Let locks follow the comb from random roots."""
    cut = cut_of(identity)
    count = cut.locks
    rows, columns = np.nonzero(scalp.grown > -0.05)
    pick = rng.choice(len(rows), count, p=_root_odds(scalp, rows, columns))
    s = scalp.s[columns[pick]] + rng.uniform(-0.2, 0.2, count)
    t = scalp.t[rows[pick]] + rng.uniform(-0.2, 0.2, count)
    root = s.copy()
    length = cut.length * rng.uniform(0.6, 1.15, count) * (0.7 + 0.6 * identity.hair_length)
    turn, raised = rng.normal(0, cut.scatter, count), rng.uniform(0.0, 1.0, count)
    cos, sin = np.cos(turn), np.sin(turn)
    path, out = [], []
    for step in range(_STEPS + 1):
        position, normal = scalp.at(s, t)
        height = 0.05 + cut.lift * (0.25 + 0.75 * raised) * np.sin(0.5 * np.pi * step / _STEPS) ** 1.5
        path.append(position + normal * height[:, None])
        out.append(normal)
        flow = comb(identity, s, t)
        ds, dt = flow[:, 0] * cos - flow[:, 1] * sin, flow[:, 0] * sin + flow[:, 1] * cos
        falling = (t < _FALL_T) & (np.abs(s) > _FRONT_S) & (cut.falls is not None)
        ds, dt = np.where(falling, 0.0, ds), np.where(falling, -1.0, dt)
        # Hair ends at the hairline instead of growing over the face.
        over = ~falling & (t < hairline(identity, s) + 0.2) & (dt < 0)
        advance = length / _STEPS * np.where(over, 0.2, 1.0)
        # Near the crown a centimetre is more of the way around.
        radius = np.maximum(np.hypot(position[:, 0], position[:, 2] + 4.0), 2.0)
        s = s + ds * advance * RADIUS / radius
        t = np.clip(t + dt * advance, scalp.bottom, T_TOP - 0.2)
    return _Strands(np.stack(path, 1), np.stack(out, 1), root, length, raised)


def _locks(identity: Identity, scalp: Scalp, rng: np.random.Generator) -> Mesh:
    """Curling ribbons around the strands, tapering to their tips."""
    cut, strands = cut_of(identity), _grow(identity, scalp, rng)
    count, normal = cut.locks, strands.normal
    tangent = _unit(np.asarray(np.gradient(strands.curve, axis=1)))
    side = _unit(np.cross(normal, tangent))
    k = np.linspace(0, 1, _STEPS + 1)[None, :, None]
    hand = rng.choice((-1.0, 1.0), count)[:, None, None]
    wave = 2 * np.pi * cut.turns * k + rng.uniform(0, 2 * np.pi, count)[:, None, None]
    curve = strands.curve + cut.curl * k**0.7 * hand * (np.sin(wave) * side + 0.6 * np.cos(wave) * normal)
    taper = (1 - 0.85 * k**2.2) * (0.55 + 0.45 * np.minimum(1, 4 * k))
    half = 0.5 * cut.width * rng.uniform(0.5, 1.2, count)[:, None, None] * taper
    # Three points across, arched, so that a lock looks round.
    across = np.array((-1.0, 0.0, 1.0))
    ribbon = curve[:, :, None] + (side * half)[:, :, None] * across[:, None]
    ribbon = ribbon - normal[:, :, None] * (0.45 * half[:, :, None] * across[:, None] ** 2)
    points = over_clothes(ribbon.reshape(-1, 3), 0.15)
    shape = (count, _STEPS + 1, 3)
    first = shape[1] * shape[2] * np.arange(count)
    triangles = (grid_triangles(shape[1], shape[2])[None] + first[:, None, None]).reshape(-1, 3)
    around = (strands.root + rng.uniform(-4, 4, count))[:, None, None] + half * across
    along = np.broadcast_to(k * strands.length[:, None, None], shape)
    light = np.broadcast_to((0.72 + 0.28 * strands.raised)[:, None, None] * (0.65 + 0.35 * k), shape)
    return Mesh.of(
        points,
        triangles,
        np.stack([around.ravel(), along.ravel()], 1),
        Material.LOCK,
        head=_head_share(points),
        light=light.ravel(),
        flow=np.broadcast_to(tangent[:, :, None], (*shape, 3)).reshape(-1, 3),
    )


def _unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9))


def _root_odds(scalp: Scalp, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Floats:
    """Chance of a cell to hold a root: cells near the crown are small."""
    position = scalp.points[rows, columns]
    share = np.clip(np.hypot(position[:, 0], position[:, 2] + 4.0), 0.3, 10)
    # Most of a falling sheet is fed from its upper part.
    share = share * np.where(scalp.t[rows] < 3.0, 0.5, 1.0)
    # The hairline is seen best.
    share = share * np.where(scalp.grown[rows, columns] < 0.9, 2.2, 1.0)
    return np.asarray(share / share.sum())


def hair(identity: Identity, plane: Floats, points: Floats, normals: Floats) -> tuple[Mesh, ...]:
    """The hair of somebody at rest, in head coordinates, on a scalp: `plane` (G, 2), `points` and `normals` (G, 3)."""
    if identity.hair_style is HairStyle.BALD:
        return ()
    scalp = Scalp(identity, plane, points, normals)
    return _shell(identity, scalp), _locks(identity, scalp, np.random.default_rng(identity.grain + 1))
