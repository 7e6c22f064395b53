"""The plug-in: Xception with weights that the user brings or trains; none come with Prosopon."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn

from prosopon.core.errors import CheckpointError, MissingError, UsageError
from prosopon.detect.learning.frame_detector import NET, FrameDetector
from prosopon.detect.learning.trainable import LearningOptions, Material
from prosopon.detect.learning.view import View
from prosopon.detect.learning.weights import open_weights
from prosopon.detect.xception.net import FAKE, SIZE_PX, XceptionNet
from prosopon.detect.xception.published import CONFIGS, read_weights
from prosopon.models.catalogue import of_technique
from prosopon.models.device import Precision
from prosopon.train.recipe import Recipe

TECHNIQUE = "xception"
VIEW = View(SIZE_PX, 1.3, upright=False)
"""The face's box made square and 1.3 times as wide."""
_ADVICE = (
    "bring one in: prosopon weights import FILE --technique xception (FaceForensics++ or DeepfakeBench), "
    "or train it: prosopon train detector xception --arena DIR -o RUN"
)


class Xception(FrameDetector):
    """The strong plain baseline of FaceForensics++: a large net for pictures with two classes."""

    technique: ClassVar[str] = TECHNIQUE
    smallest: ClassVar[str] = "ffpp"
    default_config: ClassVar[str] = "ffpp"
    """What published files are taken for where nobody says."""
    most_frames: ClassVar[int | None] = 12
    precision: ClassVar[Precision] = "auto"

    @property
    def view(self) -> View:
        """As FaceForensics++ cuts faces."""
        return VIEW

    @classmethod
    def build(cls, card: Mapping[str, Any]) -> nn.Module:
        """The net of a card.

        Raises:
            CheckpointError: the card is of weights that know no fakes.
        """
        config = str(card.get("config"))
        published = CONFIGS.get(config)
        if published is not None and not published.with_head:
            raise CheckpointError(
                "these weights know objects, and nothing of fakes",
                "start from them: prosopon train detector xception --start-from NAME --arena DIR -o RUN",
            )
        fake = card.get("fake_class", FAKE)
        if fake not in (0, 1):
            raise CheckpointError(f"the card says that class {fake} is a fake", "it is 0 or 1")
        return XceptionNet(int(fake))

    @classmethod
    def from_weights(cls, weights: str | None = None) -> Self:
        """The detector with weights by name, path or run folder; None: those that the user brought in.

        Raises:
            MissingError: there are none; says how to get some.
            CheckpointError: they are damaged, or of another detector.
        """
        if weights is None:
            own = [entry.name for entry in of_technique(TECHNIQUE).values() if entry.config != "imagenet"]
            if not own:
                raise MissingError("no weights of xception come with Prosopon", _ADVICE)
            weights = own[0]
        return cls.of(open_weights(TECHNIQUE, weights))

    @classmethod
    def import_published(cls, path: Path, config: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """A published checkpoint as ours: the state as `net.<key>`, and what goes on the card.

        Raises:
            UsageError: there is no such configuration.
            CheckpointError: the file is unsafe, damaged, or of another net.
        """
        if config not in CONFIGS:
            raise UsageError(f"{TECHNIQUE} has no configuration {config!r}", f"use one of {', '.join(CONFIGS)}")
        published = CONFIGS[config]
        state = {f"{NET}.{key}": value for key, value in read_weights(path, published).items()}
        card: dict[str, Any] = {"fake_class": published.fake}
        if published.with_head:
            card["notice"] = (
                f"Class {published.fake} is taken for a fake, as its configuration {config} says. Where faces that are "
                "surely real come out as fake, the file has it the other way: import it with --config "
                f"{'fake-first' if published.fake else 'ffpp'}. Nothing is known of its calibration yet."
            )
        else:
            card["notice"] = "These weights know objects, not fakes: train from them with --start-from."
        return state, card

    @classmethod
    def training(cls, material: Material, options: LearningOptions) -> Recipe:
        """How it learns."""
        from prosopon.detect.xception.recipe import xception_recipe  # noqa: PLC0415 - scoring needs none of it

        return xception_recipe(material, options)

    def heat_layer(self) -> nn.Module | None:
        """The last features before they are averaged over the picture."""
        assert isinstance(self.net, XceptionNet)  # noqa: S101 - `build` makes no others
        return self.net.relu

    @torch.no_grad()
    def classes(self, pictures: Tensor) -> Tensor:
        """Probabilities of both classes `(B, 2)`, as published, of pictures `(B, 3, 299, 299)` in [0, 1]."""
        assert isinstance(self.net, XceptionNet)  # noqa: S101 - `build` makes no others
        return self.net.classes(pictures).softmax(1)
