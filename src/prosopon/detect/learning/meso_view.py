"""How MesoNet's authors cut faces, with 68 landmarks in place of the points that their program got."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prosopon.detect.learning.meso_trunk import SIZE_PX
from prosopon.detect.learning.view import Square, View

_BRIDGE, _TIP = slice(27, 31), slice(31, 36)
_RIGHT_EYE, _LEFT_EYE = slice(36, 42), slice(42, 48)
# As `face_recognition` puts lips together of the 68 points: the outer and the inner edge of each.
_UPPER_LIP = (*range(48, 55), 64, 63, 62, 61, 60)
_LOWER_LIP = (*range(54, 60), 48, 60, 67, 66, 65, 64)
_REACH, _WIDER = 2.2, 1.3


@dataclass(frozen=True)
class MesoView(View):
    """A square around the nose, turned so that the mouth lies straight below the eyes.

    Its side is 2.2 x 1.3 times the distance of the eyes or that from the eyes to the mouth, whichever is larger.
    """

    size_px: int = SIZE_PX
    side: float = _REACH * _WIDER
    upright: bool = True

    def square(self, landmarks: NDArray[np.float32]) -> Square:
        """Where it lies, for landmarks `(68, 2)` in pixels."""
        points = landmarks.astype(np.float64)
        right, left = points[_RIGHT_EYE].mean(0), points[_LEFT_EYE].mean(0)
        eyes = (right + left) / 2
        mouth = (points[[*_UPPER_LIP]].mean(0) + points[[*_LOWER_LIP]].mean(0)) / 2
        x, y = (points[_BRIDGE].mean(0) + points[_TIP].mean(0)) / 2
        down = mouth - eyes
        size = max(float(np.hypot(*(left - right))), float(np.hypot(*down)))
        return Square(float(x), float(y), self.side * size, float(np.arctan2(-down[0], down[1])))
