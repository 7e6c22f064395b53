"""The plug-in: faces that nets have painted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from prosopon.detect.forensics.net import VIEW, DiscriminatorNet, build
from prosopon.detect.learning.frame_detector import FrameDetector
from prosopon.detect.learning.heat import scaled
from prosopon.detect.learning.trainable import LearningOptions, Material
from prosopon.detect.learning.view import View
from prosopon.train.recipe import Recipe


class Forensics(FrameDetector):
    """Finds what nets leave behind in faces that they paint, beyond the finest grain."""

    technique: ClassVar[str] = "forensics"
    shipped: ClassVar[str | None] = "forensics.studio"

    @property
    def view(self) -> View:
        """From brow to chin."""
        return VIEW

    @classmethod
    def build(cls, card: Mapping[str, Any]) -> nn.Module:
        """The net of a card's configuration.

        Raises:
            CheckpointError: there is no such configuration.
        """
        return build(card)

    @torch.no_grad()
    def heat(self, pictures: Tensor) -> tuple[NDArray[np.float32], str] | None:
        """What each of 8 x 8 places adds to the logit: exact, but each place has seen some of its surroundings."""
        assert isinstance(self.net, DiscriminatorNet)  # noqa: S101 - `build` makes no others
        return scaled(self.net.by_place(pictures).float().cpu().numpy()), "exact"

    @classmethod
    def training(cls, material: Material, options: LearningOptions) -> Recipe:
        """How it learns."""
        from prosopon.detect.forensics.recipe import forensics_recipe  # noqa: PLC0415 - scoring needs none of it

        return forensics_recipe(material, options)
