"""How each material takes its colour from the surface and the light."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prosopon.core.parts import Part
from prosopon.studio.greying import grey_of, grey_share, hair_colour
from prosopon.studio.mesh import SHEETS, Material
from prosopon.studio.person import Identity, Light
from prosopon.studio.raster import Hits
from prosopon.studio.shading import diffuse, highlight, strand_highlight
from prosopon.studio.skin import SkinMap, paint, tone

# Columns of the interpolated vertex values: normal 0-2, surface coordinates 3-4, light from around 5, key light 6.
Floats = NDArray[np.float32]
_Painted = tuple[NDArray[np.float32], NDArray[np.uint8] | int]
_SKIN_WRAP = (0.45, 0.25, 0.2)
_PLAIN_WRAP = (0.15, 0.15, 0.15)


def _bent(normal: Floats, slope: Floats, up: Floats) -> Floats:
    """Unit normals `(P, 3)` of skin that rises by `slope` (P, 2) along s and t; `up` is that of the head."""
    x, y, z = up
    across = np.array(((0, z, -y), (-z, 0, x), (y, -x, 0)), np.float32)
    out = normal @ across
    out *= -slope[:, :1]
    out += normal
    out -= slope[:, 1:] * up
    out /= np.sqrt(np.einsum("ij,ij->i", out, out))[:, None]
    return out


def _skin(identity: Identity, v: NDArray[np.float32], light: Light, up: Floats) -> _Painted:
    skin: SkinMap = paint(identity)
    at = skin.index(v[:, 3:5])
    albedo = skin.albedo.reshape(-1, 3)[at]
    gloss = skin.gloss.reshape(-1)[at]
    normal = v[:, :3]
    if skin.lined is not None:
        texels, slope = skin.lined
        row = texels[at]
        lined = np.flatnonzero(row)
        normal = normal.copy()
        normal[lined] = _bent(normal[lined], slope[row[lined]], up)
    received = diffuse(normal, v[:, 5], v[:, 6], light, _SKIN_WRAP)
    shine = highlight(normal, v[:, 6], light, 22) * 0.10 + highlight(normal, v[:, 6], light, 70) * 0.10
    return albedo * received + (shine * gloss)[:, None], skin.part.reshape(-1)[at]


def _ear(identity: Identity, v: NDArray[np.float32], light: Light) -> _Painted:
    albedo = (tone(identity) * (1.06, 0.88, 0.86)).astype(np.float32)
    received = diffuse(v[:, :3], v[:, 5], np.ones_like(v[:, 6]) * 0.8, light, _SKIN_WRAP)
    shine = highlight(v[:, :3], v[:, 6], light, 22) * 0.03
    return albedo * received + shine[:, None], int(Part.EAR)


def _eye(identity: Identity, v: NDArray[np.float32], light: Light) -> _Painted:
    angle, turn = np.degrees(v[:, 3]), v[:, 4]
    white = np.array((0.50, 0.455, 0.43), np.float32) * (1 - 0.004 * np.clip(angle - 25, 0, 40))[:, None]
    white *= 1 - np.clip((angle - 40) / 60, 0, 0.4)[:, None] * np.array((0.2, 0.7, 0.7), np.float32)
    iris_edge, pupil_edge = 23.5, 7.5
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
    return albedo * received, np.where(lip, int(Part.LIP), int(Part.MOUTH)).astype(np.uint8)


def _teeth(identity: Identity, v: NDArray[np.float32], light: Light) -> _Painted:
    number, along = v[:, 3], v[:, 4]
    gap = np.abs((number + 0.5) % 1 - 0.5)
    shade = 1 - 0.45 * np.exp(-((gap / 0.05) ** 2)) - 0.12 * (1 - along)
    enamel = np.array((0.66, 0.61, 0.52), np.float32) * (1 - 0.12 * identity.age)
    gum = np.clip((0.2 - along + 0.08 * np.cos(2 * np.pi * number)) / 0.06, 0, 1)[:, None]
    albedo = enamel * shade[:, None] * (1 - gum) + np.array((0.42, 0.14, 0.13), np.float32) * gum
    received = diffuse(v[:, :3], v[:, 5], v[:, 5], light, (0.4, 0.4, 0.4))
    glint = highlight(v[:, :3], v[:, 5], light, 80) * 0.2 * v[:, 5]
    return albedo * received + glint[:, None], int(Part.MOUTH)


def _tongue(identity: Identity, v: NDArray[np.float32], light: Light) -> _Painted:
    albedo = np.array((0.46, 0.17, 0.16), np.float32)
    received = diffuse(v[:, :3], v[:, 5], v[:, 5], light, _SKIN_WRAP)
    return albedo * received, int(Part.MOUTH)


def _lid_rim(identity: Identity, v: NDArray[np.float32], light: Light) -> _Painted:
    colour, _ = _tongue(identity, v, light)
    return colour, int(Part.SKIN)


def _hair(identity: Identity, v: NDArray[np.float32], light: Light, tangent: Floats) -> _Painted:
    base = hair_colour(identity)
    s, t = v[:, 3], v[:, 4]
    strand = (
        np.sin(s * 31 + 3 * np.sin(s * 7.3) + 0.9 * np.sin(t * 1.3)) * 0.6 + np.sin(s * 83 + 5 * np.sin(t * 0.9)) * 0.25
    )
    received = diffuse(v[:, :3], v[:, 5] * 0.8, v[:, 6], light, _PLAIN_WRAP)
    facing = np.clip(v[:, 2] * 0.6 + 0.4, 0, 1) * v[:, 6]
    shine = strand_highlight(tangent, light, 60) * facing * (0.6 + 0.5 * strand)
    colour = base * (1 + 0.35 * strand)[:, None] * received
    grey = grey_share(identity)
    if grey:
        # Grey hairs stand in locks of their own.
        streak = (2 * grey * (1 - grey) * strand * received[:, 1])[:, None]
        colour += streak * (grey_of(identity) - np.array(identity.hair, np.float32))
    colour += (shine * 0.10)[:, None] * (0.3 * np.array((1.0, 0.95, 0.9), np.float32) + 1.2 * np.sqrt(base) * 0.6)
    return np.maximum(colour, 0), int(Part.HAIR)


def _pattern(grain: int, angle: Floats, height: Floats) -> Floats:
    """How much darker the threads of a pattern are: half of all shirts are plain, others striped or chequered."""
    kind, fine = grain // 7 % 8, 1 + grain // 56 % 3
    across = np.clip(3 * np.sin(height * 1.4 * fine), 0, 1)
    upright = np.clip(3 * np.sin(angle * 14 * fine), 0, 1)
    depth = np.float32(0.25 + 0.1 * (grain // 168 % 4))
    # Stripes across, stripes upright, checks, a yoke of another shade.
    shapes = (across, upright, 0.5 * (across + upright), np.clip((height + 17.5) / 0.3, 0, 1))
    return np.asarray(depth * (shapes[kind] if kind < len(shapes) else 0 * height), np.float32)


def _clothes(identity: Identity, v: NDArray[np.float32], light: Light) -> _Painted:
    weave = 1 + 0.06 * np.sin(v[:, 3] * 160) * np.sin(v[:, 4] * 9) - _pattern(identity.grain, v[:, 3], v[:, 4])
    received = diffuse(v[:, :3], v[:, 5], v[:, 6], light, _PLAIN_WRAP)
    colour = np.array(identity.clothes, np.float32) * weave[:, None] * received
    return np.asarray(colour, np.float32), int(Part.CLOTHES)


def _frame(identity: Identity, v: NDArray[np.float32], light: Light) -> _Painted:
    received = diffuse(v[:, :3], v[:, 5], v[:, 6], light, _PLAIN_WRAP)
    shine = highlight(v[:, :3], v[:, 6], light, 40) * 0.35
    colour = np.array((0.02, 0.017, 0.015), np.float32) * received + shine[:, None]
    return np.asarray(colour, np.float32), int(Part.GLASSES)


def _lash(identity: Identity, v: NDArray[np.float32], light: Light) -> _Painted:
    colour = np.minimum(np.array(identity.hair, np.float32) * 0.3, 0.03) + 0.004
    return np.broadcast_to(colour, (len(v), 3)), int(Part.SKIN)


@dataclass(frozen=True)
class Surface:
    """What is known about the visible surface, to be interpolated where it is needed.

    Attributes:
        hits: visible pixels.
        values: `float32 (N, 7)` at the vertices, in the order above.
        flow: `(N, 3)` direction of strands at the vertices, in head coordinates.
        turn: `(3, 3)` rotation of the head.
    """

    hits: Hits
    values: Floats
    flow: NDArray[np.float64]
    turn: NDArray[np.float64]

    def strands(self, which: NDArray[np.int64]) -> Floats:
        """Unit direction of the strands at some of the pixels, as seen, `(P, 3)`."""
        flow = self.hits.among(which).blend((self.flow @ self.turn.T).astype(np.float32))
        return np.asarray(flow / np.maximum(np.linalg.norm(flow, axis=1, keepdims=True), 1e-6))


def shade(
    identity: Identity, surface: Surface, material: NDArray[np.uint8], light: Light
) -> tuple[Floats, NDArray[np.uint8]]:
    """Linear colour `(P, 3)` and part `(P,)` of the visible pixels; `material` is that of every triangle."""
    kind = material[surface.hits.triangles]
    colour = np.zeros((len(kind), 3), np.float32)
    part = np.zeros(len(kind), np.uint8)
    values = surface.hits.blend(surface.values)
    normal = values[:, :3]
    normal /= np.maximum(np.sqrt(np.einsum("ij,ij->i", normal, normal)), 1e-6)[:, None]
    sheet = np.isin(kind, SHEETS) & (normal[:, 2] < 0)
    normal[sheet] *= -1
    for name in np.unique(kind):
        here = np.flatnonzero(kind == name)
        seen = values[here]
        if name in (Material.HAIR, Material.LOCK):
            colour[here], part[here] = _hair(identity, seen, light, surface.strands(here))
        elif name == Material.SKIN:
            colour[here], part[here] = _skin(identity, seen, light, surface.turn[:, 1].astype(np.float32))
        else:
            colour[here], part[here] = _PAINTERS[Material(name)](identity, seen, light)
    return colour, part


_PAINTERS = {
    Material.EAR: _ear,
    Material.EYE: _eye,
    Material.MOUTH: _mouth,
    Material.TEETH: _teeth,
    Material.TONGUE: _tongue,
    Material.LID_RIM: _lid_rim,
    Material.CLOTHES: _clothes,
    Material.FRAME: _frame,
    Material.LASH: _lash,
}
