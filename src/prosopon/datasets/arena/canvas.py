"""Where the pictures that an arena keeps lie in the frames: squares around the face that stand still over a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Frame
from prosopon.core.faces import Box
from prosopon.datasets.arena.arena import CANVAS_PX, FACE_PX
from prosopon.faces.crop import cut
from prosopon.faces.head_box import face_size


@dataclass(frozen=True)
class Canvas:
    """A square of a frame.

    Attributes:
        left, top: its corner in pixels of the frame, whole where the pixels are kept as they are.
        scale: pixels of the canvas for a pixel of the frame, at most 1.
    """

    left: float
    top: float
    scale: float

    @classmethod
    def around(cls, faces: Sequence[NDArray[np.float32]], scale: float | None = None) -> Canvas:
        """The canvas of a run of frames with the face in its middle.

        Args:
            faces: landmarks `(68, 2)` of each frame, in its pixels.
            scale: that of other runs of the same clip; None: such that the face is not larger than `FACE_PX`.
        """
        points = np.stack(list(faces))
        if scale is None:
            scale = scale_for(faces)
        x, y = np.median((points.min(1) + points.max(1)) / 2, axis=0).tolist()
        half = CANVAS_PX / scale / 2
        # On whole pixels, so that pixels that keep their size keep their values.
        return cls(float(round(x - half)), float(round(y - half)), scale)

    def cut(self, frame: Frame) -> Frame:
        """What a frame `uint8 (H, W, 3)` shows there, `uint8 (320, 320, 3)`; beyond its border it is mirrored."""
        side = CANVAS_PX / self.scale
        reach = int(np.ceil(side)) + 8
        left, top = int(np.floor(self.left)) - 4, int(np.floor(self.top)) - 4
        rows = _mirrored(np.arange(top, top + reach), frame.shape[0])
        columns = _mirrored(np.arange(left, left + reach), frame.shape[1])
        part = frame[rows[:, None], columns[None, :]]
        x, y = self.left - left, self.top - top
        if self.scale == 1.0:
            return np.ascontiguousarray(part[round(y) : round(y) + CANVAS_PX, round(x) : round(x) + CANVAS_PX])
        return cut(part, Box(x, y, x + side, y + side), CANVAS_PX)

    def points(self, landmarks: NDArray[np.float32]) -> NDArray[np.float32]:
        """Landmarks `(68, 2)` of the frame in pixels of the canvas."""
        corner = np.array((self.left, self.top), np.float64)
        moved: NDArray[np.float32] = ((landmarks - corner) * self.scale).astype(np.float32)
        return moved


def scale_for(faces: Sequence[NDArray[np.float32]]) -> float:
    """At most 1: how much smaller the faces of a clip, landmarks `(68, 2)` each, have to be for a canvas."""
    return float(min(1.0, FACE_PX / float(np.median([face_size(face) for face in faces]))))


def _mirrored(index: NDArray[np.int_], size: int) -> NDArray[np.int_]:
    """Indices that run on beyond `0 <= i < size`, turned back at either border as often as need be."""
    if size == 1:
        return np.zeros_like(index)
    period = 2 * (size - 1)
    around = np.mod(index, period)
    return np.where(around < size, around, period - around)
