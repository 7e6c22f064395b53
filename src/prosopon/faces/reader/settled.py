"""From what the net says of each pixel to a part map that agrees with the landmarks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.ndimage import label

from prosopon.core.parts import Part
from prosopon.faces.reader.net import CROP_PX
from prosopon.faces.stance import Stance

_NEAR = {
    Part.BROW: ((slice(17, 22), slice(22, 27)), 0.09),
    Part.EYE: ((slice(36, 42), slice(42, 48)), 0.05),
    Part.NOSE: ((slice(27, 36),), 0.09),
    Part.LIP: ((slice(48, 60),), 0.035),
    Part.MOUTH: ((slice(60, 68),), 0.035),
}
"""Landmarks that these parts lie at, and how far from their outline they may still be, in units of the face's size."""


def settled(logits: NDArray[np.float32], points: NDArray[np.floating]) -> NDArray[np.uint8]:
    """The likeliest part of each pixel, of those that can be there.

    Brows, eyes, nose and mouth are where the landmarks are, or nowhere; and a person is in one piece: what is not
    joined to the face is background.

    Args:
        logits: `(13, 160, 160)`.
        points: the landmarks `(68, 2)` in pixels of the crop.

    Returns:
        `uint8 (160, 160)`, values of `core.parts.Part`.
    """
    allowed = np.array(logits, np.float32)
    size = Stance.of(points).size
    for part, (groups, reach) in _NEAR.items():
        allowed[part][~_around(points, groups, reach * size)] = -np.inf
    parts: NDArray[np.uint8] = allowed.argmax(0).astype(np.uint8)
    pieces, count = label(parts != Part.BACKGROUND)
    if count > 1:
        x, y = np.clip(points, 0, CROP_PX - 1).astype(int).T
        at_landmarks = np.bincount(pieces[y, x], minlength=count + 1)
        at_landmarks[0] = 0  # the background is a piece of its own
        parts[pieces != int(at_landmarks.argmax())] = Part.BACKGROUND
    return parts


def _around(points: NDArray[np.floating], groups: tuple[slice, ...], reach: float) -> NDArray[np.bool_]:
    """Where some groups of landmarks are, and `reach` pixels around them."""
    mask = Image.new("1", (CROP_PX, CROP_PX))
    pen = ImageDraw.Draw(mask)
    for group in groups:
        corners = [(float(x) - 0.5, float(y) - 0.5) for x, y in points[group]]
        pen.polygon(corners, fill=1)
        # A thick line has square ends, and discs at the corners make them round.
        pen.line([*corners, corners[0]], fill=1, width=max(1, round(2 * reach)))
        for x, y in corners:
            pen.ellipse((x - reach, y - reach, x + reach, y + reach), fill=1)
    return np.array(mask)
