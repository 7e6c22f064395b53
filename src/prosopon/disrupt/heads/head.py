"""A head in a photo of full resolution: where it is, and where its face is in a crop of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prosopon.core.faces import Box, Face
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


def head_of(face: Face | None) -> Head | None:
    """The head of a face, hair included; None where there are no landmarks."""
    if face is None or face.landmarks is None:
        return None
    return Head(head_box([face.landmarks]), face.landmarks)
