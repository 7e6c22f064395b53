"""StarGAN as one object: the net that edits attributes and the one that reads them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor, nn

from prosopon.core.errors import MissingError, UsageError
from prosopon.create.stargan.config import PUBLISHED, ModelConfig
from prosopon.create.stargan.exposure import Exposure
from prosopon.datasets.attributes import AttributeSet
from prosopon.models.checkpoint import load, load_strict
from prosopon.models.device import computing_in
from prosopon.models.importing import read_published
from prosopon.models.instance_norm import own_statistics
from prosopon.models.named_nets import NamedNets
from prosopon.models.stargan import Discriminator, Generator
from prosopon.models.stargan.generator import from_published
from prosopon.train.rebuild import from_table
from prosopon.train.trained import find_trained

TECHNIQUE = "stargan"


class StarganModel(NamedNets):
    """Generator and reader of attributes of one configuration, on one device.

    The generator always works with each picture's own statistics, as the published program does, which never calls
    `eval()`; see `own_statistics`.

    Attributes:
        attributes: what the labels mean.
        weights_name: what the loaded weights are called.
        weights_sha256: content id of their file; None for nets that were not loaded.
    """

    weights_name: str = "untrained"
    weights_sha256: str | None = None

    def __init__(self, config: ModelConfig) -> None:
        self.config = config
        self.attributes = AttributeSet(config.names, config.exclusive)
        self.generator = build_generator(config)
        nets: dict[str, nn.Module] = {"generator": self.generator}
        if config.reader_width:
            nets["reader"] = build_reader(config)
        super().__init__(nets)

    @classmethod
    def tiny(cls) -> Self:
        """A model of a few thousand random weights, always the same ones: for tests, never for results."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return cls(ModelConfig(size_px=32, width=4, n_blocks=1, reader_width=2, reader_layers=3, critic_layers=3))

    @classmethod
    def from_weights(cls, where: str | Path) -> Self:
        """Weights by name, a `.safetensors` with its card beside it, or the run folder of a training.

        Raises:
            MissingError: there are none, or they are of another technique.
            CheckpointError: they are damaged.
        """
        entry = find_trained(where, "train stargan")
        if entry.technique != TECHNIQUE:
            raise MissingError(
                f"the weights {entry.name} are of {entry.technique}, not of {TECHNIQUE}", "see prosopon weights list"
            )
        model = cls(from_table(ModelConfig, entry.card.get("model", {}), entry.name))
        state, _ = load(entry.path)
        model.load_state(state, entry.name)
        model.weights_name, model.weights_sha256 = entry.name, entry.sha256
        return model

    @classmethod
    def import_published(cls, path: Path, config: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """A published generator as our weights: the state as `<net>.<key>`, and what goes on the card.

        Raises:
            UsageError: there is no such configuration.
            CheckpointError: the file is unsafe, damaged, or not of this net.
        """
        if config not in PUBLISHED:
            raise UsageError(f"{TECHNIQUE} has no published {config!r}", f"use one of {', '.join(PUBLISHED)}")
        model = cls(PUBLISHED[config])
        tensors = {str(key): value for key, value in read_published(path).items() if isinstance(value, Tensor)}
        load_strict(model.generator, from_published(tensors, model.generator), path.name)
        return model.state(), model_card(model.config)

    def edit(self, pictures: Tensor, labels: Tensor, *, precision: torch.dtype = torch.float32) -> Tensor:
        """Pictures with other attributes; gradients pass.

        Args:
            pictures: `(B, 3, S, S)` in [0, 1].
            labels: `(B, N)` or `(1, N)`: all attributes that they shall have.
            precision: of the convolutions.

        Returns:
            `float32 (B, 3, S, S)` in [0, 1].
        """
        with computing_in(precision, self.device):
            return edit(self.generator, pictures, labels, evened=self.config.evened)

    @torch.no_grad()
    def read(self, pictures: Tensor) -> Tensor:
        """How likely each attribute is, `(B, N)` in [0, 1], of pictures `(B, 3, S, S)` in [0, 1].

        Raises:
            UsageError: these weights came without a net that reads.
        """
        reader = self.modules.get("reader")
        if reader is None:
            names = ", ".join(self.config.names)
            raise UsageError(
                f"the weights {self.weights_name} edit attributes and cannot read them",
                f"say with --has which of {names} the person has",
            )
        logits: Tensor = reader(pictures * 2 - 1)[1]
        return logits.sigmoid()

    def as_differentiable(self, labels: Tensor) -> Callable[[Tensor], Tensor]:
        """The model as an attacker sees it, who knows which edit will be made: frames in [0, 1] -> frames in [0, 1].

        Gradients reach the frames and no weights.

        Args:
            labels: `(N,)`, or `(B, N)` with a row for each frame.
        """
        rows = labels if labels.ndim == 2 else labels[None]
        frozen = self.frozen()
        return lambda frames: frozen.edit(frames, rows)


def edit(generator: Callable[[Tensor, Tensor], Tensor], pictures: Tensor, labels: Tensor, *, evened: bool) -> Tensor:
    """Pictures with other attributes, as the nets are used everywhere outside training.

    Args:
        generator: pictures in [-1, 1] and labels -> pictures in [-1, 1]; a module uses its pictures' own statistics.
        pictures: `(B, 3, S, S)` in [0, 1].
        labels: `(B, N)` or `(1, N)`: all attributes that they shall have.
        evened: whether colour and contrast are carried around it.

    Returns:
        `float32 (B, 3, S, S)` in [0, 1].
    """
    given = pictures * 2 - 1
    exposure = Exposure.of(given, evened=evened)
    classes = labels.to(given.device).expand(len(given), -1)
    own = own_statistics(generator) if isinstance(generator, nn.Module) else nullcontext()
    with own:
        made = generator(exposure.even(given), classes).float()
    return (exposure.restored(made) + 1) / 2


def build_generator(config: ModelConfig) -> Generator:
    """The net that edits."""
    return Generator(len(config.names), config.width, config.n_blocks)


def build_critic(config: ModelConfig) -> Discriminator:
    """The discriminator."""
    return Discriminator(config.size_px, len(config.names), config.critic_width, config.critic_layers)


def build_reader(config: ModelConfig) -> Discriminator:
    """The net that reads attributes: built as a discriminator, of which the scores are not used."""
    return Discriminator(config.size_px, len(config.names), config.reader_width, config.reader_layers)


def model_card(config: ModelConfig) -> dict[str, Any]:
    """What a weights card says so that the nets can be built again."""
    return {"technique": TECHNIQUE, "model": asdict(config)}
