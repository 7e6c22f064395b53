"""The plug-in: seams of faces that were blended in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from torch import nn

from prosopon.detect.blending.net import VIEW, BlendingNet, build
from prosopon.detect.learning.frame_detector import FrameDetector
from prosopon.detect.learning.trainable import LearningOptions, Material
from prosopon.detect.learning.view import View
from prosopon.train.recipe import Recipe


class Blending(FrameDetector):
    """Finds faces whose inside and outside do not belong together; never saw a fake while learning."""

    technique: ClassVar[str] = "blending"
    shipped: ClassVar[str | None] = "blending.studio"

    @property
    def view(self) -> View:
        """The whole face with its outline."""
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
        assert isinstance(self.net, BlendingNet)  # noqa: S101 - `build` makes no others
        return self.net.fine

    @classmethod
    def training(cls, material: Material, options: LearningOptions) -> Recipe:
        """How it learns."""
        from prosopon.detect.blending.recipe import blending_recipe  # noqa: PLC0415 - scoring needs none of it

        return blending_recipe(material, options)
