"""Where a picture's content came to lie when it was cut, turned or resized, and how it is put back for measuring.

Placements are affine maps `float64 (2, 3)` from the untouched picture to the changed one, in continuous pixel
coordinates: the first pixel's centre is (0.5, 0.5).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from prosopon.core.clip import Frame

Placement = NDArray[np.float64]


def unmoved() -> Placement:
    """All stays where it is."""
    return np.eye(2, 3)


def scaled(across: float, down: float) -> Placement:
    """Resized by a factor along each axis."""
    return np.diag((across, down)) @ np.eye(2, 3)


def shifted(across: float, down: float) -> Placement:
    """Moved to the right and down, in pixels."""
    return np.array([[1.0, 0.0, across], [0.0, 1.0, down]])


def turned(degrees: float, width: int, height: int) -> Placement:
    """Turned against the clock, as it is seen, around the middle of a picture."""
    angle = np.deg2rad(degrees)
    cosine, sine = np.cos(angle), np.sin(angle)
    linear = np.array([[cosine, sine], [-sine, cosine]])
    middle = np.array((width / 2, height / 2))
    return np.column_stack((linear, middle - linear @ middle))


def mirrored(width: int) -> Placement:
    """Left and right exchanged."""
    return np.array([[-1.0, 0.0, float(width)], [0.0, 1.0, 0.0]])


def after(first: Placement, second: Placement) -> Placement:
    """One map, then another."""
    linear = second[:, :2] @ first[:, :2]
    return np.column_stack((linear, second[:, :2] @ first[:, 2] + second[:, 2]))


def put_back(changed: Frame, placement: Placement, width: int, height: int) -> Frame:
    """A changed picture as the untouched one lay; grey where nothing is left of it.

    Args:
        changed: `uint8 (h, w, 3)`.
        placement: from the untouched picture to the changed one.
        width, height: of the untouched picture.

    Returns:
        `uint8 (height, width, 3)`.
    """
    if changed.shape[:2] == (height, width) and np.array_equal(placement, unmoved()):
        return changed
    rows = tuple(float(value) for value in placement.ravel())  # Pillow's map, too, is from the result to the source
    picture, bicubic = Image.fromarray(changed), Image.Resampling.BICUBIC
    back = picture.transform((width, height), Image.Transform.AFFINE, rows, bicubic, fillcolor=(128, 128, 128))
    return np.asarray(back)
