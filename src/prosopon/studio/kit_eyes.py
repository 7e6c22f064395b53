"""The eyes of a face kit: where its lids are among the vertices of its skin, and how they keep to the eyeballs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from prosopon.studio.falloff import ramp
from prosopon.studio.mesh import Floats, Ints


@dataclass(frozen=True)
class KitEye:
    """Vertices around one eye.

    Attributes:
        upper, lower: margins of the lids from the nose to the temple; the ends are shared.
        near: those that slide over the eyeball.
        lining: back of the upper lid's margin.
    """

    upper: Ints
    lower: Ints
    near: Ints
    lining: Ints

    def gap(self, skin: Floats) -> float:
        """Mean height in cm of the opening between the lids of a skin `(V, 3)`, in its middle."""
        upper, lower = skin[self.upper], skin[self.lower]
        x = np.linspace(upper[0, 0], upper[-1, 0], 13)[4:9]
        return float(np.clip(_height(upper, x) - _height(lower, x), 0, None).mean())

    def keep_outside(self, points: Floats, ball: Floats, radius: float, *, closed: float) -> None:
        """Keep the lids outside the eyeball, and bring their margins together when the eye is shut.

        Args:
            points: vertices `(V, 3)`, which are changed.
            ball: centre of the eyeball `(3,)`.
            radius: of the eyeball, cm.
            closed: how far the eye is shut, 0 to 1.
        """
        if closed > 0:
            upper = points[self.upper]
            meet = _height(points[self.lower], upper[:, 0])
            # What the kit's own shape leaves open for this identity is closed by the upper lid.
            left = np.clip(upper[1:-1, 1] - meet[1:-1] + 0.02, None, None) * np.clip(closed, 0, 1) ** 4
            points[self.upper[1:-1], 1] -= left
            lowered = np.stack([upper[1:-1, 0], left], 1)
            points[self.lining, 1] -= _height(lowered, points[self.lining, 0])
        offset = points[self.near] - ball
        square = (radius + 0.05) ** 2 - offset[:, 0] ** 2 - offset[:, 1] ** 2
        outside = np.sqrt(np.maximum(square, 0))
        reach = ramp(square, 0.0, 0.4)
        pushed = np.maximum(offset[:, 2], outside)
        points[self.near, 2] = ball[2] + offset[:, 2] * (1 - reach) + pushed * reach


def _height(line: Floats, x: Floats) -> Floats:
    """y at each x of a line whose points `(K, 2 or 3)` are in any order."""
    order = np.argsort(line[:, 0])
    height: Floats = np.interp(x, line[order, 0], line[order, 1])
    return height


def find_eyes(skin: Floats, quads: Ints) -> tuple[KitEye, KitEye]:
    """The two rings of the skin's border that lie around the eyeballs, cut at their corners.

    Args:
        skin: the average face `(V, 3)`, cm.
        quads: the faces of the skin `(Q, 4)`.

    Returns:
        The eyes on the picture's left and right.
    """
    edges = {(int(a), int(b)) for i in range(4) for a, b in zip(quads[:, i - 1], quads[:, i], strict=True)}
    after = {a: b for a, b in edges if (b, a) not in edges}
    found: dict[float, KitEye] = {}
    while after:
        start, now = after.popitem()
        ring = [start]
        while now != start and now in after:
            ring.append(now)
            now = after.pop(now)
        points = skin[ring]
        # Mouth and neck lie around the middle.
        if abs(points[:, 0].mean()) < 1:
            continue
        side = float(np.sign(points[:, 0].mean()))
        found[side] = _eye(skin, _outward(ring, edges), side)
    return found[-1.0], found[1.0]


def _eye(skin: Floats, rings: Ints, side: float) -> KitEye:
    ring = rings[-1]
    at = skin[ring]
    inner, outer = int((side * at[:, 0]).argmin()), int((side * at[:, 0]).argmax())
    one = np.roll(ring, -inner)[: (outer - inner) % len(ring) + 1]
    other = np.roll(ring, -outer)[: (inner - outer) % len(ring) + 1][::-1]
    above = skin[one, 1].mean() > skin[other, 1].mean()
    upper, lower = (one, other) if above else (other, one)
    offset = skin - at.mean(0)
    near = (np.abs(offset[:, 0]) < 1.9) & (np.abs(offset[:, 1]) < 1.3) & (offset[:, 2] > -1.2)
    lining = rings[:-1, np.isin(ring, upper[1:-1])].ravel()
    return KitEye(upper, lower, np.flatnonzero(near), lining)


def _outward(border: list[int], edges: set[tuple[int, int]]) -> Ints:
    """The border ring and the two rings around it `(3, K)`, vertex beside vertex; the last is the lid's margin.

    The kit's lids are rolled in: their border lies hidden on the eyeball.
    """
    beside: dict[int, set[int]] = {}
    for a, b in edges:
        beside.setdefault(a, set()).add(b)
        beside.setdefault(b, set()).add(a)
    rings, known = [border], set(border)
    for _ in range(2):
        after = [min(beside[vertex] - known) for vertex in rings[-1]]
        rings.append(after)
        known |= set(after)
    return np.array(rings)
