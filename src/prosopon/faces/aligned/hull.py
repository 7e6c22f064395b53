"""Masks of a face from its 68 landmarks alone: hulls of its parts, drawn together.

One hull around everything would fill the hollows beside nose and chin of a head that is turned; the hulls of eight
parts that cover the face together, as DeepFaceLab and faceswap have them, follow its outline.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.spatial import ConvexHull, QhullError

from prosopon.core.errors import MediaError, UsageError
from prosopon.faces.aligned.edges import grown, softened

__all__ = ["Kind", "grown", "landmark_mask", "softened", "with_raised_brows"]

Kind = Literal["hull", "extended", "components", "eyes", "mouth"]
"""What a mask shows: the whole face with its brows raised (`hull` in DeepFaceLab, `extended` in faceswap: the same
shape), the face up to the brows (`components`), both eyes, or the mouth with its lips."""

_CHIN = (8,)
_BASE = tuple(range(31, 36))
_FACE = (
    (*range(9), 17),
    (*range(8, 17), 26),
    (*range(17, 20), *_CHIN),
    (*range(24, 27), *_CHIN),
    (*range(19, 25), *_CHIN),
    (*range(17, 22), 27, *_BASE, *_CHIN),
    (*range(22, 27), 27, *_BASE, *_CHIN),
    (*range(27, 31), *_BASE),
)
_PARTS: dict[Kind, tuple[tuple[int, ...], ...]] = {
    "hull": _FACE,
    "extended": _FACE,
    "components": _FACE,
    "eyes": (tuple(range(36, 42)), tuple(range(42, 48))),
    "mouth": (tuple(range(48, 60)),),
}
"""Landmarks whose hulls are drawn together."""

_FINE = 8
"""Masks are drawn so many times as large and averaged."""
_FAR = 16
"""Landmarks farther away than so many crops are drawn as if they were there."""


def landmark_mask(landmarks: NDArray[np.floating], size_px: int, kind: Kind = "hull") -> NDArray[np.float32]:
    """How much of each pixel of a crop belongs to the face, or to a part of it.

    Args:
        landmarks: `(68, 2)` in pixels of the crop.
        size_px: side S of the crop.
        kind: what is shown.

    Returns:
        `float32 (S, S)` in [0, 1], antialiased; all zero where the face lies outside or the part has no area.

    Raises:
        MediaError: a landmark is no number.
        UsageError: there is no such kind.
        ValueError: landmarks of another shape, or a size that is not positive.
    """
    if kind not in _PARTS:
        raise UsageError(f"there is no mask {kind!r}", f"use one of {', '.join(get_args(Kind))}")
    if landmarks.shape != (68, 2) or size_px <= 0:
        raise ValueError(f"a mask needs 68 landmarks and a size, not {landmarks.shape} and {size_px}")
    if not np.isfinite(landmarks).all():
        raise MediaError("landmarks of a face hold what is no number", "leave that face out, or find the faces again")
    points = landmarks.astype(np.float64)
    if kind in ("hull", "extended"):
        points = with_raised_brows(points)
    points = np.clip(points, -_FAR * size_px, _FAR * size_px)
    picture = Image.new("L", (size_px * _FINE, size_px * _FINE), 0)
    pen = ImageDraw.Draw(picture)
    for part in _PARTS[kind]:
        outline = _outline(points[list(part)])
        if outline is not None:
            # Pillow takes whole pixels, by their upper left corner, and draws all that the outline touches.
            pen.polygon([(float(x), float(y)) for x, y in np.floor(outline * _FINE)], fill=255)
    return np.asarray(picture.reduce(_FINE), np.float32) / np.float32(255)


def with_raised_brows(landmarks: NDArray[np.float64], share: float = 0.5) -> NDArray[np.float64]:
    """The landmarks with both brows moved away from the eyes, so that the face reaches up onto the forehead.

    Args:
        landmarks: `(68, 2)`.
        share: how far, as a share of the way from the eye to the brow.
    """
    raised = landmarks.copy()
    for brow, temple, outer, lid in (
        (np.arange(17, 22), 0, 36, np.array((36, 37, 38, 39))),
        (np.arange(26, 21, -1), 16, 45, np.array((45, 44, 43, 42))),
    ):
        # The outer end of the brow has no eye below it but what lies between eye and temple.
        beside = 0.75 * landmarks[outer] + 0.25 * landmarks[temple]
        below = np.vstack((beside, landmarks[lid]))
        raised[brow] += share * (landmarks[brow] - below)
    return raised


def _outline(points: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """The corners of some points' convex hull in order, or None where it has no area."""
    try:
        return np.asarray(points[ConvexHull(points).vertices])
    except QhullError:
        return None
