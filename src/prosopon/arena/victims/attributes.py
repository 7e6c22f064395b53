"""A photo whose hair, glasses, beard, age or smile are edited: the edits are attacked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import numpy as np
import torch
from torch import Tensor

from prosopon.arena.victims.answering import Answering
from prosopon.arena.victims.crops import as_crops, as_pictures
from prosopon.arena.victims.effects import pictures_effect
from prosopon.core.clip import Frame
from prosopon.create.stargan.model import StarganModel
from prosopon.create.stargan.technique import Stargan
from prosopon.datasets.attributes import AttributeSet


class AttributeEdits(Answering):
    """StarGAN, which has a class for each attribute.

    Args:
        model: the nets, on the device where to compute.
        name: how it is asked for; None: after the weights.
        precision: of the convolutions while it is attacked.
    """

    about = "Gives the photo other hair, glasses, a beard, more years or a smile; attacked are these edits."

    def __init__(
        self, model: StarganModel, *, name: str | None = None, precision: torch.dtype = torch.float32
    ) -> None:  # fmt: skip
        super().__init__(name or model.weights_name, model.device, precision)
        self.side_px = model.config.size_px
        self.classes: Tensor = wanted_looks(model.attributes).to(model.device)
        self._model = model.frozen()

    @classmethod
    def tiny(cls) -> Self:
        """One with a few thousand random weights: for tests, never for results."""
        return cls(Stargan.tiny())

    def __call__(self, crops: Tensor, labels: Tensor | None = None, /) -> Tensor:
        """Edited pictures in [-1, 1]."""
        rows = self.classes[:1] if labels is None else labels.to(self._device)
        return self._model.edit((crops + 1) / 2, rows, precision=self._precision) * 2 - 1

    @torch.no_grad()
    def makes(self, crop: Frame) -> list[tuple[str, Frame]]:
        """The photo with each attribute."""
        made = self._edits(as_crops([crop], self.side_px, self._device))
        return [*zip(self._model.attributes.names, as_pictures(made, self.side_px), strict=True)]

    @torch.no_grad()
    def effect(self, untouched: Frame, changed: Frame) -> Mapping[str, float]:
        """Over all edits; `disrupted` is the share of those that broke."""
        crops = as_crops([untouched, changed], self.side_px, self._device)
        was, became = self._edits(crops[:1]), self._edits(crops[1:])
        return pictures_effect(became, was, crops[:1].expand_as(was))

    def _edits(self, crop: Tensor) -> Tensor:
        pictures = ((crop + 1) / 2).expand(len(self.classes), -1, -1, -1)
        return self._model.edit(pictures, self.classes) * 2 - 1


def wanted_looks(attributes: AttributeSet) -> Tensor:
    """Labels `(N, N)`, a row for each attribute: somebody who has it and, of what excludes each other, one at least.

    What the photo's person has is not asked, since it would be read out of the photo that is attacked.
    """
    plain = attributes.told(group[0] for group in attributes.exclusive)
    return torch.from_numpy(np.stack([attributes.switched(plain, name, on=True) for name in attributes.names]))
