"""The plug-in: MesoNet, trained here or with the authors' weights."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from prosopon.core.errors import CheckpointError, UsageError
from prosopon.detect.learning.frame_detector import NET, FrameDetector
from prosopon.detect.learning.heat import scaled
from prosopon.detect.learning.meso_trunk import SIZE_PX
from prosopon.detect.learning.meso_view import MesoView
from prosopon.detect.learning.trainable import LearningOptions, Material
from prosopon.detect.learning.view import View
from prosopon.detect.mesonet.net import NETS, MesoBase
from prosopon.detect.mesonet.published import read_published
from prosopon.models.tensors import to_tensor
from prosopon.train.recipe import Recipe

TECHNIQUE = "mesonet"
PUBLISHED_LICENCE = "Apache-2.0"
PUBLISHED_ORIGIN = "Afchar, Nozick, Yamagishi, Echizen: github.com/DariusAf/MesoNet"
_BATCH = 16


class MesoNet(FrameDetector):
    """Meso-4 or MesoInception-4: small nets that look at faces at a scale between pixels and meaning."""

    technique: ClassVar[str] = TECHNIQUE
    smallest: ClassVar[str] = "meso4"
    shipped: ClassVar[str | None] = "mesonet.studio"

    @property
    def view(self) -> View:
        """As the authors cut faces."""
        return MesoView()

    @classmethod
    def build(cls, card: Mapping[str, Any]) -> nn.Module:
        """The net of a card's configuration.

        Raises:
            CheckpointError: there is no such net.
        """
        config = str(card.get("config"))
        if config not in NETS:
            raise CheckpointError(f"there is no MesoNet {config!r}", f"it is one of {', '.join(NETS)}")
        return NETS[config]()

    @classmethod
    def from_published(cls, path: str | Path) -> Self:
        """The authors' weights; which of their nets it is follows from the file.

        Raises:
            MissingError: there is no such file.
            CheckpointError: it is damaged, or of another net.
        """
        config, net = read_published(Path(path))
        detector = cls(net, card={"config": config})
        detector.weights_name = Path(path).name
        return detector

    @classmethod
    def import_published(cls, path: Path, config: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """The authors' weights as ours: the state as `net.<key>`, and what goes on the card.

        Raises:
            UsageError: there is no such configuration.
            CheckpointError: the file is damaged, or not of this net.
        """
        if config not in NETS:
            raise UsageError(f"{TECHNIQUE} has no configuration {config!r}", f"use one of {', '.join(NETS)}")
        found, net = read_published(path)
        if found != config:
            raise CheckpointError(f"{path} is of {found}, not of {config}", f"import it with --config {found}")
        state = {f"{NET}.{key}": value for key, value in net.state_dict().items()}
        return state, {"licence": PUBLISHED_LICENCE, "origin": PUBLISHED_ORIGIN}

    @classmethod
    def training(cls, material: Material, options: LearningOptions) -> Recipe:
        """How it learns."""
        from prosopon.detect.mesonet.recipe import meso_recipe  # noqa: PLC0415 - scoring needs none of it

        return meso_recipe(material, options)

    def heat(self, pictures: Tensor) -> tuple[NDArray[np.float32], str] | None:
        """What each of 8 x 8 places adds to the logit: exact, but each place has seen some of its surroundings."""
        places, _ = self._net.by_place(pictures)
        return scaled(places.float().numpy()), "exact"

    @property
    def _net(self) -> MesoBase:
        assert isinstance(self.net, MesoBase)  # noqa: S101 - `build` makes no others
        return self.net

    @torch.no_grad()
    def probability_real(self, images: NDArray[Any]) -> NDArray[np.float32]:
        """The probability that faces are real, as the authors' program would give it were it fed rightly.

        Args:
            images: cut faces, `uint8 (B, 256, 256, 3)` RGB; or floating point numbers in [0, 1].

        Returns:
            `float32 (B,)` in [0, 1].

        Raises:
            UsageError: another shape or type, or numbers beyond [0, 1]: fed with those up to 255, the nets call
                everything real, whatever it is.
        """
        pictures = _checked(np.asarray(images)).contiguous(memory_format=torch.channels_last)
        said = [self._net.real_logits(pictures[i : i + _BATCH]).sigmoid() for i in range(0, len(pictures), _BATCH)]
        return np.asarray(torch.cat(said).numpy() if said else np.zeros(0), np.float32)


def _checked(images: NDArray[Any]) -> Tensor:
    if images.ndim != 4 or images.shape[1:] != (SIZE_PX, SIZE_PX, 3):
        raise UsageError(
            f"MesoNet takes faces (B, {SIZE_PX}, {SIZE_PX}, 3), not {images.shape}", "cut them with MesoView"
        )
    if images.dtype == np.uint8:
        return to_tensor(images)
    if images.dtype.kind != "f":
        raise UsageError(f"MesoNet takes uint8 pictures, not {images.dtype}", "convert them to uint8, 0 to 255")
    if images.size and not (images.min() >= 0 and images.max() <= 1):  # NaN fails it, too
        raise UsageError(
            f"these floating point pictures go from {images.min():g} to {images.max():g}, and MesoNet was trained on "
            "0 to 1: beyond that it calls everything real",
            "give them as uint8, or divide them by 255",
        )
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(images, -1, 1), np.float32))
