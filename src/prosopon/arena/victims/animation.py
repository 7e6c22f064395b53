"""A photo that is made to move: keypoints of the photo are attacked, or the picture after a fixed move."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Self, get_args

import torch
from torch import Tensor

from prosopon.arena.victims.answering import Answering
from prosopon.arena.victims.crops import as_crops, as_pictures
from prosopon.arena.victims.driver import MOVE, driver, resized
from prosopon.arena.victims.effects import displacement, pictures_effect
from prosopon.core.clip import Frame
from prosopon.create.fomm.model import FommModel
from prosopon.create.fomm.technique import FirstOrderMotion
from prosopon.models.tensors import to_tensor

Answer = Literal["prediction", "keypoints"]
ANSWERS: tuple[Answer, ...] = get_args(Answer)


class Animation(Answering):
    """First Order Motion on the photo, following the stored driver relatively, as `prosopon animate` does.

    Args:
        model: the nets, on the device where to compute.
        answer: what is attacked.
        name: how it is asked for; None: after the weights.
        precision: of the convolutions while it is attacked.
    """

    def __init__(
        self,
        model: FommModel,
        answer: Answer = "prediction",
        *,
        name: str | None = None,
        precision: torch.dtype = torch.float32,
    ) -> None:
        super().__init__(name or f"untrained/{answer}", model.device, precision)
        self.about = _ABOUT[answer]
        self.side_px = model.config.size_px
        self._answer = answer
        rest, moved = (
            model.keypoints(to_tensor(resized(picture, self.side_px))) for picture in (driver().rest, driver().moved)
        )
        self._points = model.as_differentiable()
        self._moved = model.as_differentiable((rest, moved))

    @classmethod
    def tiny(cls, answer: Answer = "prediction") -> Self:
        """One with a few thousand random weights: for tests, never for results."""
        return cls(FirstOrderMotion.tiny(), answer)

    def __call__(self, crops: Tensor, labels: Tensor | None = None, /) -> Tensor:
        """Pictures after the move in [-1, 1], or the places of the keypoints `(B, K, 2)` in [-1, 1]."""
        pictures = (crops + 1) / 2
        with self._attacked():
            if self._answer == "keypoints":
                return self._points(pictures).float()
            return self._moved(pictures).float() * 2 - 1

    @torch.no_grad()
    def makes(self, crop: Frame) -> list[tuple[str, Frame]]:
        """The photo after the move."""
        moved = self._moved((as_crops([crop], self.side_px, self._device) + 1) / 2)
        return [(MOVE, picture) for picture in as_pictures(moved * 2 - 1, self.side_px)]

    @torch.no_grad()
    def effect(self, untouched: Frame, changed: Frame) -> Mapping[str, float]:
        """Of the picture after the move, and of the keypoints."""
        crops = as_crops([untouched, changed], self.side_px, self._device)
        pictures = (crops + 1) / 2
        points, made = self._points(pictures), self._moved(pictures) * 2 - 1
        return {"keypoints": displacement(points[1:], points[:1]), **pictures_effect(made[1:], made[:1], crops[:1])}


_ABOUT: Mapping[Answer, str] = {
    "prediction": "Makes the photo move as somebody in a video does; attacked is the picture after a turn of the head.",
    "keypoints": "Makes the photo move as somebody in a video does; attacked are the places where it sees the face's "
    "parts.",
}
