"""Expressions: how the skin moves with jaw, lips, brows and lids.

Small movements are fixed displacement fields that add up; the jaw turns around its joint; the lids slide over the
eyeballs, which push out whatever would lie inside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from prosopon.studio.ageing import aged_shape
from prosopon.studio.falloff import bump, ramp
from prosopon.studio.person import Expression, Identity
from prosopon.studio.sculpt import Head, sculpt
from prosopon.studio.template import LIP_HALF, RADIUS, T_BOTTOM, slit_t, template

Floats = NDArray[np.float64]

JAW_JOINT = (0.0, 0.6, -2.2)
JAW_DEGREES = 21.0
GAZE_DEGREES = (24.0, 18.0)
_LID_THICKNESS = 0.06


@dataclass(frozen=True)
class Rig:
    """Weights and fields on the template's vertices, the same for everybody.

    Attributes:
        jaw: `(N,)` how much a vertex follows the jaw.
        fields: displacement `(N, 3)` in cm at strength 1, by name of the expression's attribute.
        head: `(N,)` 1 where the skin follows the head's pose, down to 0 at the foot of the neck.
        lid: per eye `(vertices, column, upper weight, lower weight)`; column is the position along the lid, 0 to 1.
    """

    jaw: Floats
    fields: dict[str, Floats]
    head: Floats
    lid: tuple[tuple[NDArray[np.int64], Floats, Floats, Floats], ...]


def _jaw_weight(plane: Floats, points: Floats, below: NDArray[np.bool_]) -> Floats:
    u = plane[:, 0] / LIP_HALF
    line = slit_t(np.clip(u, -1, 1))
    distance = np.abs(plane[:, 1] - line)
    # Inside the mouth the lips part: 0 above, 1 below. Towards the corners and beyond both sides meet at one half.
    meet = 1 - np.sqrt(np.clip(1 - np.clip(np.abs(u), 0, 1) ** 2, 0, 1))
    reach = 0.25 + 0.9 * np.clip(np.abs(u) - 0.6, 0, 1.6)
    half = 0.5 * meet * np.exp(-distance / reach)
    weight = np.where(below, 1 - half, half)
    azimuth = np.abs(plane[:, 0]) / RADIUS
    weight *= 1 - ramp(azimuth, np.radians(62), np.radians(100))
    weight *= 1 - ramp(-plane[:, 1], 9.6, 15.0)
    return np.asarray(weight * (points[:, 2] > -5))


@lru_cache(maxsize=1)
def rig() -> Rig:
    """The rig, made on first use."""
    base = template()
    p, plane, below = base.points, base.plane, base.below_slit
    side = np.tanh(p[:, 0] / 0.5)
    none = np.zeros(len(p))

    def field(x: Floats, y: Floats, z: Floats) -> Floats:
        return np.stack([x, y, z], 1)

    fields: dict[str, Floats] = {}
    corner, around = bump(p, (2.35, -4.3, 4.2), 1.1), bump(p, (2.6, -3.9, 4.2), 2.4)
    apple = bump(p, (4.2, -0.5, 3.7), 1.7)
    centre = bump(p, (0.0, -4.3, 5.5), 1.2)
    fields["smile"] = field(
        side * (0.33 * corner + 0.22 * around + 0.08 * apple),
        0.30 * corner + 0.25 * around + 0.22 * apple - 0.08 * centre,
        -0.28 * corner - 0.12 * around + 0.22 * apple - 0.1 * centre,
    )
    wide = bump(p, (2.3, -4.3, 4.2), 1.5)
    fields["mouth_wide"] = field(0.42 * side * wide, none, -0.2 * wide)
    ring = bump(p, (0.0, -4.3, 5.0), 2.2)
    fields["pucker"] = field(
        -0.36 * p[:, 0] * ring, -0.12 * (p[:, 1] + 4.3) * ring, 0.55 * bump(p, (0.0, -4.3, 5.2), 1.6)
    )
    u = np.clip(plane[:, 0] / LIP_HALF, -1, 1)
    offset = plane[:, 1] - slit_t(u)
    lips = np.exp(-((offset / 0.75) ** 2)) * np.exp(-((plane[:, 0] / 2.0) ** 4)) * (p[:, 2] > 2)
    fields["lip_press"] = field(none, -0.42 * offset * lips, -0.22 * lips)
    over = np.exp(-((plane[:, 0] / 1.5) ** 2)) * np.exp(-((offset / 1.4) ** 2)) * (p[:, 2] > 2)
    edge = np.clip(1 - u**2, 0, 1) ** 0.5
    fields["upper_lip_raise"] = field(none, np.where(below, 0, 0.42 * over * edge), np.where(below, 0, 0.1 * over))
    fields["lower_lip_drop"] = field(none, np.where(below, -0.45 * over * edge, 0), np.where(below, 0.08 * over, 0))
    puff = bump(p, (4.6, -3.3, 3.3), 2.2)
    fields["cheek_puff"] = field(0.55 * side * puff, none, 0.45 * puff + 0.2 * bump(p, (0.0, -3.0, 5.5), 2.0))
    for name, sign in (("left", -1.0), ("right", 1.0)):
        mine = ramp(sign * p[:, 0], -0.6, 0.6)
        lift = bump(p, (3.0, 4.75, 4.6), 1.7) + 0.35 * bump(p, (3.2, 6.6, 4.3), 2.0)
        fields[f"brow_raise_{name}"] = field(none, 0.62 * lift * mine, 0.05 * lift * mine)
    knit = bump(p, (1.2, 4.55, 5.1), 1.3)
    fields["brow_frown"] = field(-0.22 * side * knit, -0.32 * knit, 0.1 * knit)
    squeeze = bump(p, (3.4, 1.5, 3.8), 1.1)
    fields["squint"] = field(none, 0.16 * squeeze, 0.1 * squeeze)

    lids = []
    for eye, sign in enumerate((-1.0, 1.0)):
        top, bottom = plane[base.lid_upper[eye]], plane[base.lid_lower[eye]]
        s = plane[:, 0] * sign
        start, end = top[0, 0] * sign, top[-1, 0] * sign
        near = np.flatnonzero((s > start - 1.6) & (s < end + 1.8) & (np.abs(plane[:, 1] - 2.7) < 2.6))
        at = s[near]
        column = np.clip((at - start) / (end - start), 0, 1)
        beyond = np.maximum(np.maximum(start - at, at - end), 0)
        high = np.interp(at, top[:, 0] * sign, top[:, 1])
        low = np.interp(at, bottom[:, 0] * sign, bottom[:, 1])
        t = plane[near, 1]
        up = np.hypot(np.clip(t - high, 0, None), beyond)
        down = np.hypot(np.clip(low - t, 0, None), beyond)
        upper = np.where(t >= high - 1e-6, np.clip(1 - up / 1.0, 0, 1) ** 2, 0.0)
        lower = np.where(t <= low + 1e-6, np.clip(1 - down / 0.9, 0, 1) ** 2, 0.0)
        lids.append((near, column, upper, lower))
    head = ramp(plane[:, 1], T_BOTTOM + 1.5, -11.0)
    return Rig(_jaw_weight(plane, p, below), fields, head, tuple(lids))


def turn_jaw(points: Floats, amount: Floats | float) -> Floats:
    """Points `(N, 3)` turned around the jaw joint; `amount` 1 is the widest opening."""
    angle = np.radians(JAW_DEGREES) * np.asarray(amount)
    y, z = points[:, 1] - JAW_JOINT[1], points[:, 2] - JAW_JOINT[2]
    cos, sin = np.cos(angle), np.sin(angle)
    return np.stack([points[:, 0], JAW_JOINT[1] + y * cos - z * sin, JAW_JOINT[2] + y * sin + z * cos], 1)


def _close_lids(points: Floats, head: Head, eye: int, *, blink: float, squint: float, gaze_y: float) -> None:
    """Move the lids of one eye in place and keep the skin outside the eyeball."""
    base = template()
    near, column, upper, lower = rig().lid[eye]
    top, bottom = points[base.lid_upper[eye]], points[base.lid_lower[eye]]
    along = np.linspace(0, 1, 33)
    order = np.abs(top[:, 0] - top[0, 0]) / abs(top[-1, 0] - top[0, 0])
    high = np.interp(along, order, top[:, 1])
    low_order = np.abs(bottom[:, 0] - bottom[0, 0]) / abs(bottom[-1, 0] - bottom[0, 0])
    low = np.interp(along, low_order, bottom[:, 1])
    gap = np.maximum(high - low, 0)
    shut = float(np.clip(blink, -0.3, 1.0))
    # The upper lid does most of the way and follows the gaze; the lower one rises a little.
    rise = 0.16 * np.clip(shut, 0, 1) + 0.16 * squint + 0.05 * gaze_y
    meet = gap * (1 - rise) * 1.0
    follow = np.clip(-0.2 * gaze_y + 0.12 * squint, -0.22, 0.35) * (1 - max(shut, 0))
    fall = meet * (shut * 1.02 + follow)
    # Column of a vertex as it lies now, measured in the plane once and for all; lines are sampled by column.
    patch = points[near]
    patch[:, 1] += lower * np.interp(column, along, gap * rise) - upper * np.interp(column, along, fall)
    offset = patch - head.eyes[eye]
    radius = head.eye_radius + _LID_THICKNESS
    square = radius**2 - offset[:, 0] ** 2 - offset[:, 1] ** 2
    outside = np.sqrt(np.maximum(square, 0))
    soft = 0.06
    difference = offset[:, 2] - outside
    pushed = outside + 0.5 * (difference + np.sqrt(difference**2 + soft**2))
    reach = ramp(square, 0.0, 0.5)
    patch[:, 2] = head.eyes[eye, 2] + offset[:, 2] * (1 - reach) + pushed * reach
    points[near] = patch


def pose_skin(identity: Identity, expression: Expression) -> Floats:
    """Skin vertices `(N, 3)` in head coordinates, cm."""
    head, weights = sculpt(identity), rig()
    e = expression
    points = head.points.copy()
    for name, move in weights.fields.items():
        strength = getattr(e, name)
        if strength:
            points += strength * move
    if e.jaw_open:
        points[:, 0] -= 0.05 * e.jaw_open * points[:, 0] * bump(template().points, (0.0, -4.5, 5.0), 2.6)
        points = turn_jaw(points, weights.jaw * e.jaw_open)
    _lid_fold(points, identity, e)
    for eye, blink in enumerate((e.blink_left, e.blink_right)):
        _close_lids(points, head, eye, blink=blink, squint=e.squint, gaze_y=e.gaze_y)
    return points


def _lid_fold(points: Floats, identity: Identity, e: Expression) -> None:
    """The fold of the upper lid: a groove that opens when the eye closes."""
    depth = np.clip(0.10 + 0.05 * aged_shape(identity).lid_fold, 0, 0.22)
    base = template()
    for eye, blink in enumerate((e.blink_left, e.blink_right)):
        near, column, _, _ = rig().lid[eye]
        top = base.plane[base.lid_upper[eye]]
        sign = 1 if eye else -1
        high = np.interp(base.plane[near, 0] * sign, top[:, 0] * sign, top[:, 1])
        above = base.plane[near, 1] - high
        groove = np.exp(-(((above - 0.3) / 0.1) ** 2)) * np.sin(np.pi * np.clip(column, 0.02, 0.98)) ** 0.5
        points[near, 2] -= depth * groove * (1 - 0.7 * np.clip(blink, 0, 1))
