"""Shrinking without aliasing: one strided depthwise convolution with a Gaussian.

The kernel follows from the scale, so it is computed and never stored; published checkpoints carry it as a buffer,
which is ignored on loading.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def gaussian_kernel(scale: float) -> Tensor:
    """The blur for shrinking to `scale` < 1: `(k, k)` float32 that sums to 1.

    sigma = (1/scale - 1) / 2 and k = 2 round(4 sigma) + 1: 5 taps for 1/2, 13 for 1/4, 29 for 1/8.
    """
    sigma = (1 / scale - 1) / 2
    size = 2 * round(4 * sigma) + 1
    offsets = torch.arange(size, dtype=torch.float32) - (size - 1) / 2
    line = torch.exp(-(offsets**2) / (2 * sigma**2))
    kernel = line[:, None] * line[None, :]
    return kernel / kernel.sum()


class AntiAliasDownsample(nn.Module):
    """Blur and take every (1/scale)-th pixel, from index 0 on; zero padding. At scale 1 it returns its input."""

    kernel: Tensor | None

    def __init__(self, channels: int, scale: float) -> None:
        super().__init__()
        self.channels = channels
        self.stride = int(1 / scale)
        kernel = None if scale == 1 else gaussian_kernel(scale).expand(channels, 1, -1, -1).contiguous()
        self.register_buffer("kernel", kernel, persistent=False)

    def forward(self, image: Tensor) -> Tensor:
        """`(B, C, H, W)` -> `(B, C, ceil(H scale), ceil(W scale))`."""
        if self.kernel is None:
            return image
        pad = self.kernel.shape[-1] // 2
        kernel = self.kernel.to(image.dtype)
        return F.conv2d(image, kernel, stride=self.stride, padding=pad, groups=self.channels)
