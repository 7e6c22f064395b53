"""`Stance`: where an upright face lies in a picture, and cutting it out so that it stands upright."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from prosopon.core.clip import Frame
from prosopon.core.faces import Box

_EYES, _MOUTH = slice(36, 48), slice(48, 68)


@dataclass(frozen=True)
class Stance:
    """A face as a square that may be turned.

    Attributes:
        x, y: centre of the landmarks' box in pixels, the box being upright as the face is.
        size: its longer side in pixels.
        roll_deg: how far the face is turned clockwise in the picture, -180 to 180.
    """

    x: float
    y: float
    size: float
    roll_deg: float = 0.0

    @classmethod
    def of(cls, landmarks: NDArray[np.floating]) -> Stance:
        """The stance of 68 landmarks `(68, 2)` in pixels.

        Upright is the way from the mouth to the eyes: unlike the line of the eyes it stays long when the head turns.
        """
        up = landmarks[_EYES].mean(0, dtype=np.float64) - landmarks[_MOUTH].mean(0, dtype=np.float64)
        roll = float(np.degrees(np.arctan2(up[0], -up[1])))
        turned = landmarks @ _turn(roll)
        low, high = turned.min(0), turned.max(0)
        x, y = _turn(roll) @ ((low + high) / 2)
        return cls(float(x), float(y), max(1.0, float((high - low).max())), roll)

    def box(self, side: float) -> Box:
        """The square of `side` face sizes around the face, upright in the picture whatever the roll."""
        half = self.size * side / 2
        return Box(self.x - half, self.y - half, self.x + half, self.y + half)

    def matrix(self, side: float, out_px: int) -> NDArray[np.float64]:
        """From pixels of an upright square crop to pixels of the picture, `(2, 3)`.

        Args:
            side: side of the crop in units of the face's size.
            out_px: side of the crop in its own pixels.
        """
        linear = _turn(self.roll_deg) * (self.size * side / out_px)
        return np.column_stack((linear, np.array((self.x, self.y)) - linear @ (out_px / 2, out_px / 2)))


def _turn(roll_deg: float) -> NDArray[np.float64]:
    """Turns vectors clockwise in the picture (y points down)."""
    cos, sin = np.cos(np.radians(roll_deg)), np.sin(np.radians(roll_deg))
    return np.array(((cos, -sin), (sin, cos)))


def apply(matrix: NDArray[np.float64], points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Points `(..., 2)` moved by an affine map `(2, 3)`."""
    moved: NDArray[np.float64] = points @ matrix[:, :2].T + matrix[:, 2]
    return moved


def inverse(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The affine map `(2, 3)` that goes back."""
    back = np.linalg.inv(matrix[:, :2])
    return np.column_stack((back, -back @ matrix[:, 2]))


def view(frame: Frame, matrix: NDArray[np.float64], width: int, height: int) -> Frame:
    """A picture seen through an affine map; what lies outside repeats the picture's edge.

    Where the picture gets smaller by two or more, whole blocks of pixels are averaged first, so that little aliases.

    Args:
        frame: `uint8 (H, W, 3)`.
        matrix: from pixels of the result to pixels of the picture, `(2, 3)`.
        width, height: of the result.
    """
    corners = apply(matrix, np.array(((0.0, 0.0), (width, 0.0), (0.0, height), (width, height))))
    shrink = max(1, int(np.sqrt(abs(np.linalg.det(matrix[:, :2]))) + 1e-6))
    low, high = np.floor(corners.min(0)).astype(int) - 2 * shrink, np.ceil(corners.max(0)).astype(int) + 2 * shrink
    size = np.array(frame.shape[1::-1])
    start = np.clip(low, 0, size - 1)
    stop = np.clip(high, start + 1, size)
    picture = Image.fromarray(np.ascontiguousarray(frame[start[1] : stop[1], start[0] : stop[0]]))
    if shrink > 1:
        picture = picture.reduce(shrink)
    # The edge is repeated after shrinking: there is much less of it to write.
    (left, top), (right, bottom) = -((low - start) // shrink), -((stop - high) // shrink)
    if max(left, top, right, bottom) > 0:
        around = ((max(0, top), max(0, bottom)), (max(0, left), max(0, right)), (0, 0))
        picture = Image.fromarray(np.pad(np.asarray(picture), around, mode="edge"))
    origin = start - np.maximum(0, (left, top)) * shrink
    linear, offset = matrix[:, :2] / shrink, (matrix[:, 2] - origin) / shrink
    data = (*linear[0], offset[0], *linear[1], offset[1])
    return np.asarray(picture.transform((width, height), Image.Transform.AFFINE, data, Image.Resampling.BILINEAR))
