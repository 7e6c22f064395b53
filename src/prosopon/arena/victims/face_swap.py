"""A face that a swapping autoencoder is shown: its code is attacked, or the face that is drawn from it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Literal, Self, get_args

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from prosopon.arena.victims.answering import Answering
from prosopon.arena.victims.crops import as_crops, as_pictures, seen_through, usual_landmarks
from prosopon.arena.victims.effects import cosine, pictures_effect
from prosopon.core.clip import Frame
from prosopon.create.swap.model import SwapModel
from prosopon.create.swap.technique import FaceSwap
from prosopon.faces.aligned.face_types import crop_matrix
from prosopon.faces.stance import inverse

Answer = Literal["code", "face"]
ANSWERS: tuple[Answer, ...] = get_args(Answer)


class SwappedFace(Answering):
    """A face swap whose footage is the photo.

    Weights that know many people's faces and nobody's in particular (`swap.mini`) draw the person themselves: what
    every swap that is trained from them begins with.

    Args:
        model: the net, on the device where to compute.
        answer: what is attacked.
        name: how it is asked for; None: after the weights.
        precision: of the convolutions while it is attacked.
    """

    def __init__(
        self,
        model: SwapModel,
        answer: Answer = "code",
        *,
        name: str | None = None,
        precision: torch.dtype = torch.float32,
    ) -> None:
        super().__init__(name or f"untrained/{answer}", model.device, precision)
        self.about = _ABOUT[answer]
        self._answer = answer
        self._net_px, self._face_type = model.plan.input_px, model.face_type
        # So large that the net sees pixels of crops about as they are, and nothing aliases.
        self.side_px = round(float(np.sqrt(np.linalg.det(self._matrix(usual_landmarks(1))[:, :2]))))
        self._to_aligned = self._matrix(usual_landmarks(self.side_px))
        self._caption = "as the net knows them" if model.pretrained else "with the learnt face"
        self._code, self._face = model.as_differentiable("code"), model.as_differentiable("face")

    @classmethod
    def tiny(cls, answer: Answer = "code") -> Self:
        """One with a few random weights: for tests, never for results."""
        return cls(FaceSwap.tiny(), answer)

    def __call__(self, crops: Tensor, labels: Tensor | None = None, /) -> Tensor:
        """The code `(B, c, t, t)`, or the aligned face `(B, 3, O, O)` in [-1, 1]."""
        faces = self._aligned(crops)
        with self._attacked():
            return self._code(faces).float() if self._answer == "code" else self._face(faces).float() * 2 - 1

    def at_face(self, landmarks: NDArray[np.floating]) -> Self:
        """The same, looking at the face as it is cut out for the net."""
        told = copy.copy(self)
        told._to_aligned = self._matrix(landmarks)
        return told

    @torch.no_grad()
    def makes(self, crop: Frame) -> list[tuple[str, Frame]]:
        """The face that is drawn, as it is cut out for the net."""
        drawn = self._face(self._aligned(as_crops([crop], self.side_px, self._device))) * 2 - 1
        return [(self._caption, picture) for picture in as_pictures(drawn, self.side_px)]

    @torch.no_grad()
    def effect(self, untouched: Frame, changed: Frame) -> Mapping[str, float]:
        """Of the code, and of the face that is drawn."""
        faces = self._aligned(as_crops([untouched, changed], self.side_px, self._device))
        codes, drawn = self._code(faces), self._face(faces) * 2 - 1
        shown = F.interpolate(faces[:1] * 2 - 1, size=drawn.shape[-2:], mode="area")
        return {"cosine": cosine(codes[1:], codes[:1]), **pictures_effect(drawn[1:], drawn[:1], shown)}

    def _matrix(self, landmarks: NDArray[np.floating]) -> NDArray[np.float64]:
        return crop_matrix(landmarks, self._face_type, self._net_px)

    def _aligned(self, crops: Tensor) -> Tensor:
        return (seen_through(crops, inverse(self._to_aligned), self._net_px) + 1) / 2


_ABOUT: Mapping[Answer, str] = {
    "code": "Draws a learnt face over the photo's; attacked is the code in which the net keeps what the face does.",
    "face": "Draws a learnt face over the photo's; attacked is the face that it draws.",
}
