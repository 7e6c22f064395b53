"""Where a whole head lies: the upright square crop that CelebA-HQ is made of, and with it most data on parts of faces.

Karras, Aila, Laine, Lehtinen: "Progressive Growing of GANs for Improved Quality, Stability, and Variation", ICLR 2018,
arXiv 1710.10196, appendix C.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_RIGHT_EYE, _LEFT_EYE = slice(36, 42), slice(42, 48)
_MOUTH_CORNERS = [48, 54]


def head_crop(landmarks: NDArray[np.floating], out_px: int) -> NDArray[np.float64]:
    """The affine map from pixels of the crop to pixels of the picture, `(2, 3)`.

    Args:
        landmarks: 68 points `(68, 2)` in pixels of the picture.
        out_px: side of the crop in its own pixels.
    """
    right, left = landmarks[_RIGHT_EYE].mean(0, dtype=np.float64), landmarks[_LEFT_EYE].mean(0, dtype=np.float64)
    eyes, mouth = (right + left) / 2, landmarks[_MOUTH_CORNERS].mean(0, dtype=np.float64)
    across, up = left - right, eyes - mouth
    # The line of the eyes alone would be short and shaky in a head that is turned away.
    x_axis = across + np.array((-up[1], up[0]))
    length = float(np.linalg.norm(x_axis))
    x_axis = x_axis / length if length > 0 else np.array((1.0, 0.0))
    side = max(4.0 * float(np.linalg.norm(across)), 3.6 * float(np.linalg.norm(up)), 1.0)
    y_axis = np.array((-x_axis[1], x_axis[0]))
    linear = np.column_stack((x_axis, y_axis)) * (side / out_px)
    return np.column_stack((linear, eyes - 0.1 * up - linear @ (out_px / 2, out_px / 2)))
