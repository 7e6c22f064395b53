"""Small nets that look at crops of heads, for attacks on whole pictures to be tried on."""

from __future__ import annotations

from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from small_victims import N_LABELS, SmallEditor
from torch import Tensor

from prosopon.core.clip import Frame


class HeadNet:
    """A net that edits crops of 24 pixels.

    Args:
        name: what it is called.
        edits: whether it has classes.
        scale: what its answers are multiplied by.
    """

    def __init__(self, name: str = "small", *, edits: bool = False, scale: float = 1.0, side_px: int = 24) -> None:
        self.name = name
        self.about = "Changes the colours of a photo; attacked is the picture that it makes."
        self.side_px = side_px
        self.classes = torch.eye(N_LABELS) if edits else None
        self.asked: list[int | None] = []
        self.told: list[NDArray[np.floating]] = []
        self._net = SmallEditor()
        self._scale = scale

    def __call__(self, crops: Tensor, labels: Tensor | None = None, /) -> Tensor:
        assert crops.shape[-2:] == (self.side_px, self.side_px)
        assert crops.abs().max() <= 1
        if torch.is_grad_enabled():
            self.asked.append(None if labels is None else int(labels[0].argmax()))
        answer: Tensor = self._scale * self._net(crops, labels)
        return answer

    def at_face(self, landmarks: NDArray[np.floating]) -> Self:
        self.told.append(landmarks)
        return self

    def makes(self, crop: Frame) -> list[tuple[str, Frame]]:
        return [("edited", 255 - crop)]

    def effect(self, untouched: Frame, changed: Frame) -> dict[str, float]:
        apart = untouched.astype(float) - changed.astype(float)
        return {"l1": float(np.abs(apart).mean()) / 127.5, "l2": float(np.square(apart / 127.5).mean())}


def soft_picture(width: int, height: int, seed: int = 0) -> Frame:
    """A picture of soft colours, `uint8 (H, W, 3)`."""
    coarse = torch.rand(1, 3, 6, 6, generator=torch.Generator().manual_seed(seed))
    fine = torch.nn.functional.interpolate(coarse, (height, width), mode="bicubic", align_corners=True)
    return (fine[0].clamp(0, 1) * 255).round().byte().movedim(0, -1).numpy().copy()
