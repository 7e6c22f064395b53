"""The baseline that detectors are measured beside: a plain residual net.

It is what anybody would do first: trained on real faces and fakes as they are, without a single degradation.
`prosopon train detector plain` trains it; it is no technique of its own, and takes no part in a verdict.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from torch import nn

from prosopon.detect.learning.frame_detector import NET, FrameDetector
from prosopon.detect.learning.pairs import ArenaPairs, Wobble
from prosopon.detect.learning.recipe import ClassifierRecipe, HeldOut
from prosopon.detect.learning.trainable import LearningOptions, Material
from prosopon.detect.learning.trunk import PlainNet
from prosopon.detect.learning.view import View
from prosopon.detect.learning.weights import start_net
from prosopon.train.recipe import Recipe
from prosopon.train.schedule import Schedule

TECHNIQUE = "plain"
VIEW = View(160, 1.5)
_SCHEDULE = Schedule(peak=1.5e-3, warm_up=50, horizon=700, weight_decay=1e-3)


class Plain(FrameDetector):
    """The baseline: a plain net, plainly trained."""

    technique: ClassVar[str] = TECHNIQUE

    @property
    def view(self) -> View:
        """The whole face with its outline."""
        return VIEW

    @classmethod
    def build(cls, card: Mapping[str, Any]) -> nn.Module:
        """The net."""
        return PlainNet()

    def heat_layer(self) -> nn.Module:
        """The last features that still have places."""
        assert isinstance(self.net, PlainNet)  # noqa: S101 - `build` makes no others
        return self.net.fine

    @classmethod
    def training(cls, material: Material, options: LearningOptions) -> Recipe:
        """How it learns: from the arena's faces as they are, flipped and shifted a little.

        Raises:
            UsageError: there is nothing to learn from.
        """
        pairs = ArenaPairs(
            material.fakes, VIEW, held_out_generators=material.held_out, degrade=None, wobble=Wobble(light=0.0)
        )
        net, inputs = PlainNet(), material.inputs()
        if options.start_from is not None:
            inputs |= start_net(net, NET, TECHNIQUE, options.start_from)
        generators, held_out = list(material.generators), list(material.held_out)
        return ClassifierRecipe(
            options.name,
            net,
            pairs,
            options.schedule(_SCHEDULE),
            card=options.card(TECHNIQUE, "studio", trained_on={"generators": generators, "held_out": held_out}),
            data={"generators": generators, "held_out": held_out},
            inputs=inputs,
            held_out=HeldOut(material.fakes, VIEW, material.held_out),
        )
