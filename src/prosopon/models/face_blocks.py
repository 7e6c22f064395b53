"""Convolution blocks of the face nets, and how they are made ready for inference."""

from __future__ import annotations

import copy
from typing import TypeVar

import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from prosopon.models.folded import Packed

Net = TypeVar("Net", bound=nn.Module)


class Conv(nn.Module):
    """Convolution, batch norm and, where wanted, ReLU.

    Args:
        inputs, outputs: channels.
        kernel: side of the kernel.
        stride: 2 halves the size.
        relu: whether a ReLU ends it.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1, *, relu: bool = True) -> None:
        super().__init__()
        self.conv: nn.Module = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        self.norm: nn.Module = nn.BatchNorm2d(outputs)
        self.relu = relu

    def forward(self, features: Tensor) -> Tensor:
        """`(B, inputs, H, W)` -> `(B, outputs, H / stride, W / stride)`, sizes rounded up."""
        out: Tensor = self.norm(self.conv(features))
        return F.relu(out) if self.relu else out


class Residual(nn.Module):
    """relu(input + conv(conv(input))) (He et al., arXiv 1512.03385)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = Conv(channels, channels)
        self.conv2 = Conv(channels, channels, relu=False)

    def forward(self, features: Tensor) -> Tensor:
        """`(B, C, H, W)` -> the same shape."""
        return F.relu(features + self.conv2(self.conv1(features)))


class Merge(nn.Module):
    """Coarse features, doubled, added to finer ones (Lin et al., arXiv 1612.03144), and smoothed."""

    def __init__(self, coarse: int, fine: int) -> None:
        super().__init__()
        self.lateral = Conv(coarse, fine, 1, relu=False)
        self.smooth = Conv(fine, fine)

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        """`(B, coarse, H, W)` and `(B, fine, 2H, 2W)` -> `(B, fine, 2H, 2W)`."""
        doubled = F.interpolate(self.lateral(coarse), scale_factor=2.0, mode="nearest")
        out: Tensor = self.smooth(F.relu(fine + doubled))
        return out


def fused(net: Net) -> Net:
    """A copy for evaluation: batch norms inside their convolutions; gradients reach its input, not its weights."""
    out = copy.deepcopy(net).eval()
    for block in out.modules():
        if isinstance(block, Conv) and isinstance(block.conv, nn.Conv2d) and isinstance(block.norm, nn.BatchNorm2d):
            block.conv = fuse_conv_bn_eval(block.conv, block.norm)
            block.norm = nn.Identity()
    return out.requires_grad_(False)


def folded(net: Net) -> Net:
    """A copy for inference: as `fused`, and weights laid out for the CPU; no gradients reach its input."""
    out = fused(net)
    for block in out.modules():
        if isinstance(block, Conv) and isinstance(block.conv, nn.Conv2d):
            block.conv = Packed(block.conv, relu=block.relu)
            block.relu = False
    return out
