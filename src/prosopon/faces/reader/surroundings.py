"""What is behind rendered people: pictures, patterns and plain colours instead of the studio's soft backdrops.

A net that has seen soft backdrops only takes everything with an edge for a part of somebody.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

from prosopon.core.clip import Frame
from prosopon.core.parts import Part
from prosopon.faces.reader.rows import UNKNOWN

_EDGE_PX = 0.7
"""Standard deviation of the Gaussian that softens the outline."""


def before(crop: Frame, parts: NDArray[np.uint8], behind: Frame) -> Frame:
    """The same person before something else.

    Args:
        crop: `uint8 (S, S, 3)`.
        parts: `uint8 (S, S)`; what is background, or unknown, is replaced.
        behind: `uint8 (S, S, 3)`.
    """
    away = np.isin(parts, (Part.BACKGROUND, UNKNOWN)).astype(np.float32)
    share = gaussian_filter(away, _EDGE_PX)[..., None]
    mixed: Frame = (crop * (1 - share) + behind * share + 0.5).astype(np.uint8)
    return mixed


def draw_surroundings(picture: Frame | None, side_px: int, rng: np.random.Generator) -> Frame:
    """A background drawn at random: a piece of a picture, a grid of colours, or one colour.

    Args:
        picture: `uint8 (H, W, 3)`, or None for none.
        side_px: side of the background.
        rng: everything random.
    """
    fate = rng.random()
    if picture is not None and fate < 0.7:
        height, width = picture.shape[:2]
        side = float(min(height, width) * np.exp(rng.uniform(np.log(0.25), 0)))
        left, top = float(rng.uniform(0, width - side)), float(rng.uniform(0, height - side))
        piece = Image.fromarray(np.ascontiguousarray(picture)).resize(
            (side_px, side_px), Image.Resampling.BILINEAR, (left, top, left + side, top + side)
        )
        turned = np.rot90(np.asarray(piece), int(rng.integers(4)))
        tint = rng.uniform(0.5, 1.2, 3)
        return np.clip(turned * tint, 0, 255).astype(np.uint8)
    cells = 1 if fate > 0.9 else int(rng.integers(2, 24))
    grid = rng.integers(0, 256, (cells, cells, 3)).astype(np.uint8)
    smooth = Image.Resampling.BILINEAR if rng.random() < 0.5 else Image.Resampling.NEAREST
    return np.array(Image.fromarray(grid).resize((side_px, side_px), smooth))
