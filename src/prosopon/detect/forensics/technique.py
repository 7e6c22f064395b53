"""The plug-in: faces that nets have painted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from torch import nn

from prosopon.detect.forensics.net import VIEW, DiscriminatorNet, build
from prosopon.detect.learning.frame_detector import FrameDetector
from prosopon.detect.learning.trainable import LearningOptions, Material
from prosopon.detect.learning.view import View
from prosopon.train.recipe import Recipe


class Forensics(FrameDetector):
    """Finds what nets leave behind in faces that they paint, beyond the finest grain."""

    technique: ClassVar[str] = "forensics"
    shipped: ClassVar[str | None] = "forensics.studio"

    @property
    def view(self) -> View:
        """Mostly what a net has painted."""
        return VIEW

    @classmethod
    def build(cls, card: Mapping[str, Any]) -> nn.Module:
        """The net of a card's configuration.

        Raises:
            CheckpointError: there is no such configuration.
        """
        return build(card)

    def heat_layer(self) -> nn.Module:
        """The last features that still have places."""
        assert isinstance(self.net, DiscriminatorNet)  # noqa: S101 - `build` makes no others
        return self.net.features

    @classmethod
    def training(cls, material: Material, options: LearningOptions) -> Recipe:
        """How it learns."""
        from prosopon.detect.forensics.recipe import forensics_recipe  # noqa: PLC0415 - scoring needs none of it

        return forensics_recipe(material, options)
