"""Pictures without faces that are at hand on every machine: those that come with scikit-image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import skimage.color
import skimage.data

from prosopon.core.clip import Frame
from prosopon.faces.builtin.prepared import Cutting, cut_nobody
from prosopon.train.store import Shot

NAMES = (
    "brick", "cell", "chelsea", "clock", "coffee", "colorwheel", "grass", "gravel", "horse", "hubble_deep_field",
    "immunohistochemistry", "logo", "moon", "page", "retina", "rocket", "text",
)  # fmt: skip
"""What needs no download and shows no face; the coins do, in profile."""


def pictures_without_faces() -> Iterator[tuple[Shot, Sequence[Cutting]]]:
    """The middle of each picture, and what it shows on both sides of the middle where it is wide."""
    for name in NAMES:
        frame = picture_without_faces(name)
        height, width = frame.shape[:2]
        parts = [frame]
        if max(height, width) > 1.25 * min(height, width):
            side = min(height, width)
            parts += [frame[:side, :side], frame[-side:, -side:]]
        yield Shot(name, name, "nobody"), [cut_nobody(part) for part in parts]


def picture_without_faces(name: str) -> Frame:
    """One of `NAMES`, `uint8 (H, W, 3)`."""
    return _as_frame(np.asarray(getattr(skimage.data, name)()))


def _as_frame(picture: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> Frame:
    if picture.dtype == np.bool_:
        picture = picture.astype(np.uint8) * 255
    if picture.ndim == 2:
        picture = np.repeat(picture[..., None], 3, -1)
    frame: Frame = np.ascontiguousarray(picture[..., :3]).astype(np.uint8)
    return frame
