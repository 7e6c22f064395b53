"""From the average head to somebody's: the shape coefficients and age as smooth displacements of the skin."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from prosopon.studio.ageing import aged_shape, sag
from prosopon.studio.falloff import bump, ramp
from prosopon.studio.mesh import normals
from prosopon.studio.person import FULL_BEARD, Identity, Shape
from prosopon.studio.template import (
    EYE_CENTRE,
    EYE_RADIUS,
    LIP_HALF,
    lower_lip_height,
    slit_t,
    template,
    upper_lip_height,
)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Head:
    """Somebody's head at rest.

    Attributes:
        points: `(N, 3)` skin vertices, cm.
        normals: `(N, 3)` unit normals there.
        eyes: `(2, 3)` centres of the eyeballs, picture's left first.
        eye_radius: cm.
    """

    points: Floats
    normals: Floats
    eyes: Floats
    eye_radius: float


def _outline(p: Floats, shape: Shape) -> Floats:
    """How far the sides of head and neck lie farther out, `(N,)` cm; the features in the middle stay."""
    c, height = shape, p[:, 1]
    front = ramp(p[:, 2], -6, 0)
    out = 0.24 * c.temple_width * np.exp(-(((height - 5.6) / 2.8) ** 2)) * front
    out += 0.22 * c.cheekbones * np.exp(-(((height - 0.4) / 1.7) ** 2)) * front
    # The corners of the jaw, and what tapers from there to the chin.
    out += 0.32 * c.jaw_width * np.exp(-(((height + 5.4) / 2.9) ** 2)) * (1 - ramp(-height, 9, 11))
    return out * ramp(np.abs(p[:, 0]), 2.6, 5.6)


def _displaced(p: Floats, shape: Shape) -> Floats:
    """All coefficients but those of the eyes, applied to average points `(N, 3)`."""
    c = shape
    side = np.tanh(p[:, 0] / 0.6)
    out = p.copy()
    x, y, z = out.T
    x += (0.036 * c.face_width * p[:, 0]) * (1 - 0.8 * ramp(-p[:, 1], 9, 12))
    x += side * _outline(p, shape)
    y -= 0.42 * c.face_length * ramp(-p[:, 1], -2, 9)
    # The skull: high or low, deep and narrow or short and broad, with a flat or a round forehead.
    y += 0.42 * c.skull_height * ramp(p[:, 1], 5, 13)
    behind = ramp(-p[:, 2], 2, 13) * ramp(p[:, 1], -9, -2)
    z -= 0.75 * c.skull_depth * behind
    x -= 0.012 * c.skull_depth * p[:, 0] * behind
    z -= 0.6 * c.forehead_slope * ramp(p[:, 1], 5, 12) * ramp(p[:, 2], -4, 5)
    z += 0.32 * c.forehead_round * bump(p, (0.0, 7.6, 4.2), 3.4)
    ridge = bump(p, (2.3, 4.5, 4.9), 2.0)
    z += 0.22 * c.brow_ridge * ridge
    bone = bump(p, (5.2, 0.6, 2.8), 2.2)
    z += 0.22 * c.cheekbones * bone
    full = bump(p, (5.0, -3.2, 2.6), 3.0)
    x += 0.25 * c.cheek_fullness * side * full
    z += 0.22 * c.cheek_fullness * full
    # Flesh: cheeks, jaw line and what hangs under the chin.
    round_jaw = bump(p, (5.2, -5.8, 1.2), 3.2)
    x += 0.24 * c.heaviness * side * round_jaw
    z += 0.12 * c.heaviness * (full + round_jaw)
    under = bump(p, (0.0, -10.8, 1.4), 3.0)
    y -= 0.32 * np.maximum(c.heaviness, -0.5) * under
    z += 0.16 * np.maximum(c.heaviness, -0.5) * under
    y -= 0.30 * c.jaw_angle * bump(p, (6.6, -5.0, -1.6), 2.6)
    y -= 0.24 * c.midface_length * ramp(-p[:, 1], -1.6, 1.8)
    chin = bump(p, (0.0, -9.0, 4.5), 3.4)
    y -= 0.36 * c.chin_length * chin
    z += 0.34 * c.chin_forward * chin
    x += 0.34 * c.chin_width * side * bump(p, (2.6, -8.6, 3.6), 2.3)
    tip = bump(p, (0.0, -1.0, 6.6), 1.9)
    y -= 0.22 * c.nose_length * tip
    z += 0.27 * c.nose_projection * tip
    y += 0.2 * c.nose_tip_up * bump(p, (0.0, -0.9, 7.4), 1.1)
    x += 0.19 * c.nose_width * side * bump(p, (1.4, -0.9, 5.7), 1.1)
    x += 0.09 * c.nose_bridge * side * bump(p, (0.8, 1.5, 5.9), 1.5)
    z += 0.18 * c.nose_bridge * bump(p, (0.0, 2.7, 5.6), 1.4)
    z += 0.18 * c.nose_hump * bump(p, (0.0, 1.4, 6.5), 1.0)
    mouth = bump(p, (0.0, -4.3, 5.0), 2.8)
    x += 0.07 * c.mouth_width * p[:, 0] * mouth
    y += 0.2 * c.mouth_height * mouth
    neck = np.clip(ramp(-p[:, 1], 8, 12) + ramp(-p[:, 1], 3, 8) * ramp(-p[:, 2], 1, 4), 0, 1)
    x += (neck_scale(c) - 1) * p[:, 0] * neck
    z += 0.3 * c.neck_width * ramp(-p[:, 1], 9, 13) * np.sign(p[:, 2] + 5)
    # Nobody is symmetric.
    x += 0.06 * c.asymmetry * bump(p, (0.0, -2.5, 6.0), 4.0)
    y += 0.05 * c.asymmetry * side * bump(p, (3.0, 3.0, 4.0), 3.0)
    return out


def neck_scale(shape: Shape) -> float:
    """Width of the neck as a share of the average neck's."""
    return 0.96 + 0.062 * shape.neck_width + 0.025 * shape.heaviness


def _lips(p: Floats, plane: Floats, below: NDArray[np.bool_], shape: Shape) -> Floats:
    """Fullness of the lips and the crease between them."""
    out = p.copy()
    u = np.clip(plane[:, 0] / LIP_HALF, -1, 1)
    inside = (np.abs(plane[:, 0]) < LIP_HALF) & (plane[:, 1] > -7) & (plane[:, 1] < -2.4)
    distance = np.abs(plane[:, 1] - slit_t(u))
    for height, mine, fullness, sign in (
        (upper_lip_height(u), ~below, shape.upper_lip, 1.0),
        (lower_lip_height(u), below, shape.lower_lip, -1.0),
    ):
        v = distance / np.maximum(height, 0.05)
        here = inside & mine
        rise = np.where(here, np.clip(v, 0, 1) * np.exp(-(np.clip(v - 1, 0, 4) ** 2) / 0.3), 0) * (1 - u**2)
        belly = np.where(here, np.sin(np.pi * np.clip(v, 0, 1)) ** 0.8, 0) * np.sqrt(np.clip(1 - u**2, 0, 1))
        out[:, 1] += sign * (0.13 * fullness + 0.03) * rise
        out[:, 2] += (0.06 * fullness + 0.10) * belly
    if shape.cupid_bow:
        near = np.exp(-(((plane[:, 1] - slit_t(u) - 0.95) / 0.35) ** 2)) * np.where(below, 0, 1)
        out[:, 1] += 0.09 * shape.cupid_bow * near * (np.exp(-(((np.abs(u) - 0.24) / 0.14) ** 2)) - 0.4)
    out[:, 2] -= np.where(inside, 0.16 * np.exp(-((distance / 0.09) ** 2)) * np.sqrt(np.clip(1 - u**2, 0, 1)), 0)
    return out


def _beard(plane: Floats) -> Floats:
    """Thickness of a beard over the plane, 0 to 1; the lips stay free."""
    at, t = np.abs(plane[:, 0]), plane[:, 1]
    top = np.interp(at, (0, 2.2, 3.2, 5.0, 7.5, 9.5, 11.5), (-5.6, -4.6, -4.2, -4.6, -4.2, -2.5, 0.0))
    return ramp(top - t, 0.0, 2.0) * ramp(t, -11.5, -9.5) * (1 - 0.7 * ramp(at, 5.0, 11.0)) * (1 - ramp(at, 11.0, 12.5))


@lru_cache(maxsize=64)
def sculpt(identity: Identity) -> Head:
    """The head of somebody at rest."""
    average, shape = template(), aged_shape(identity)
    plane = average.plane
    out = _displaced(_lips(average.points, plane, average.below_slit, shape), shape)

    # Nostrils and the groove around the wings of the nose.
    p = average.points
    hole = np.exp(-(((np.abs(p[:, 0]) - 0.68) / 0.28) ** 2) - ((p[:, 1] + 1.62) / 0.2) ** 2) * (p[:, 2] > 5.3)
    out[:, 1] += 0.18 * hole
    out[:, 2] -= 0.25 * hole

    out += sag(p, identity)

    if identity.beard >= FULL_BEARD:
        out += (0.5 * identity.beard * _beard(plane))[:, None] * normals(out, average.triangles)

    eyes = np.array([(-EYE_CENTRE[0], *EYE_CENTRE[1:]), EYE_CENTRE])
    scale = 1 + 0.055 * shape.eye_size
    for k, sign in enumerate((-1.0, 1.0)):
        centre = eyes[k].copy()
        offset = p - centre
        weight = np.exp(-((offset[:, 0] / 2.0) ** 2) - (offset[:, 1] / 1.5) ** 2) * (p[:, 2] > 0)
        flat = np.minimum(np.exp(-((np.abs(offset[:, 0]) / 1.9) ** 4) - (np.abs(offset[:, 1]) / 1.1) ** 4), weight**0.2)
        flat = flat * (p[:, 2] > 0)
        shift = np.array((0.15 * shape.eye_spacing * sign, 0.0, -0.15 * shape.eye_depth - 0.02))
        out += weight[:, None] * shift
        out[:, 0] += flat * (scale - 1) * offset[:, 0]
        out[:, 1] += flat * ((scale - 1) + 0.11 * shape.eye_opening) * offset[:, 1]
        out[:, 1] += flat * 0.06 * shape.eye_tilt * offset[:, 0] * sign
        # The eyeball follows what happened to the skin right over it.
        eyes[k] = _displaced(centre[None] + (0, 0, 1.5), shape)[0] - (0, 0, 1.5) + shift
    return Head(out, normals(out, average.triangles), eyes, EYE_RADIUS * (1 + 0.02 * shape.eye_size))
