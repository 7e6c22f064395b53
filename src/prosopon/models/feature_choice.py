"""Which feature extractor a perceptual loss looks through."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from torch import Tensor, nn

from prosopon.core.errors import CheckpointError, UsageError
from prosopon.models.catalogue import READER
from prosopon.models.face_features import FaceFeatures
from prosopon.models.importing import read_published
from prosopon.models.motion.config import MotionLossConfig
from prosopon.models.perceptual import PerceptualPyramid, RandomFeatures, Vgg19Features

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


def pyramid_of(features: nn.Module, config: MotionLossConfig) -> PerceptualPyramid:
    """The perceptual loss that looks through some features, weighted as a configuration says."""
    ours = isinstance(features, FaceFeatures)
    weights = config.face_features if ours else config.perceptual
    return PerceptualPyramid(features, weights, config.scales, relative=ours)
