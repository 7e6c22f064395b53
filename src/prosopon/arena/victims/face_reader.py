"""Who is in a photo, as the face reader tells: the embedding is attacked."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from prosopon.arena.victims.answering import Answering
from prosopon.arena.victims.crops import as_crops, seen_through, usual_landmarks
from prosopon.arena.victims.effects import cosine
from prosopon.core.clip import Frame
from prosopon.faces.reader.net import CROP_PX, CROP_SIDE, ReaderNet
from prosopon.faces.stance import Stance


class Recognition(Answering):
    """The face reader, which makes no pictures.

    Args:
        net: trained, on the device where to compute.
        same_person: cosine of embeddings from which two faces are taken for one person's.
        name: how it is asked for.
        precision: of the convolutions while it is attacked.
    """

    about = "Tells who is in the photo; attacked is the vector by which it knows people again."

    def __init__(
        self,
        net: ReaderNet,
        same_person: float,
        *,
        name: str = "untrained",
        precision: torch.dtype = torch.float32,
    ) -> None:
        super().__init__(name, next(net.parameters()).device, precision)
        self._same_person = same_person
        # So large that the net sees pixels of crops about as they are, and nothing aliases.
        crop_px = CROP_PX  # any side will do here: what counts is how many pixels of a crop one of the net's covers
        self.side_px = round(crop_px / float(np.linalg.norm(_matrix(usual_landmarks(crop_px))[:, 0])))
        self._from_aligned = _matrix(usual_landmarks(self.side_px))
        self._embed = net.as_differentiable()

    @classmethod
    def tiny(cls) -> Self:
        """One with a few random weights, always the same ones: for tests, never for results."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return cls(ReaderNet((4, 4, 4, 4, 4)), 0.5)

    def __call__(self, crops: Tensor, labels: Tensor | None = None, /) -> Tensor:
        """Embeddings `(B, 128)` of length 1."""
        faces = (seen_through(crops, self._from_aligned, CROP_PX) + 1) / 2
        with self._attacked():
            return self._embed(faces).float()

    def at_face(self, landmarks: NDArray[np.floating]) -> Self:
        """The same, looking at the face as the reader cuts it out."""
        told = copy.copy(self)
        told._from_aligned = _matrix(landmarks)
        return told

    def makes(self, crop: Frame) -> list[tuple[str, Frame]]:
        """Nothing."""
        return []

    @torch.no_grad()
    def effect(self, untouched: Frame, changed: Frame) -> Mapping[str, float]:
        """Of the embedding."""
        crops = as_crops([untouched, changed], self.side_px, self._device)
        faces = (seen_through(crops, self._from_aligned, CROP_PX) + 1) / 2
        embeddings = self._embed(faces)
        alike = cosine(embeddings[1:], embeddings[:1])
        return {"cosine": alike, "recognised": float(alike >= self._same_person)}


def _matrix(landmarks: NDArray[np.floating]) -> NDArray[np.float64]:
    return Stance.of(landmarks).matrix(CROP_SIDE, CROP_PX)
