"""The net that makes pictures: an encoder, a bottleneck and a decoder, between which features are moved.

Johnson et al.'s architecture as Siarohin et al. use it (arXiv 2003.00196, section 3.2), for animation and part swap.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from prosopon.models.blocks import DownBlock, ResidualBlock, SameBlock, UpBlock
from prosopon.models.motion.config import PictureConfig


def features_at(config: PictureConfig, level: int) -> int:
    """Number of feature maps after `level` down blocks."""
    return min(config.max_features, config.block_expansion << level)


class ImageGenerator(nn.Module):
    """Encoder and decoder of pictures; what happens to the features between them is the subclass's."""

    def __init__(self, config: PictureConfig, num_channels: int) -> None:
        super().__init__()
        levels = config.num_down_blocks
        widths = [features_at(config, level) for level in range(levels + 1)]
        self.first = SameBlock(num_channels, widths[0], kernel=7)
        self.down_blocks = nn.ModuleList(DownBlock(widths[i], widths[i + 1]) for i in range(levels))
        self.bottleneck = nn.Sequential()
        for index in range(config.num_bottleneck_blocks):
            self.bottleneck.add_module(f"r{index}", ResidualBlock(widths[levels]))
        self.up_blocks = nn.ModuleList(UpBlock(widths[i + 1], widths[i]) for i in reversed(range(levels)))
        self.final = nn.Conv2d(widths[0], num_channels, 7, padding=3)
        # One full-resolution map of our own: the coarse occlusion map would blur every edge that it blends.
        self.blend = nn.Conv2d(widths[0], 1, 7, padding=3) if config.head == "blend" else None
        self.guides = nn.ModuleList()

    @property
    def dtype(self) -> torch.dtype:
        """Type of the convolution weights."""
        return self.final.weight.dtype

    def encode(self, source: Tensor) -> Tensor:
        """Features of a picture: `(B, 3, H, W)` -> `(B, C, H/4, W/4)` for two down blocks."""
        features: Tensor = self.first(source.to(self.dtype))
        for block in self.down_blocks:
            features = block(features)
        return features

    def paint(self, moved: Tensor, *drawn: Tensor) -> tuple[Tensor, ...]:
        """The decoder's convolutions alone.

        Args:
            moved: `(B, C, h, w)` features of the source, warped, without what is hidden.
            drawn: for each guide the driving keypoints as maps, at its size.

        Returns:
            Logits of the picture and, for the blend head, of the share of the warped source.
        """
        out = moved.to(self.dtype)
        for level in range(len(self.up_blocks) + 1):
            if level:
                out = self.up_blocks[level - 1](out)
            if level < len(drawn):
                out = out + self.guides[level](drawn[level].to(self.dtype))
            if not level:
                out = self.bottleneck(out)
        return (self.final(out),) if self.blend is None else (self.final(out), self.blend(out))
