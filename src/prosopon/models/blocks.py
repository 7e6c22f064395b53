"""Convolution blocks that the motion models are built of (Siarohin et al. 2019, supplementary).

Leaf names (`conv`, `norm`, `norm1`, ...) are those of the published checkpoints, so that these load as they are.
All convolutions have a bias; batch norm is the ordinary one (eps 1e-5, momentum 0.1).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class SameBlock(nn.Module):
    """Convolution, batch norm, ReLU; the size stays."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2)
        self.norm: nn.Module = nn.BatchNorm2d(outputs)

    def forward(self, features: Tensor) -> Tensor:
        """`(B, inputs, H, W)` -> `(B, outputs, H, W)`."""
        return F.relu(self.norm(self.conv(features)))


class DownBlock(SameBlock):
    """A same block and a 2x2 average pool; the size halves."""

    def forward(self, features: Tensor) -> Tensor:
        """`(B, inputs, H, W)` -> `(B, outputs, H/2, W/2)`."""
        return F.avg_pool2d(super().forward(features), 2)


class UpBlock(SameBlock):
    """Nearest-neighbour doubling and a same block."""

    def forward(self, features: Tensor) -> Tensor:
        """`(B, inputs, H, W)` -> `(B, outputs, 2H, 2W)`."""
        return super().forward(F.interpolate(features, scale_factor=2.0, mode="nearest"))


class ResidualBlock(nn.Module):
    """Pre-activation residual block: input + conv2(relu(norm2(conv1(relu(norm1(input))))))."""

    def __init__(self, channels: int, kernel: int = 3) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, kernel, padding=kernel // 2)
        self.conv2 = nn.Conv2d(channels, channels, kernel, padding=kernel // 2)
        self.norm1: nn.Module = nn.BatchNorm2d(channels)
        self.norm2: nn.Module = nn.BatchNorm2d(channels)

    def forward(self, features: Tensor) -> Tensor:
        """`(B, C, H, W)` -> the same shape."""
        inner = self.conv1(F.relu(self.norm1(features)))
        out: Tensor = features + self.conv2(F.relu(self.norm2(inner)))
        return out


def _width(block_expansion: int, level: int, max_features: int) -> int:
    return min(max_features, block_expansion << level)


class Encoder(nn.Module):
    """The shrinking half of an hourglass; keeps the features of every size."""

    def __init__(self, block_expansion: int, inputs: int, num_blocks: int, max_features: int) -> None:
        super().__init__()
        self.down_blocks = nn.ModuleList(
            DownBlock(
                inputs if level == 0 else _width(block_expansion, level, max_features),
                _width(block_expansion, level + 1, max_features),
            )
            for level in range(num_blocks)
        )

    def forward(self, features: Tensor) -> list[Tensor]:
        """`(B, C, H, W)` -> the input and the output of each block, largest first."""
        levels = [features]
        for block in self.down_blocks:
            levels.append(block(levels[-1]))
        return levels


class Decoder(nn.Module):
    """The growing half of an hourglass; joins the encoder's features of each size."""

    def __init__(self, block_expansion: int, inputs: int, num_blocks: int, max_features: int) -> None:
        super().__init__()
        self.up_blocks = nn.ModuleList(
            UpBlock(
                (1 if level == num_blocks - 1 else 2) * _width(block_expansion, level + 1, max_features),
                _width(block_expansion, level, max_features),
            )
            for level in reversed(range(num_blocks))
        )
        self.out_channels = block_expansion + inputs

    def forward(self, levels: list[Tensor]) -> Tensor:
        """What `Encoder` returned -> `(B, block_expansion + inputs, H, W)`."""
        features = levels[-1]
        for block, skip in zip(self.up_blocks, reversed(levels[:-1]), strict=True):
            features = torch.cat((block(features), skip), dim=1)
        return features


class Hourglass(nn.Module):
    """U-shaped net that sees the whole picture and keeps its detail.

    Args:
        block_expansion: channels of the outermost level (b).
        inputs: channels of the input.
        num_blocks: number of halvings; the size must be divisible by 2^num_blocks.
        max_features: no level has more channels.
    """

    def __init__(self, block_expansion: int, inputs: int, num_blocks: int, max_features: int) -> None:
        super().__init__()
        self.encoder = Encoder(block_expansion, inputs, num_blocks, max_features)
        self.decoder = Decoder(block_expansion, inputs, num_blocks, max_features)
        self.out_channels = self.decoder.out_channels

    def forward(self, features: Tensor) -> Tensor:
        """`(B, inputs, H, W)` -> `(B, block_expansion + inputs, H, W)`."""
        out: Tensor = self.decoder(self.encoder(features))
        return out
