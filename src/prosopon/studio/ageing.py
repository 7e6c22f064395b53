"""How the form of a face ages: flesh sinks and hangs, lips thin, nose and ears grow on.

Fine lines are not form but relief: see `wrinkles`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from prosopon.studio.falloff import bump, ramp
from prosopon.studio.person import Identity, Shape

Floats = NDArray[np.float64]

_AT_FULL_AGE = {
    "upper_lip": -1.9, "lower_lip": -1.5, "cupid_bow": -1.0, "eye_opening": -0.8, "lid_fold": -1.0,
    "temple_width": -0.9, "cheek_fullness": -0.5, "nose_length": 0.9, "nose_tip_up": -0.9,
    "nose_width": 0.6, "ear_size": 2.2, "jaw_width": 0.3,
}  # fmt: skip
"""What age adds to the coefficients of the shape, in standard deviations."""
_THINNEST_LIP = -3.4
"""Coefficient at which a lip is a line; less would turn it inside out."""


def wear(identity: Identity) -> float:
    """How far ageing shows on face and skin, 0 to 1; none of it comes in early youth."""
    return float(np.clip((identity.age - 0.08) / 0.92, 0, 1) ** 0.95)


def aged_shape(identity: Identity) -> Shape:
    """Somebody's shape with what age has made of it."""
    amount, shape = wear(identity), identity.shape
    if not amount:
        return shape
    changed = {name: getattr(shape, name) + amount * full for name, full in _AT_FULL_AGE.items()}
    for lip in ("upper_lip", "lower_lip"):
        changed[lip] = max(changed[lip], min(_THINNEST_LIP, getattr(shape, lip)))
    return replace(shape, **changed)


def nasolabial_x(y: Floats) -> Floats:
    """|x| in cm of the fold that runs from the wing of the nose past the corner of the mouth, at height `y`."""
    way = (-0.6 - y) / 3.8
    return np.asarray(1.88 + 1.12 * way + 0.2 * np.sin(np.pi * np.clip(way, 0, 1)))


def sag(p: Floats, identity: Identity) -> Floats:
    """What age moves, `(N, 3)` cm, at average points `(N, 3)` of the skin."""
    w = wear(identity)
    out = np.zeros_like(p)
    x, y, z = out.T
    side = np.tanh(p[:, 0] / 0.6)
    front = p[:, 2] > 2

    # The fold beside the mouth, shallow in the young, and the cheek that comes to hang over it.
    off = np.abs(p[:, 0]) - nasolabial_x(p[:, 1])
    along = ramp(-p[:, 1], 0.2, 1.4) * (1 - ramp(-p[:, 1], 3.6, 5.2)) * front
    z -= (0.05 + 0.15 * w) * np.exp(-((off / 0.32) ** 2)) * along
    over = np.exp(-(((off - 0.65) / 0.55) ** 2)) * along
    z += 0.17 * w * over
    x -= 0.10 * w * side * over
    if not w:
        return out

    # Corners of the mouth down, and the lines that go on from them.
    y -= 0.16 * w * bump(p, (2.3, -4.4, 4.2), 0.9)
    down = np.abs(p[:, 0]) - (2.6 + 0.16 * (-4.8 - p[:, 1]))
    z -= 0.11 * w * np.exp(-((down / 0.32) ** 2)) * ramp(-p[:, 1], 4.4, 5.2) * (1 - ramp(-p[:, 1], 6.2, 7.6)) * front
    # Flat cheeks over full jowls, with a hollow between jowl and chin.
    cheek = bump(p, (4.7, -0.9, 3.4), 2.2)
    y -= 0.26 * w * cheek
    z -= 0.14 * w * cheek
    hollow = bump(p, (5.6, -2.9, 2.2), 1.7)
    x -= 0.22 * w * side * hollow
    z -= 0.10 * w * hollow
    jowl = bump(p, (4.6, -7.1, 1.9), 1.5)
    y -= 0.42 * w * jowl
    x += 0.24 * w * side * jowl
    z += 0.14 * w * jowl
    between = bump(p, (3.3, -8.2, 3.0), 0.9)
    x -= 0.14 * w * side * between
    y += 0.12 * w * between
    # Bags with a groove under them; hollow sockets; brows and outer lids come down.
    z += 0.17 * w * bump(p, (3.1, 1.25, 3.85), 0.62)
    z -= 0.15 * w * bump(p, (2.7, 0.55, 4.0), 0.6)
    z -= 0.10 * w * bump(p, (2.0, 3.45, 4.3), 0.6)
    y -= 0.24 * w * bump(p, (4.4, 4.5, 4.0), 1.5)
    hood = bump(p, (4.2, 3.55, 3.8), 0.75)
    y -= 0.16 * w * hood
    z += 0.08 * w * hood
    # Skin hangs under the chin.
    dewlap = bump(p, (0.0, -10.6, 1.6), 2.0)
    y -= 0.55 * w * dewlap
    z += 0.2 * w * dewlap
    return out
