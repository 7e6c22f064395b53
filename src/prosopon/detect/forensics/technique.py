"""The plug-in: faces that nets have painted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from prosopon.detect.forensics.net import VIEW, ForensicsNet, build
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
        """The face with its outline."""
        return VIEW

    @classmethod
    def build(cls, card: Mapping[str, Any]) -> nn.Module:
        """The net of a card's configuration.

        Raises:
            CheckpointError: there is no such configuration.
        """
        return build(card)

    def heat(self, pictures: Tensor) -> tuple[NDArray[np.float32], str] | None:
        """What each of 8 x 8 places adds to the logit: exact, but each place has seen some of its surroundings."""
        assert isinstance(self.net, ForensicsNet)  # noqa: S101 - `build` makes no others
        places, _ = self.net.by_place(pictures)
        return scaled(places.float().cpu().numpy()), "exact"

    @classmethod
    def training(cls, material: Material, options: LearningOptions) -> Recipe:
        """How it learns."""
        from prosopon.detect.forensics.recipe import forensics_recipe  # noqa: PLC0415 - scoring needs none of it

        return forensics_recipe(material, options)
