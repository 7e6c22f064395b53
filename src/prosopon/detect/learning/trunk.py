"""A small residual net: the trunk that several detectors have in common.

He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, arXiv 1512.03385, made small enough to learn on a
CPU within minutes.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from prosopon.models.face_blocks import Conv


class Block(nn.Module):
    """relu(shortcut + conv(conv(input))); with a stride of 2 the shortcut averages before it changes channels.

    Args:
        inputs, outputs: channels.
        stride: 1 or 2.
    """

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.stride = stride
        self.conv1 = Conv(inputs, outputs, stride=stride)
        self.conv2 = Conv(outputs, outputs, relu=False)
        changed = inputs != outputs or stride > 1
        self.shortcut = Conv(inputs, outputs, 1, relu=False) if changed else nn.Identity()

    def forward(self, features: Tensor) -> Tensor:
        """`(B, inputs, H, W)` -> `(B, outputs, H / stride, W / stride)`, sizes rounded up."""
        past = F.avg_pool2d(features, 2, ceil_mode=True) if self.stride > 1 else features
        return F.relu(self.shortcut(past) + self.conv2(self.conv1(features)))


class Trunk(nn.Module):
    """Pictures to maps of features, 32 times as coarse with four stages.

    Args:
        widths: channels after the first convolution, and of each stage, all of which halve the size.
        depths: blocks of each stage.
        inputs: channels of the pictures.
    """

    def __init__(self, widths: tuple[int, ...], depths: tuple[int, ...], inputs: int = 3) -> None:
        super().__init__()
        if len(widths) != len(depths) + 1:
            raise ValueError(f"{len(widths)} widths do not go with {len(depths)} stages")
        self.stem = Conv(inputs, widths[0], stride=2)
        blocks: list[nn.Module] = []
        for before, width, depth in zip(widths[:-1], widths[1:], depths, strict=True):
            blocks += [
                Block(before if number == 0 else width, width, 2 if number == 0 else 1) for number in range(depth)
            ]
        self.blocks = nn.Sequential(*blocks)
        self.outputs = widths[-1]

    def forward(self, pictures: Tensor) -> Tensor:
        """`(B, inputs, S, S)` in [0, 1] -> `(B, outputs, s, s)`."""
        features: Tensor = self.blocks(self.stem(pictures * 2 - 1))
        return features


class PlainNet(nn.Module):
    """A trunk, its features averaged over the picture, and one number.

    Args:
        widths, depths: of the trunk.
        dropout: share of the averaged features that are left out while learning.
    """

    def __init__(
        self,
        widths: tuple[int, ...] = (16, 32, 64, 128, 192),
        depths: tuple[int, ...] = (2, 2, 2, 1),
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        self.trunk = Trunk(widths, depths)
        self._last = depths[-1]
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(self.trunk.outputs, 1)

    @property
    def fine(self) -> nn.Module:
        """The stage before the last, 16 times as coarse as the picture: Grad-CAM's maps are not too coarse there."""
        return self.trunk.blocks[-1 - self._last]

    def forward(self, pictures: Tensor) -> Tensor:
        """`(B, 3, S, S)` in [0, 1] -> logits `(B,)`, positive for a fake."""
        pooled = self.trunk(pictures).float().mean((2, 3))
        logits: Tensor = self.head(self.dropout(pooled))[:, 0]
        return logits
