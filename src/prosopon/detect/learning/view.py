"""`View`: how a detector cuts a face out of a frame, so that it looks at scoring as it looked in training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Frame
from prosopon.core.faces import Box, Face
from prosopon.faces.aligned.cut import Window, seen_through
from prosopon.faces.aligned.maps import Matrix, apply, composed, inverted, scale_of
from prosopon.faces.head_box import face_size

_RIGHT_EYE, _LEFT_EYE = slice(36, 42), slice(42, 48)
_REACH = 4
"""How far the filter reaches, in pixels of the coarser grid, and one more."""
_FARTHEST = 2
"""How many frames beyond its edge a frame is reflected."""


class Square(NamedTuple):
    """A square in a frame: centre and side in pixels, and how far it is turned, clockwise in radians."""

    x: float
    y: float
    side: float
    angle: float


@dataclass(frozen=True)
class View:
    """A square around a face, brought to one size.

    It is centred on the middle of the landmarks' box and `side` times as wide as that box's longer side. An upright one
    is turned so that the eyes lie level, and what box is meant is that of the landmarks turned so: a view of a tilted
    head shows as much of it as one of a straight head.

    Attributes:
        size_px: side S of what is cut.
        side: of the square, in units of the face's size (`faces.head_box.face_size`).
        upright: whether it is turned with the eyes.
    """

    size_px: int
    side: float
    upright: bool = True

    def square(self, landmarks: NDArray[np.float32]) -> Square:
        """Where it lies, for landmarks `(68, 2)` in pixels."""
        angle = _tilt(landmarks) if self.upright else 0.0
        middle = landmarks.mean(0, dtype=np.float64)
        turned = (landmarks - middle) @ _turn(angle)  # row vectors: turns by -angle
        low, high = turned.min(0), turned.max(0)
        x, y = middle + _turn(angle) @ ((low + high) / 2)
        return Square(float(x), float(y), self.side * face_size(turned.astype(np.float32)), angle)

    def matrix(self, face: Face) -> Matrix:
        """From pixels of the frame to pixels of the view, `(2, 3)`.

        Raises:
            ValueError: the face has no landmarks, or all of them lie in one place.
        """
        if face.landmarks is None:
            raise ValueError("a face without landmarks cannot be cut")
        x, y, side, angle = self.square(face.landmarks)
        if not np.isfinite(side) or side <= 0:
            raise ValueError("the landmarks of a face lie in one place")
        linear = _turn(-angle) * (self.size_px / side)
        return np.column_stack((linear, self.size_px / 2 - linear @ (x, y)))

    def cut(self, frame: Frame, face: Face) -> Frame:
        """The face out of its frame: antialiased, and the frame reflected at its edges.

        Args:
            frame: `uint8 (H, W, 3)`.
            face: with landmarks, in pixels of the frame.

        Returns:
            `uint8 (S, S, 3)`.

        Raises:
            ValueError: as `matrix`.
        """
        back = inverted(self.matrix(face))
        corners = apply(back, _corners(self.size_px))
        limits = np.array(frame.shape[1::-1])
        margin = _REACH * max(1.0, scale_of(back))
        low = np.clip(np.floor(corners.min(0) - margin), -_FARTHEST * limits, (_FARTHEST + 1) * limits - 1).astype(int)
        high = np.clip(np.ceil(corners.max(0) + margin), low + 1, (_FARTHEST + 1) * limits).astype(int)
        back[:, 2] -= low
        if (low >= 0).all() and (high <= limits).all():  # no pixel needs to be gathered by itself
            piece = frame[low[1] : high[1], low[0] : high[0]]
        else:
            rows, columns = _reflected(low[1], high[1], limits[1]), _reflected(low[0], high[0], limits[0])
            piece = frame[rows[:, None], columns[None, :]]
        seen = seen_through(piece, back, Window(0, self.size_px, 0, self.size_px))
        return np.asarray(seen.clip(0, 255).round(), np.uint8)

    def box(self, face: Face) -> Box:
        """The smallest upright box of the frame that holds what is cut, in full-frame pixels."""
        corners = apply(inverted(self.matrix(face)), _corners(self.size_px))
        return Box(*corners.min(0).tolist(), *corners.max(0).tolist())

    def native_scale(self, face: Face) -> float:
        """Pixels of the view for each of the frame; above 1 the face is enlarged, its finest details made up."""
        return scale_of(self.matrix(face))

    def laid_on_box(self, values: NDArray[np.float32], face: Face) -> NDArray[np.float32]:
        """A map over the view `(h, w)` as a map over `box(face)`, as fine; 0 where the view does not reach."""
        height, width = values.shape
        box = self.box(face)
        to_frame = np.array(((box.width / width, 0.0, box.left), (0.0, box.height / height, box.top)))
        shrunk = np.array(((width / self.size_px, 0.0, 0.0), (0.0, height / self.size_px, 0.0)))
        there = composed(composed(shrunk, self.matrix(face)), to_frame)
        window = Window(0, height, 0, width)
        both = np.stack((values, np.ones_like(values)), -1)
        padded = np.pad(both, ((2, 2), (2, 2), (0, 0)))
        padded[:, :, 0] = np.pad(values, 2, mode="edge")
        there[:, 2] += 2
        laid, inside = np.moveaxis(seen_through(padded, there, window), -1, 0)
        return np.asarray(np.clip(laid, values.min(), values.max()) * (inside > 0.5), np.float32)


def _tilt(landmarks: NDArray[np.float32]) -> float:
    """How far the line from the person's right eye to the left one is turned, clockwise in the picture, in radians."""
    across = landmarks[_LEFT_EYE].mean(0) - landmarks[_RIGHT_EYE].mean(0)
    return float(np.arctan2(across[1], across[0]))


def _turn(angle: float) -> NDArray[np.float64]:
    """Turns column vectors (x, y) clockwise in the picture."""
    return np.array(((np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))))


def _corners(size_px: int) -> NDArray[np.float64]:
    return np.array(((0.0, 0.0), (size_px, 0.0), (0.0, size_px), (size_px, size_px)), np.float64)


def _reflected(start: int, stop: int, size: int) -> NDArray[np.int64]:
    """Indices of pixels along one axis, those outside reflected at the edge without its repetition."""
    if size == 1:
        return np.zeros(stop - start, np.int64)
    period = 2 * (size - 1)
    folded = np.arange(start, stop) % period
    return np.where(folded < size, folded, period - folded)
