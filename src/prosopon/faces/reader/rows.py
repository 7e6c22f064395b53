"""What the face reader learns from: pictures of faces with what is known about each.

Rendered people bring everything; of real faces only the landmarks are known that a finder has placed, and who it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Frame
from prosopon.core.faces import Box
from prosopon.faces.crop import cut
from prosopon.faces.stance import Stance
from prosopon.train.store import Column

PICTURE_PX = 208
SIDE = 2.6
"""Side of a stored square in units of the face's size."""
EXPRESSIONS = (
    "jaw_open", "smile", "mouth_wide", "pucker", "lip_press", "upper_lip_raise", "lower_lip_drop", "brow_raise_left",
    "brow_raise_right", "brow_frown", "blink_left", "blink_right", "squint", "gaze_x", "gaze_y", "cheek_puff",
)  # fmt: skip
"""Coefficients of an expression, in the order in which they are stored; what they mean: `studio.person.Expression`."""
MIRRORED_EXPRESSIONS = np.array([0, 1, 2, 3, 4, 5, 6, 8, 7, 9, 11, 10, 12, 13, 14, 15])
"""Which coefficient each becomes in a mirror; `gaze_x` changes its sign as well."""
GAZE_X = EXPRESSIONS.index("gaze_x")
COLUMNS = {
    "picture": Column("|u1", (PICTURE_PX, PICTURE_PX, 3)),
    "parts": Column("|u1", (PICTURE_PX, PICTURE_PX)),
    "landmarks": Column("<f4", (68, 2)),
    "pose": Column("<f4", (2,)),
    "expression": Column("<f4", (len(EXPRESSIONS),)),
}
UNKNOWN = 255
"""In a part map: nobody knows what this pixel shows."""


@dataclass(frozen=True)
class Row:
    """A picture of a face, and what is known about it.

    Attributes:
        picture: `uint8 (S, S, 3)`.
        landmarks: `float32 (68, 2)` in its pixels.
        person: number of who it is.
        parts: `uint8 (S, S)` values of `core.parts.Part`, or None.
        pose: yaw and pitch in degrees, or None.
        expression: coefficients as in `EXPRESSIONS`, or None.
    """

    picture: Frame
    landmarks: NDArray[np.float32]
    person: int
    parts: NDArray[np.uint8] | None = None
    pose: NDArray[np.float32] | None = None
    expression: NDArray[np.float32] | None = None


def cut_row(picture: Frame, parts: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> dict[str, NDArray[np.generic]]:
    """Picture, part map and landmarks of a rendered face as they are stored.

    Args:
        picture: `uint8 (H, W, 3)`.
        parts: `uint8 (H, W)`.
        landmarks: `(68, 2)` in pixels.
    """
    box = Stance.of(landmarks).box(SIDE)
    scale = PICTURE_PX / box.width
    return {
        "picture": cut(picture, box, PICTURE_PX),
        "parts": _cut_parts(parts, box),
        "landmarks": ((landmarks - (box.left, box.top)) * scale).astype(np.float32),
    }


def _cut_parts(parts: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    """A part map cut as `crop.cut` cuts pictures, nearest neighbour; outside, what was at the edge goes on."""
    centres = (np.arange(PICTURE_PX) + 0.5) * (box.width / PICTURE_PX)
    height, width = parts.shape
    columns = np.clip(np.floor(box.left + centres), 0, width - 1).astype(int)
    rows = np.clip(np.floor(box.top + centres), 0, height - 1).astype(int)
    return parts[np.ix_(rows, columns)]
