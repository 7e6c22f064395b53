"""A head in a photo of full resolution: where it is, and where its face is in a crop of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Clip
from prosopon.core.errors import MediaError, MissingError
from prosopon.core.faces import Box, Face, Tracks
from prosopon.disrupt.heads.view import Region, seen_region
from prosopon.faces.head_box import head_box


@dataclass(frozen=True, eq=False)
class Head:
    """One of those whose picture it is.

    Attributes:
        box: the square around the head that nets look at, fractional, in pixels of the picture; may reach outside.
        landmarks: the 68 of the face, likewise, or None.
    """

    box: Box
    landmarks: NDArray[np.floating] | None = None

    def landmarks_in(self, box: Box, side_px: int) -> NDArray[np.float64] | None:
        """Its landmarks in pixels of a crop of that square, as far as there are any."""
        if self.landmarks is None:
            return None
        return (np.asarray(self.landmarks, np.float64) - (box.left, box.top)) * (side_px / box.width)

    def region_in(self, width: int, height: int) -> Region:
        """All pixels of a picture that its square depends on in the picture's own resolution."""
        return seen_region(self.box, width, height, [max(1, round(self.box.width))])


def head_of(face: Face | None) -> Head | None:
    """The head of a face, hair included; None where there are no landmarks."""
    if face is None or face.landmarks is None:
        return None
    return Head(head_box([face.landmarks]), face.landmarks)


def heads_in(clip: Clip, tracks: Tracks) -> list[list[Head]]:
    """Whose heads each picture of a clip shows; none where nobody has landmarks.

    Raises:
        MediaError: there are no pictures.
        MissingError: there is no face with landmarks in any of them.
    """
    if len(clip) == 0:
        raise MediaError(f"{clip.name} has no pictures to protect, only sound", "give a picture or a video")
    heads = [
        [head for one in tracks.tracks if (head := head_of(one.faces.get(index))) is not None]
        for index in range(len(clip))
    ]
    if not any(heads):
        raise MissingError(f"no face was found in {clip.name}", "give a picture that shows one clearly")
    return heads
