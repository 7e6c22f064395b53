"""Configurations of the motion models' nets. No torch here.

The defaults are those of the published vox-256: Siarohin et al., First Order Motion Model for Image Animation, NeurIPS
2019 (arXiv 2003.00196), files `config/*.yaml` of the reference implementation.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class KeypointConfig:
    """The keypoint detector."""

    block_expansion: int = 32
    max_features: int = 1024
    num_blocks: int = 5
    scale_factor: float = 0.25
    """The detector sees the picture shrunk by this."""
    temperature: float = 0.1
    """Of the softmax over positions."""
    single_jacobian_map: bool = False
    """One map of local affine motion for all keypoints instead of one each."""
    pad: int = 0
    """Zero padding of the 7x7 heads; published: 0, so the maps are 6 pixels smaller than the features."""


@dataclass(frozen=True)
class DenseMotionConfig:
    """The net that joins the keypoints' motions into one flow."""

    block_expansion: int = 64
    max_features: int = 1024
    num_blocks: int = 5
    scale_factor: float = 0.25
    kp_variance: float = 0.01
    """Of the bump around each keypoint, in squared grid units."""


@dataclass(frozen=True)
class PictureConfig:
    """Encoder and decoder of pictures."""

    block_expansion: int = 64
    max_features: int = 512
    num_down_blocks: int = 2
    num_bottleneck_blocks: int = 6
    head: Literal["paint", "blend"] = "paint"
    """`paint`: the decoder paints every pixel (published). `blend`: it only fills in what the moved picture lacks."""


@dataclass(frozen=True)
class GeneratorConfig(PictureConfig):
    """The net that moves a picture."""

    estimate_occlusion_map: bool = True
    guide_variance: float | None = None
    """Show the decoder the driving keypoints as bumps of this variance. Not given (published): it sees the warped
    source alone, and cannot tell an open mouth from thick lips."""
    guide_gaps: tuple[tuple[int, int], ...] = ()
    """Pairs of keypoints, such as upper and lower lid: a guided decoder is also shown how far apart each pair is. The
    bumps alone hardly tell, because they are wider than an eye is open."""
    dense_motion: DenseMotionConfig = field(default_factory=DenseMotionConfig)


@dataclass(frozen=True)
class DiscriminatorConfig:
    """The multi-scale patch discriminator."""

    scales: tuple[float, ...] = (1,)
    block_expansion: int = 32
    max_features: int = 512
    num_blocks: int = 4
    sn: bool = False
    """Spectral normalisation."""
    use_kp: bool = False
    """Show it the driving keypoints as bumps."""
    kp_variance: float = 0.01


@dataclass(frozen=True)
class ModelConfig:
    """All nets of one model."""

    num_kp: int = 10
    num_channels: int = 3
    estimate_jacobian: bool = True
    size_px: int = 256
    """Side of the square pictures that the nets were trained on."""
    kp_detector: KeypointConfig = field(default_factory=KeypointConfig)
    generator: GeneratorConfig = field(default_factory=GeneratorConfig)
    discriminator: DiscriminatorConfig = field(default_factory=DiscriminatorConfig)
    landmark_groups: tuple[tuple[int, ...], ...] = ()
    """For the first len(landmark_groups) keypoints: the landmarks (of 68) whose mean each is taught to follow."""


@dataclass(frozen=True)
class MotionLossConfig:
    """Weights of the losses that all motion models have (arXiv 2003.00196, section 3.4)."""

    perceptual: tuple[float, ...] = (10, 10, 10, 10, 10)
    """Of the maps of the feature extractor; of VGG19 five."""
    face_features: tuple[float, ...] = (0.2, 0.2, 0.2, 0.2, 0.2)
    """Of the maps of the face reader instead, where that is the extractor: their distances are relative."""
    scales: tuple[float, ...] = (1, 0.5, 0.25, 0.125)
    """Of the image pyramid."""
    sigma_affine: float = 0.05
    """Of the random maps for equivariance: spread of the affine part."""
    sigma_tps: float = 0.005
    points_tps: int = 5
