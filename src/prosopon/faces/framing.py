"""`Framing`: where the crops of a track lie in its frames: squares along a steady box, or aligned to the landmarks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Frame
from prosopon.core.errors import MediaError
from prosopon.core.faces import Box, Track
from prosopon.faces.aligned.cut import cut_aligned
from prosopon.faces.aligned.face_types import FaceType, crop_matrix
from prosopon.faces.aligned.mean_face import MeanFace
from prosopon.faces.crop import cut, square
from prosopon.faces.smooth import DEFAULT_SIGMA_FRAMES, smooth_boxes
from prosopon.faces.steady import steady_landmarks


@dataclass(frozen=True)
class Place:
    """Where one crop lies.

    Attributes:
        matrix: `(2, 3)`, from pixels of the frame to pixels of the crop, the first pixel's centre at (0.5, 0.5).
        size_px: side of the crop.
        box: the same as an upright square of the frame, where it is one.
    """

    matrix: NDArray[np.float64]
    size_px: int
    box: Box | None = None

    @classmethod
    def upright(cls, box: Box, size_px: int) -> Place:
        """The place of an upright square."""
        x, y = size_px / box.width, size_px / box.height
        return cls(np.array(((x, 0.0, -box.left * x), (0.0, y, -box.top * y))), size_px, box)

    def cut(self, frame: Frame) -> Frame:
        """What a frame `uint8 (H, W, 3)` shows there, `uint8 (S, S, 3)`; outside the frame its edge is repeated."""
        if self.box is not None:
            return cut(frame, self.box, self.size_px)
        return cut_aligned(frame, self.matrix, self.size_px)


class Framing(Protocol):
    """Says where the crops of a track lie."""

    @property
    def size_px(self) -> int:
        """Side of the crops."""
        ...

    def places(self, track: Track, n_frames: int, every: int) -> Mapping[int, Place]:
        """Where they lie in the frames that show the person; frames that cannot be cut are absent.

        Args:
            track: one person through time.
            n_frames: number of frames of the clip.
            every: only every n-th frame was looked at.
        """
        ...


@dataclass(frozen=True)
class SteadySquares:
    """Upright squares along a box that is smoothed over the whole clip.

    Attributes:
        size_px: side of the crops.
        margin: what is added around the face on every side, as a share of its size.
        sigma_frames: standard deviation of the Gaussian that smooths the box, in frames.
    """

    size_px: int = 256
    margin: float = 0.3
    sigma_frames: float = DEFAULT_SIGMA_FRAMES

    def places(self, track: Track, n_frames: int, every: int) -> Mapping[int, Place]:
        """See `Framing`."""
        del every
        boxes = smooth_boxes(track, n_frames, self.sigma_frames)
        return {index: Place.upright(square(boxes[index], self.margin), self.size_px) for index in track.faces}


@dataclass(frozen=True)
class AlignedCrops:
    """Crops in which eyes, nose and mouth are always at the same place.

    Attributes:
        face_type: how much of the head they show.
        size_px: their side.
        sigma_frames: standard deviation of the Gaussian that smooths the landmarks that they are laid by, in frames.
        mean_face: what they are aligned to.
    """

    face_type: FaceType
    size_px: int = 256
    sigma_frames: float = 0.0
    mean_face: MeanFace = "own"

    def places(self, track: Track, n_frames: int, every: int) -> Mapping[int, Place]:
        """See `Framing`; absent are faces without landmarks, or with such as fit no face."""
        del n_frames
        found: dict[int, Place] = {}
        for index, landmarks in steady_landmarks(track, self.sigma_frames, every=every).items():
            try:
                matrix = crop_matrix(landmarks, self.face_type, self.size_px, mean_face=self.mean_face)
            except MediaError:
                continue
            found[index] = Place(matrix, self.size_px)
        return found
