"""The 68 points of iBUG 300-W as fixed vertices of the skin.

Points 0 to 16 follow the jaw from temple to temple along a fixed line of the skin (not the silhouette, so they stay
with the person when the head turns). "Left" is the picture's left.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from prosopon.studio.person import Identity
from prosopon.studio.skin_masks import brow_curve
from prosopon.studio.template import (
    LID_POINTS,
    LIP_HALF,
    lower_lip_height,
    place,
    slit_t,
    template,
    upper_lip_height,
)

# From the temple on the picture's right to the chin, evenly along the jaw.
_JAW = (
    (7.5, 2.4, -2.0), (7.4, 0.7, -2.4), (7.1, -1.95, -2.35), (6.8, -3.85, -2.0), (6.25, -5.5, -1.15), (5.1, -7.2, 0.7),
    (3.65, -8.25, 2.35), (2.3, -9.0, 3.55), (0.0, -9.4, 4.3),
)  # fmt: skip
_BRIDGE = ((0.0, 2.9, 5.5), (0.0, 1.7, 6.3), (0.0, 0.75, 7.0), (0.0, -0.5, 7.55))
_NOSE_BASE = ((1.4, -1.7, 5.2), (0.6, -2.0, 5.85), (0.0, -2.1, 6.1))
_BROW_K = (0.05, 0.34, 0.62, 0.85, 1.0)
_LID_INNER, _LID_OUTER = round(0.375 * (LID_POINTS - 1)), round(0.69 * (LID_POINTS - 1))
_UPPER_LIP_U, _LOWER_LIP_U, _INNER_LIP_U = (-0.6, -0.29, 0.0, 0.29, 0.6), (0.68, 0.3, 0.0, -0.3, -0.68), (0.9, 0.3)


@lru_cache(maxsize=64)
def landmark_vertices(identity: Identity) -> NDArray[np.int64]:
    """The vertex of every landmark, `int64 (68,)`; brows are drawn on the skin, so theirs differ between people."""
    base = template()

    def near(st: NDArray[np.float64]) -> list[int]:
        return [base.nearest(float(s), float(t)) for s, t in np.atleast_2d(st)]

    jaw, base_of_nose = place(*np.array(_JAW).T), place(*np.array(_NOSE_BASE).T)
    out = near(jaw * (-1, 1)) + near(jaw[-2::-1])
    line, thick = brow_curve(identity, np.array(_BROW_K))
    line = line + np.stack([0 * thick, 0.7 * thick], 1)
    out += near(line[::-1] * (-1, 1)) + near(line)
    out += near(place(*np.array(_BRIDGE).T))
    out += near(base_of_nose * (-1, 1)) + near(base_of_nose[-2::-1])
    inner, outer = _LID_INNER, _LID_OUTER
    upper, lower = base.lid_upper[0], base.lid_lower[0]
    out += [int(i) for i in (upper[-1], upper[outer], upper[inner], upper[0], lower[inner], lower[outer])]
    upper, lower = base.lid_upper[1], base.lid_lower[1]
    out += [int(i) for i in (upper[0], upper[inner], upper[outer], upper[-1], lower[outer], lower[inner])]
    u = np.array(_UPPER_LIP_U)
    top = np.stack([LIP_HALF * u, slit_t(u) + upper_lip_height(u)], 1)
    u = np.array(_LOWER_LIP_U)
    bottom = np.stack([LIP_HALF * u, slit_t(u) - lower_lip_height(u)], 1)
    out += [int(base.slit_upper[0]), *near(top), int(base.slit_upper[-1]), *near(bottom)]
    far, mid = _INNER_LIP_U
    count = len(base.slit_upper) - 1
    along = [round(count * (v + 1) / 2) for v in (-far, -mid, 0.0, mid, far)]
    out += [int(base.slit_upper[i]) for i in along] + [int(base.slit_lower[i]) for i in along[-2:0:-1]]
    return np.array(out)
