"""Configurations of co-part segmentation: the four published ones and ours. No torch here.

Published: Siarohin, Roy, Lathuilière, Tulyakov, Ricci, Sebe: Motion-supervised Co-Part Segmentation, ICPR 2020
(arXiv 2004.03234).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from prosopon.core.errors import MissingError, UsageError
from prosopon.datasets.augment import AugmentConfig
from prosopon.models.motion.config import MotionLossConfig, PictureConfig
from prosopon.train.epochs import Epochs


@dataclass(frozen=True)
class SegmentationConfig:
    """The segmentation module."""

    block_expansion: int = 32
    max_features: int = 1024
    num_blocks: int = 5
    scale_factor: float = 0.25
    """The module sees the picture shrunk by this."""
    temperature: float = 0.1
    """Of the softmax over positions that a part's shift is read from."""


@dataclass(frozen=True)
class ReconstructionConfig(PictureConfig):
    """The reconstruction module."""

    estimate_visibility: bool = True
    """Leave out what the source shows in front of its background where the target shows background."""


@dataclass(frozen=True)
class ModelConfig:
    """All nets of one model."""

    num_segments: int = 10
    num_channels: int = 3
    estimate_affine_part: bool = True
    """Each part turns and stretches; else it is only shifted."""
    size_px: int = 256
    """Side of the square pictures that the nets were trained on."""
    segmentation: SegmentationConfig = field(default_factory=SegmentationConfig)
    reconstruction: ReconstructionConfig = field(default_factory=ReconstructionConfig)


@dataclass(frozen=True)
class LossConfig(MotionLossConfig):
    """Weights of the losses (paper, section III-C)."""

    equivariance_shift: float = 10
    equivariance_affine: float = 10


@dataclass(frozen=True)
class FaceLossConfig:
    """Losses of our own, for small nets on faces."""

    l1: float = 10
    """Of the picture's pixels, with emphasis on eyes and mouth."""
    warped: float = 6
    """Of the moved source's pixels: motion, and with it segments, shall be right even where the decoder could paint."""
    painted: float = 4
    """Of the decoder's pixels: it shall be able to paint anything."""
    equivariance_segments: float = 2
    """Of the segments themselves: those of a bent picture are those of the picture, bent."""
    foreground: float = 0.08
    """Of the share of the picture that is not background: plain backdrops fit any motion and would be anybody's."""
    swapped_share: float = 0.5
    """Share of the pairs that put random parts of the moved source into the target, as a swap does; the answer is the
    target itself, since both show one person."""
    eyes: float = 8
    """Extra weight of pixels around the eyes."""
    mouth: float = 8
    """Extra weight of pixels around the mouth."""


@dataclass(frozen=True)
class ScheduleConfig(Epochs):
    """How long and how fast to train."""

    num_repeats: int = 50
    batch_size: int = 20
    checkpoint_every_epochs: int = 1
    lr_segmentation: float = 2e-4
    lr_reconstruction: float = 2e-4


@dataclass(frozen=True)
class PartSwapConfig:
    """One named configuration: nets, losses, augmentation, schedule, data."""

    name: str
    model: ModelConfig = field(default_factory=ModelConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    schedule: ScheduleConfig = field(default_factory=ScheduleConfig)
    id_sampling: bool = True
    """Pick a person first, then one of their files: for sets in which few people have many files."""
    align_corners: bool = True
    """How grids are read: published weights were trained with True."""
    face: FaceLossConfig | None = None
    """Set for models of faces that are trained on prepared pairs."""
    start_keypoints: tuple[int, ...] = ()
    """Started from animation weights, parts begin as these keypoints of theirs; all of them, in order, when empty."""


# Both eyes, nose, upper and lower lip, chin, sides of the jaw, and four that follow no landmark.
_STARTS = (0, 2, 6, 9, 12, 13, 14, 15, 16, 17, 18, 19)


def _published(name: str, num_segments: int, num_epochs: int) -> PartSwapConfig:
    return PartSwapConfig(name, ModelConfig(num_segments), schedule=ScheduleConfig(num_epochs=num_epochs))


CONFIGS: dict[str, PartSwapConfig] = {
    config.name: config
    for config in (
        _published("vox-256-sem-5segments", 5, 5),
        _published("vox-256-sem-10segments", 10, 5),
        _published("vox-256-sem-15segments", 15, 5),
        _published("taichi-256-sem", 10, 10),
        PartSwapConfig(
            "face",
            model=ModelConfig(
                num_segments=len(_STARTS),
                size_px=128,
                segmentation=SegmentationConfig(max_features=256, num_blocks=4, scale_factor=0.5),
                reconstruction=ReconstructionConfig(
                    block_expansion=32, max_features=256, num_bottleneck_blocks=3, head="blend"
                ),
            ),
            loss=LossConfig(
                perceptual=(2, 2, 2), scales=(1, 0.5, 0.25), equivariance_shift=5, equivariance_affine=2
            ),
            schedule=ScheduleConfig(
                num_epochs=1, num_repeats=1, batch_size=8, lr_segmentation=3e-4, lr_reconstruction=2e-4
            ),
            face=FaceLossConfig(),
            start_keypoints=_STARTS,
        ),
    )
}  # fmt: skip

PUBLISHED = tuple(name for name, config in CONFIGS.items() if config.face is None)


def get_config(name: str) -> PartSwapConfig:
    """A configuration by name.

    Raises:
        MissingError: there is none of that name.
    """
    if name not in CONFIGS:
        raise MissingError(f"there is no part swap configuration {name!r}", f"known: {', '.join(CONFIGS)}")
    return CONFIGS[name]


_COMMON = ("num_segments", "num_channels", "estimate_affine_part")
_SEGMENTATION = ("temperature", "block_expansion", "max_features", "num_blocks", "scale_factor")
_RECONSTRUCTION = (
    "block_expansion", "max_features", "num_down_blocks", "num_bottleneck_blocks", "estimate_visibility",
)  # fmt: skip


def model_from_published(table: Mapping[str, Any]) -> ModelConfig:
    """The nets described by a configuration of the published form (`model_params` of its YAML).

    Raises:
        UsageError: it has keys that this implementation does not know, or lacks `model_params`.
    """
    params = table.get("model_params")
    if not isinstance(params, Mapping):
        raise UsageError("the configuration has no section model_params", "give a configuration of the published form")

    def section(name: str, known: tuple[str, ...]) -> dict[str, Any]:
        values = params.get(name, {})
        unknown = [key for key in values if key not in known]
        if unknown:
            raise UsageError(f"{name} has unknown keys {unknown}", f"known: {', '.join(known)}")
        return dict(values)

    return ModelConfig(
        **section("common_params", _COMMON),
        segmentation=SegmentationConfig(**section("segmentation_module_params", _SEGMENTATION)),
        reconstruction=ReconstructionConfig(**section("reconstruction_module_params", _RECONSTRUCTION)),
    )
