"""Configurations of the First Order Motion Model: the eight published ones and ours. No torch here.

Published: Siarohin et al., First Order Motion Model for Image Animation, NeurIPS 2019 (arXiv 2003.00196), files
`config/*.yaml` of the reference implementation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from prosopon.core.errors import MissingError, UsageError
from prosopon.datasets.augment import AugmentConfig
from prosopon.models.motion.config import (
    DenseMotionConfig,
    DiscriminatorConfig,
    GeneratorConfig,
    KeypointConfig,
    ModelConfig,
    MotionLossConfig,
)
from prosopon.train.epochs import Epochs


@dataclass(frozen=True)
class LossConfig(MotionLossConfig):
    """Weights of the losses (paper, section 3.4)."""

    generator_gan: float = 0
    discriminator_gan: float = 1
    feature_matching: tuple[float, ...] = (10, 10, 10, 10)
    equivariance_value: float = 10
    equivariance_jacobian: float = 10


@dataclass(frozen=True)
class FaceLossConfig:
    """Losses of our own that teach a model of faces how lids, lips and jaw move."""

    l1: float = 10
    """Of the picture's pixels, with emphasis."""
    warped: float = 3
    """Of the warped source's pixels: the flow shall be right even where the decoder could paint over it."""
    painted: float = 5
    """Of the decoder's pixels: it shall be able to paint anything."""
    landmarks: float = 15
    """Of the keypoints that have a group of landmarks to follow."""
    eyes: float = 24
    """Extra weight of pixels around the eyes."""
    mouth: float = 12
    """Extra weight of pixels around the mouth."""


@dataclass(frozen=True)
class ScheduleConfig(Epochs):
    """How long and how fast to train."""

    milestones: tuple[int, ...] = (60, 90)
    lr_generator: float = 2e-4
    lr_discriminator: float = 2e-4
    lr_kp_detector: float = 2e-4


@dataclass(frozen=True)
class FommConfig:
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
    """Set for models of faces that are trained on prepared pairs with landmarks."""


def _published(
    name: str,
    *,
    model: ModelConfig | None = None,
    gan: float = 0,
    augment: AugmentConfig | None = None,
    id_sampling: bool = False,
    **schedule: Any,
) -> FommConfig:
    return FommConfig(
        name,
        model=model or ModelConfig(),
        loss=LossConfig(generator_gan=gan),
        augment=augment or AugmentConfig(),
        schedule=ScheduleConfig(**schedule),
        id_sampling=id_sampling,
    )


_SN = ModelConfig(discriminator=DiscriminatorConfig(sn=True))
_USE_KP = ModelConfig(discriminator=DiscriminatorConfig(use_kp=True))
_NO_JITTER = AugmentConfig(brightness=0, contrast=0, saturation=0, hue=0)

# Groups of iBUG landmarks that a viewer reads expression from: lids, brows, nose, lips, jaw.
FACE_LANDMARK_GROUPS: tuple[tuple[int, ...], ...] = (
    (37, 38), (40, 41), (43, 44), (46, 47),  # upper and lower lids
    (18, 19, 20), (23, 24, 25),  # brows
    (30,),  # tip of the nose
    (48,), (54,),  # corners of the mouth
    (50, 51, 52), (61, 62, 63), (65, 66, 67), (56, 57, 58),  # lips from above: outer, inner, inner, outer
    (8,), (4,), (12,),  # chin and sides of the jaw
)  # fmt: skip

_MINI = FommConfig(
    "mini",
    model=ModelConfig(
        num_kp=len(FACE_LANDMARK_GROUPS) + 6,
        size_px=128,
        kp_detector=KeypointConfig(max_features=256, num_blocks=4, scale_factor=0.5),
        generator=GeneratorConfig(
            block_expansion=32,
            max_features=256,
            num_bottleneck_blocks=3,
            head="blend",
            guide_variance=0.002,
            guide_gaps=((0, 1), (2, 3), (10, 11)),  # both eyes' lids, inner lips
            dense_motion=DenseMotionConfig(
                block_expansion=32, max_features=256, num_blocks=4, scale_factor=0.5, kp_variance=0.005
            ),
        ),
        discriminator=DiscriminatorConfig(block_expansion=16, max_features=128),
        landmark_groups=FACE_LANDMARK_GROUPS,
    ),
    loss=LossConfig(perceptual=(2, 2, 2), scales=(1, 0.5, 0.25), equivariance_value=5, equivariance_jacobian=2),
    schedule=ScheduleConfig(
        batch_size=8, num_epochs=1, num_repeats=1, milestones=(), lr_generator=3e-4, lr_kp_detector=3e-4
    ),
    face=FaceLossConfig(),
)

# The same nets, taught further: against a discriminator that sees where the face's points are.
_FACE = replace(
    _MINI,
    name="face",
    model=replace(
        _MINI.model, discriminator=DiscriminatorConfig(block_expansion=24, max_features=192, sn=True, use_kp=True)
    ),
    loss=replace(_MINI.loss, generator_gan=0.05, feature_matching=(0.5, 0.5, 0.5, 0.5)),
    schedule=replace(_MINI.schedule, lr_generator=1.5e-4, lr_kp_detector=1e-4, lr_discriminator=3e-4),
)

CONFIGS: dict[str, FommConfig] = {
    config.name: config
    for config in (
        _published("vox-256", model=_SN, id_sampling=True),
        _published(
            "vox-adv-256", model=_USE_KP, gan=1, id_sampling=True, num_epochs=150, milestones=(), batch_size=36
        ),
        _published("taichi-256", id_sampling=True, num_repeats=150, batch_size=30),
        _published(
            "taichi-adv-256", model=_USE_KP, gan=1, id_sampling=True,
            num_epochs=150, num_repeats=150, milestones=(), batch_size=27, lr_kp_detector=0,
        ),
        _published(
            "mgif-256",
            model=replace(_SN, kp_detector=KeypointConfig(single_jacobian_map=True)),
            gan=1,
            augment=replace(_NO_JITTER, hue=0.5, resize=(0.9, 1.1), crop_px=256),
            num_repeats=25, batch_size=36, checkpoint_every_epochs=100,
        ),
        _published("fashion-256", gan=1, augment=replace(_NO_JITTER, hue=0.1), num_repeats=50, batch_size=27),
        _published("nemo-256", model=_SN, gan=1, augment=_NO_JITTER, num_repeats=8, batch_size=36),
        _published(
            "bair-256", model=_SN, gan=1,
            num_epochs=20, num_repeats=1, milestones=(12, 18), batch_size=36, checkpoint_every_epochs=10,
        ),
        _MINI,
        _FACE,
    )
}  # fmt: skip

PUBLISHED = tuple(name for name, config in CONFIGS.items() if config.face is None)


def get_config(name: str) -> FommConfig:
    """A configuration by name.

    Raises:
        MissingError: there is none of that name.
    """
    if name not in CONFIGS:
        raise MissingError(f"there is no First Order Motion configuration {name!r}", f"known: {', '.join(CONFIGS)}")
    return CONFIGS[name]


def _take(section: Mapping[str, Any], where: str, names: Mapping[str, str]) -> dict[str, Any]:
    unknown = [key for key in section if key not in names]
    if unknown:
        raise UsageError(f"{where} has unknown keys {unknown}", f"known: {', '.join(names)}")
    return {names[key]: tuple(value) if isinstance(value, list) else value for key, value in section.items()}


def _same(*keys: str) -> dict[str, str]:
    return {key: key for key in keys}


def model_from_published(table: Mapping[str, Any]) -> ModelConfig:
    """The nets described by a configuration of the published form (`model_params` of its YAML).

    Raises:
        UsageError: it has keys that this implementation does not know, or lacks `model_params`.
    """
    params = table.get("model_params")
    if not isinstance(params, Mapping):
        raise UsageError("the configuration has no section model_params", "give a configuration of the published form")
    common = _take(
        params.get("common_params", {}), "common_params", _same("num_kp", "num_channels", "estimate_jacobian")
    )
    detector = _take(
        params.get("kp_detector_params", {}),
        "kp_detector_params",
        _same(
            "temperature", "block_expansion", "max_features", "scale_factor", "num_blocks", "single_jacobian_map", "pad"
        ),
    )
    generator_table = dict(params.get("generator_params", {}))
    motion = generator_table.pop("dense_motion_params", {})
    generator = _take(
        generator_table,
        "generator_params",
        _same("block_expansion", "max_features", "num_down_blocks", "num_bottleneck_blocks", "estimate_occlusion_map"),
    )
    dense = _take(
        motion,
        "dense_motion_params",
        _same("block_expansion", "max_features", "num_blocks", "scale_factor", "kp_variance"),
    )
    judge = _take(
        params.get("discriminator_params", {}),
        "discriminator_params",
        _same("scales", "block_expansion", "max_features", "num_blocks", "sn", "use_kp", "kp_variance"),
    )
    return ModelConfig(
        **common,
        kp_detector=KeypointConfig(**detector),
        generator=GeneratorConfig(**generator, dense_motion=DenseMotionConfig(**dense)),
        discriminator=DiscriminatorConfig(**judge),
    )
