"""A face that is put on somebody else part by part: the result is attacked, or the parts that are seen in the photo."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Self, get_args

import numpy as np
import torch
from torch import Tensor

from prosopon.arena.victims.answering import Answering
from prosopon.arena.victims.crops import as_crops, as_pictures
from prosopon.arena.victims.driver import driver, resized
from prosopon.arena.victims.effects import pictures_effect
from prosopon.core.clip import Frame
from prosopon.create.partswap.model import PartSwapModel
from prosopon.create.partswap.technique import PartSwap
from prosopon.models.tensors import to_tensor

Answer = Literal["prediction", "segments"]
ANSWERS: tuple[Answer, ...] = get_args(Answer)


class FaceOnDriver(Answering):
    """Part swap with the photo as the source: its face on the stored driver's head.

    Args:
        model: the nets, on the device where to compute.
        answer: what is attacked.
        name: how it is asked for; None: after the weights.
        precision: of the convolutions while it is attacked.
    """

    def __init__(
        self,
        model: PartSwapModel,
        answer: Answer = "prediction",
        *,
        name: str | None = None,
        precision: torch.dtype = torch.float32,
    ) -> None:
        super().__init__(name or f"untrained/{answer}", model.device, precision)
        self.about = _ABOUT[answer]
        self.side_px = side = model.config.size_px
        self._answer = answer
        self._target = to_tensor(resized(driver().rest, side), self._device)
        face = np.repeat((driver().face * 255).astype(np.uint8)[..., None], 3, 2)
        mask = to_tensor(resized(face, side), self._device)[:, :1]
        self._segments = model.as_differentiable()
        self._swapped = model.as_differentiable(self._target, mask)

    @classmethod
    def tiny(cls, answer: Answer = "prediction") -> Self:
        """One with a few thousand random weights: for tests, never for results."""
        return cls(PartSwap.tiny(), answer)

    def __call__(self, crops: Tensor, labels: Tensor | None = None, /) -> Tensor:
        """The driver with the photo's face in [-1, 1], or the photo's segments `(B, K+1, h, w)`."""
        pictures = (crops + 1) / 2
        with self._attacked():
            if self._answer == "segments":
                return self._segments(pictures).float()
            return self._swapped(pictures).float() * 2 - 1

    @torch.no_grad()
    def makes(self, crop: Frame) -> list[tuple[str, Frame]]:
        """The driver with the photo's face."""
        made = self._swapped((as_crops([crop], self.side_px, self._device) + 1) / 2)
        return [("face on another head", picture) for picture in as_pictures(made * 2 - 1, self.side_px)]

    @torch.no_grad()
    def effect(self, untouched: Frame, changed: Frame) -> Mapping[str, float]:
        """Of the driver with the photo's face, and of the photo's segments."""
        pictures = (as_crops([untouched, changed], self.side_px, self._device) + 1) / 2
        before, after = self._segments(pictures).argmax(1)
        made = self._swapped(pictures) * 2 - 1
        head = (before > 0) | (after > 0)
        moved = float(((before != after) & head).sum() / head.sum().clamp_min(1))
        return {"segments": moved, **pictures_effect(made[1:], made[:1], self._target * 2 - 1)}


_ABOUT: Mapping[Answer, str] = {
    "prediction": "Puts the photo's face on somebody else's head; attacked is the picture that comes out.",
    "segments": "Puts the photo's face on somebody else's head; attacked are the parts that it sees in the photo.",
}
