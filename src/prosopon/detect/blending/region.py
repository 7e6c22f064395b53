"""Which part of a face is blended in, and how softly: a hull of landmarks, bent a little, with a soft edge."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.ndimage import correlate1d
from scipy.spatial import ConvexHull, QhullError

from prosopon.faces.aligned.hull import with_raised_brows

_ALL = tuple(range(68))
REGIONS: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        "head": _ALL,
        "face": _ALL,
        "lower": (*range(2, 15), *range(31, 36)),
        "middle": (*range(17, 28), 1, 2, 14, 15, *range(31, 36)),
        "mouth": tuple(range(48, 60)),
        "eyes": (*range(17, 27), *range(36, 48)),
    }
)
"""Landmarks whose hull is blended in. `head` takes the brows up onto the forehead. The published method has the first
two; the rest is what part swap and lip sync change."""
_ENLARGED: Mapping[str, float] = MappingProxyType({"mouth": 1.4, "eyes": 1.1})
"""How much larger than its landmarks' hull a region is."""
_FOREHEAD = (0.4, 2.0)
"""How far up brows are taken, in distances from the eye."""

_CORNERS = 96
"""Points of an outline that is bent."""
_KNOTS = 9
"""Knots a side of the field that bends it; between them it is linear."""
_SIDE_PX = (96, 128)
"""Sides of the mask while its edge is made soft. Published: 192 to 256, and kernels twice as large."""
_KERNEL_PX = (3, 13)
"""The least and the largest kernel of either blur, odd."""
_WIDEST_SHARE = 0.3
"""Kernels are no larger than this share of a region's shorter side."""
_SIGMA_PX = (2.5, 22.5)
"""Of the second blur."""
_FINE = 4
"""Outlines are drawn so many times as large and averaged."""


def outline_of(landmarks: NDArray[np.floating], region: str, rng: np.random.Generator) -> NDArray[np.float64] | None:
    """The corners of a region's hull in order, `(N, 2)` in the landmarks' pixels; None where it has no area."""
    points = landmarks.astype(np.float64)
    if region == "head":
        points = with_raised_brows(points, float(rng.uniform(*_FOREHEAD)))
    points = points[list(REGIONS[region])]
    try:
        hull = points[ConvexHull(points).vertices]
    except QhullError:
        return None
    middle = hull.mean(0)
    return np.asarray(middle + _ENLARGED.get(region, 1.0) * (hull - middle))


def bent(
    outline: NDArray[np.float64], side_px: float, reach_px: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """An outline moved by a smooth random field, as by an elastic deformation of the picture.

    Args:
        outline: `(N, 2)` corners in order, within a square of `side_px`.
        side_px: side of that square.
        reach_px: standard deviation of the field.
        rng: the only source of chance.

    Returns:
        `(96, 2)`, evenly along the outline.
    """
    closed = np.vstack((outline, outline[:1]))
    along = np.concatenate(([0.0], np.hypot(*np.diff(closed, axis=0).T).cumsum()))
    at = np.linspace(0, along[-1], _CORNERS, endpoint=False)
    points = np.column_stack([np.interp(at, along, closed[:, axis]) for axis in (0, 1)])
    field = rng.normal(0, reach_px, (_KNOTS, _KNOTS, 2))
    place = np.clip(points / side_px * (_KNOTS - 1), 0, _KNOTS - 1 - 1e-6)
    (x, y), (dx, dy) = place.astype(int).T, (place % 1).T[..., None]
    low = (1 - dx) * field[y, x] + dx * field[y, x + 1]
    high = (1 - dx) * field[y + 1, x] + dx * field[y + 1, x + 1]
    return np.asarray(points + (1 - dy) * low + dy * high)


def soft_mask(outline: NDArray[np.float64], side_px: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """How much of each pixel is taken from the source.

    Published: at a random size the mask is blurred, cut down to what the blur has left whole, and blurred again, so
    that the soft edge lies mostly within the outline.

    Args:
        outline: `(N, 2)` corners in order, pixels of the picture.
        side_px: side S of the picture.
        rng: the only source of chance.

    Returns:
        `float32 (S, S)`, 0 to 1, the largest 1; all 0 where nothing is left of so small a region.
    """
    width, height = rng.integers(_SIDE_PX[0], _SIDE_PX[1] + 1, 2).tolist()
    drawn = Image.new("L", (width * _FINE, height * _FINE), 0)
    scaled = outline * ((width * _FINE / side_px), (height * _FINE / side_px))
    ImageDraw.Draw(drawn).polygon([(float(x), float(y)) for x, y in scaled], fill=255)
    mask = np.asarray(drawn.reduce(_FINE), np.float32) / np.float32(255)
    # A mouth would be blurred away by what suits a whole face.
    narrow = float(np.ptp(scaled, axis=0).min()) / _FINE
    largest = int(np.clip(narrow * _WIDEST_SHARE, *_KERNEL_PX))
    first, second = (2 * rng.integers(_KERNEL_PX[0] // 2, largest // 2 + 1, 2) + 1).tolist()
    # The standard deviation that goes with a kernel's size where nothing else is said, as OpenCV has it.
    mask = _blurred(mask, first, 0.3 * ((first - 1) * 0.5 - 1) + 0.8)
    most = float(mask.max())
    if most <= 0:
        return np.zeros((side_px, side_px), np.float32)
    mask = _blurred((mask >= most * (1 - 1e-4)).astype(np.float32), second, float(rng.uniform(*_SIGMA_PX)))
    mask /= np.float32(max(float(mask.max()), 1e-6))
    full = Image.fromarray(mask).resize((side_px, side_px), Image.Resampling.BILINEAR)
    return np.asarray(np.clip(np.asarray(full), 0, 1), np.float32)


def _blurred(mask: NDArray[np.float32], kernel_px: int, sigma_px: float) -> NDArray[np.float32]:
    """A Gaussian cut off at the edge of its kernel; beyond the picture nothing is."""
    x = np.arange(kernel_px) - kernel_px // 2
    weights = np.exp(-0.5 * (x / sigma_px) ** 2)
    weights /= weights.sum()
    across = correlate1d(mask, weights, axis=1, mode="constant")
    return np.asarray(correlate1d(across, weights, axis=0, mode="constant"), np.float32)
