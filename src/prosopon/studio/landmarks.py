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

_JAW = (
    (7.45, 3.2, -1.6), (7.4, 0.7, -2.4), (7.2, -1.0, -2.4), (7.0, -2.9, -2.3), (6.6, -4.8, -1.7), (5.9, -6.2, -0.6),
    (5.1, -7.2, 0.7), (4.1, -8.0, 1.9), (3.2, -8.5, 2.8), (2.3, -9.0, 3.55), (1.3, -9.3, 4.05), (0.0, -9.4, 4.3),
)  # fmt: skip


def _resampled(path: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    at = np.linspace(0, length[-1], count)
    return np.stack([np.interp(at, length, path[:, k]) for k in range(path.shape[1])], 1)


@lru_cache(maxsize=64)
def landmark_vertices(identity: Identity) -> NDArray[np.int64]:
    """The vertex of every landmark, `int64 (68,)`; brows are drawn on the skin, so theirs differ between people."""
    base = template()

    def near(st: NDArray[np.float64]) -> list[int]:
        return [base.nearest(float(s), float(t)) for s, t in np.atleast_2d(st)]

    jaw = _resampled(np.array(_JAW), 9)
    jaw_plane = place(jaw[:, 0], jaw[:, 1], jaw[:, 2])
    out = near(jaw_plane * (-1, 1)) + near(jaw_plane[-2::-1])
    line, thick = brow_curve(identity, np.array((0.04, 0.28, 0.52, 0.76, 0.98)))
    line = line + np.stack([0 * thick, 0.45 * thick], 1)
    out += near(line[::-1] * (-1, 1)) + near(line)
    bridge = np.array(((0, 3.2, 5.25), (0, 2.0, 6.1), (0, 0.8, 6.95), (0, -0.5, 7.55)))
    out += near(place(*bridge.T))
    under = np.array(((1.45, -1.6, 5.3), (0.65, -1.95, 5.9), (0.0, -2.1, 6.1)))
    under_plane = place(*under.T)
    out += near(under_plane * (-1, 1)) + near(under_plane[-2::-1])
    third, two_thirds = (LID_POINTS - 1) // 3, 2 * (LID_POINTS - 1) // 3
    upper, lower = base.lid_upper[0], base.lid_lower[0]
    out += [int(i) for i in (upper[-1], upper[two_thirds], upper[third], upper[0], lower[third], lower[two_thirds])]
    upper, lower = base.lid_upper[1], base.lid_lower[1]
    out += [int(i) for i in (upper[0], upper[third], upper[two_thirds], upper[-1], lower[two_thirds], lower[third])]
    u = np.array((-0.62, -0.24, 0.0, 0.24, 0.62))
    top = np.stack([LIP_HALF * u, slit_t(u) + upper_lip_height(u)], 1)
    bottom = np.stack([LIP_HALF * u, slit_t(u) - lower_lip_height(u)], 1)[::-1]
    left, right = int(base.slit_upper[0]), int(base.slit_upper[-1])
    out += [left, *near(top), right, *near(bottom)]
    count = len(base.slit_upper) - 1
    inner = [round(count * (v + 1) / 2) for v in (-0.88, -0.42, 0.0, 0.42, 0.88)]
    out += [int(base.slit_upper[i]) for i in inner] + [int(base.slit_lower[i]) for i in inner[-2:0:-1]]
    return np.array(out)
