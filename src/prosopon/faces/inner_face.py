"""Who somebody is by the face alone: nothing around it is seen, and neither light nor skin colour counts.

An embedding of a whole head mostly tells hair, neck and what is behind: measured on film, it takes a face that was
swapped for the person whose hair it has. A swap changes the inside of the face, so that is what must be judged. On
morphs between two people's films the embedding of the inner face goes evenly from one to the other.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Frame
from prosopon.core.faces import Box, Face
from prosopon.faces.aligned.hull import landmark_mask, softened
from prosopon.faces.identity import Embedder
from prosopon.faces.stance import Stance, apply, inverse, view

_SIDE = 1.6
"""Side of what is seen, in units of the face's size: the face and little else."""
_OF_EMBEDDER = 2.2
"""Side of what the embedder looks at, in the same units: the face is shown to it as if it were smaller."""
_CROP_PX = 160
_SOFT_PX = 1.5
_MEAN, _SPREAD = (150.0, 120.0, 105.0), 40.0
"""Colours that every face is brought to, 0 to 255."""
_LEAST_SPREAD = 1.0


class InnerFace:
    """An embedder that sees faces without what is around them.

    Args:
        embedder: looks at what is left.

    Attributes:
        same_person: cosine of embeddings from which two faces are taken for one person's. With the built-in reader, on
            films of six people and stills of thirty: as many wrong answers of either kind (5 %).
    """

    same_person = 0.85

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def embed(self, frame: Frame, face: Face) -> NDArray[np.float32]:
        """A vector of length 1 for a face with landmarks.

        Raises:
            ValueError: the face has no landmarks.
        """
        picture, landmarks = inner_face(frame, face)
        middle = _CROP_PX / 2
        smaller = (middle + (landmarks - middle) * (_SIDE / _OF_EMBEDDER)).astype(np.float32)
        return self._embedder.embed(picture, Face(Box(0, 0, _CROP_PX, _CROP_PX), smaller))


def inner_face(frame: Frame, face: Face) -> tuple[Frame, NDArray[np.float64]]:
    """A face cut out upright, the same colour all around it, its own colours brought to what all faces have.

    Args:
        frame: `uint8 (H, W, 3)`.
        face: with landmarks.

    Returns:
        The picture `uint8 (160, 160, 3)`, and the landmarks in it.

    Raises:
        ValueError: the face has no landmarks.
    """
    if face.landmarks is None:
        raise ValueError("a face without landmarks cannot be cut out")
    matrix = Stance.of(face.landmarks).matrix(_SIDE, _CROP_PX)
    landmarks = apply(inverse(matrix), face.landmarks)
    weight = softened(landmark_mask(landmarks, _CROP_PX), _SOFT_PX)[..., None]
    picture = view(frame, matrix, _CROP_PX, _CROP_PX).astype(np.float32)
    total = max(float(weight.sum()), 1.0)
    mean = (picture * weight).sum((0, 1)) / total
    # One gain for all colours: one for each would make noise of the weak ones visible.
    spread = float(np.sqrt((np.square(picture - mean) * weight).sum((0, 1)).mean() / total))
    brought = (picture - mean) * np.float32(_SPREAD / max(spread, _LEAST_SPREAD))
    shown = np.clip(brought * weight + np.array(_MEAN, np.float32), 0, 255)
    return np.asarray(np.round(shown), np.uint8), landmarks
