"""Light on surfaces: diffuse light with a skin-like terminator, highlights, fill and ambient."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prosopon.studio.person import Light

Floats = NDArray[np.float32]


def _unit(vector: tuple[float, float, float]) -> Floats:
    v = np.array(vector, np.float32)
    return np.asarray(v / max(float(np.linalg.norm(v)), 1e-6), np.float32)


def to_display(linear: Floats) -> Floats:
    """Linear light to sRGB in [0, 1], with a soft shoulder so that highlights do not clip."""
    x = np.maximum(linear, 0)
    x = np.where(x > 0.7, 0.7 + 0.3 * (1 - np.exp(-(x - 0.7) / 0.3)), x)
    curved = 1.055 * np.power(np.maximum(x, 1e-8), 1 / 2.4) - 0.055
    return np.asarray(np.where(x <= 0.0031308, 12.92 * x, curved), np.float32)


def diffuse(normal: Floats, open_sky: Floats, key: Floats, light: Light, wrap: tuple[float, float, float]) -> Floats:
    """Light that a matt surface sends back per unit of albedo, `(P, 3)`.

    Args:
        normal: unit normals `(P, 3)`, x right, y up, z to the camera.
        open_sky: `(P,)` share of the surrounding light that arrives.
        key: `(P,)` share of the key light that arrives (shadows).
        light: the lights.
        wrap: how far light creeps around the terminator in each colour (red farther in skin).
    """
    towards = _unit(light.direction)
    lambert = normal @ towards
    w = np.array(wrap, np.float32)
    soft = np.clip((lambert[:, None] + w) / (1 + w), 0, 1)
    soft *= soft * (1 - w) + w
    # Shadows are red-edged in skin for the same reason.
    shade = key[:, None] ** (1 - 0.5 * w)
    out = soft * shade * (np.array(light.colour, np.float32) * light.intensity)
    fill = np.clip(normal @ _unit((-light.direction[0] * 0.9, 0.15, 0.8)), 0, 1) * open_sky
    out += (0.16 * light.intensity) * fill[:, None]
    sky = (0.62 + 0.38 * normal[:, 1]) * open_sky
    out += sky[:, None] * (np.array(light.ambient_colour, np.float32) * light.ambient)
    bounce = np.clip(-normal[:, 1] * 0.5 + 0.2, 0, 1) * open_sky
    out += bounce[:, None] * (np.array((0.30, 0.2, 0.15), np.float32) * light.ambient * 0.5)
    return np.asarray(out, np.float32)


def highlight(normal: Floats, key: Floats, light: Light, sharpness: float) -> Floats:
    """Blinn-Phong highlight of key light and a broad one of the fill, `(P,)`."""
    towards = _unit(light.direction)
    half = _unit((towards[0], towards[1], towards[2] + 1.0))
    glint = np.power(np.clip(normal @ half, 0, 1), sharpness) * key * light.intensity
    rim = np.power(1 - np.clip(normal[:, 2], 0, 1), 4) * 0.18 * light.ambient
    return np.asarray(glint + rim, np.float32)


def strand_highlight(flow: Floats, light: Light, sharpness: float) -> Floats:
    """Kajiya-Kay highlight of hair whose strands run along `flow` (P, 3), `(P,)`."""
    towards = _unit(light.direction)
    half = _unit((towards[0], towards[1], towards[2] + 1.0))
    along = flow @ half
    return np.asarray(np.power(np.clip(1 - along**2, 0, 1), sharpness / 2) * light.intensity, np.float32)
