"""What training starts with: weights that exist already, and the perceptual loss's features."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from torch import Tensor, nn

from prosopon.core.errors import CheckpointError, UsageError
from prosopon.create.fomm.model import NETS, published_states
from prosopon.models import checkpoint
from prosopon.models.catalogue import READER
from prosopon.models.face_features import FaceFeatures
from prosopon.models.importing import read_published
from prosopon.models.perceptual import RandomFeatures, Vgg19Features


def start_from(modules: Mapping[str, nn.Module], path: Path) -> None:
    """Load weights of ours (`.safetensors`) or a published checkpoint into the nets of a recipe.

    A discriminator is taken where the file has a fitting one: some published files lack it, and ours never have it.

    Raises:
        CheckpointError, MissingError: the file is unsafe, damaged, absent, or of another configuration.
    """
    states: Mapping[str, Mapping[str, Tensor]]
    if path.suffix == ".safetensors":
        state, _ = checkpoint.load(path)
        states = {net: checkpoint.part(state, net) for net in NETS}
    else:
        states = published_states(path)
    for net in NETS:
        checkpoint.load_strict(modules[net], states[net], f"the {net} of {path.name}")
    if "discriminator" in modules and "discriminator" in states:
        checkpoint.load_strict(modules["discriminator"], states["discriminator"], f"the discriminator of {path.name}")


Features = Literal["random", "face", "vgg19"]
"""Feature extractors of the perceptual loss."""


def load_features(kind: Features, weights: Path | None) -> nn.Module:
    """The perceptual loss's feature extractor.

    Raises:
        UsageError: VGG19 without its weights.
        CheckpointError: the weights are not those of VGG19.
        MissingError: there are no weights of the face reader.
    """
    if kind == "random":
        return RandomFeatures()
    if kind == "face":
        return FaceFeatures.open(READER if weights is None else weights)
    if weights is None:
        raise UsageError("VGG19 features need weights", "give --feature-weights, or --features random")
    table = read_published(weights)
    tensors = {key: value for key, value in table.items() if isinstance(value, Tensor)}
    if not tensors:
        raise CheckpointError(f"{weights.name} holds no tensors at its top level", "give torchvision's vgg19 file")
    return Vgg19Features(tensors)
