"""The plug-in: photos protected by one and the same change."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from prosopon.disrupt.learnt.changes import LearntChange
from prosopon.disrupt.universal.change import SIDE_PX, UniversalChange

__all__ = ["Universal"]


class Universal(LearntChange):
    """One change for every head, learnt against several nets (CMUA-Watermark, arXiv 2105.10872).

    Whoever knows it can subtract it; and it holds against the nets that it was learnt with, and neither for long nor
    against everyone: see the card's known failures.
    """

    technique = "universal"
    op = "disrupt.universal.protect"

    @classmethod
    def build(cls, card: dict[str, Any], name: str) -> nn.Module:
        """A change with any values."""
        return UniversalChange()

    @property
    def change(self) -> Tensor:
        """What is laid over every head, `(3, 256, 256)` as shares of the largest change, in [-1, 1]."""
        blank = torch.zeros(1, 3, SIDE_PX, SIDE_PX, device=self.device)
        share: Tensor = self._module(blank)[0]
        return share

    @classmethod
    def tiny(cls) -> Universal:
        """One of noise, always the same: for tests, never for results."""
        return cls(UniversalChange(generator=torch.Generator().manual_seed(0)), 12 / 255)


def model_card() -> dict[str, Any]:
    """What a weights card says so that the change can be loaded again."""
    return {"technique": Universal.technique}
