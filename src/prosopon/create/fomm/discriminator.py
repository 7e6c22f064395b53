"""The multi-scale patch discriminator of the First Order Motion Model (supplementary of arXiv 2003.00196)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import spectral_norm

from prosopon.models.antialias import AntiAliasDownsample
from prosopon.models.grid import gaussian_maps
from prosopon.models.motion.config import DiscriminatorConfig, ModelConfig
from prosopon.models.motion.keypoints import Keypoints


class InstanceNorm(nn.Module):
    """Affine instance norm.

    Written as a group norm with one channel a group: `F.instance_norm` gives a wrong gradient on the CPU for a batch
    of one when the incoming gradient is channels_last (torch 2.13).
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, features: Tensor) -> Tensor:
        """`(B, C, H, W)` -> the same shape, every map with mean `bias` and deviation `weight`."""
        return F.group_norm(features, len(self.weight), self.weight, self.bias, eps=1e-5)


class PatchBlock(nn.Module):
    """4x4 convolution without padding, norm, leaky ReLU, average pool."""

    def __init__(self, inputs: int, outputs: int, *, norm: bool, pool: bool, sn: bool) -> None:
        super().__init__()
        conv = nn.Conv2d(inputs, outputs, 4)
        self.conv = spectral_norm(conv) if sn else conv
        self.norm = InstanceNorm(outputs) if norm else None
        self.pool = pool

    def forward(self, features: Tensor) -> Tensor:
        """`(B, inputs, H, W)` -> `(B, outputs, (H-3)/2, (W-3)/2)`, not halved in the last block."""
        out = self.conv(features)
        if self.norm is not None:
            out = self.norm(out)
        out = F.leaky_relu(out, 0.2)
        return F.avg_pool2d(out, 2) if self.pool else out


@dataclass
class Judgement:
    """What a discriminator thinks of a batch at one scale.

    Attributes:
        prediction_map: `(B, 1, h, w)`, 1 for real (least squares).
        features: the maps after each block, for feature matching.
    """

    prediction_map: Tensor
    features: list[Tensor]


class PatchDiscriminator(nn.Module):
    """Judges patches at one scale."""

    def __init__(self, config: DiscriminatorConfig, num_kp: int, num_channels: int) -> None:
        super().__init__()
        self.kp_variance = config.kp_variance
        self.use_kp = config.use_kp
        inputs = num_channels + (num_kp if config.use_kp else 0)
        widths = [min(config.max_features, config.block_expansion * 2 ** (i + 1)) for i in range(config.num_blocks)]
        self.down_blocks = nn.ModuleList(
            PatchBlock(before, after, norm=i > 0, pool=i < config.num_blocks - 1, sn=config.sn)
            for i, (before, after) in enumerate(zip([inputs, *widths], widths, strict=False))
        )
        last = nn.Conv2d(widths[-1], 1, 1)
        self.conv = spectral_norm(last) if config.sn else last

    def forward(self, image: Tensor, kp: Keypoints | None = None) -> Judgement:
        """`(B, 3, H, W)` in [0, 1], with the driving keypoints where the net was built to see them."""
        out = image
        if self.use_kp:
            if kp is None:
                raise ValueError("this discriminator was built to see keypoints: give them")
            bumps = gaussian_maps(kp.value, image.shape[-2], image.shape[-1], self.kp_variance)
            out = torch.cat((image, bumps.to(image.dtype)), dim=1)
        features = []
        for block in self.down_blocks:
            out = block(out)
            features.append(out)
        return Judgement(self.conv(out), features)


class Discriminator(nn.Module):
    """One patch discriminator a scale; the scales' names have '-' for '.', as in the published checkpoints."""

    def __init__(self, config: DiscriminatorConfig, num_kp: int, num_channels: int) -> None:
        super().__init__()
        self.scales = config.scales
        self.downs = nn.ModuleList(AntiAliasDownsample(num_channels, scale) for scale in config.scales)
        self.discs = nn.ModuleDict(
            {self._key(scale): PatchDiscriminator(config, num_kp, num_channels) for scale in config.scales}
        )

    @staticmethod
    def _key(scale: float) -> str:
        return f"{scale:g}".replace(".", "-")

    def forward(self, image: Tensor, kp: Keypoints | None = None) -> list[Judgement]:
        """`(B, 3, H, W)` -> a judgement for each scale."""
        return [
            self.discs[self._key(scale)](down(image), kp) for scale, down in zip(self.scales, self.downs, strict=True)
        ]


def build_discriminator(config: ModelConfig) -> Discriminator:
    """The discriminator of a model, with random weights."""
    return Discriminator(config.discriminator, config.num_kp, config.num_channels)
