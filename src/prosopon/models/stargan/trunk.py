"""What the generators of StarGAN and GANimation have in common: shrink, residual blocks, grow."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from prosopon.models.instance_norm import InstanceNorm


class ResidualBlock(nn.Module):
    """Input + norm(conv(relu(norm(conv(input))))); nothing follows the sum."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            _norm(channels),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            _norm(channels),
        )

    def forward(self, features: Tensor) -> Tensor:
        """`(B, C, H, W)` -> the same shape."""
        out: Tensor = features + self.main(features)
        return out


def trunk(inputs: int, width: int, n_blocks: int) -> list[nn.Module]:
    """The layers from the input planes to `width` channels of the full size: `15 + n_blocks` of them.

    Zero padding everywhere; sides must be multiples of 4.

    Args:
        inputs: planes of the input, labels among them.
        width: channels at full size; four times as many at a quarter of it.
        n_blocks: residual blocks at a quarter of the size.
    """
    return [
        nn.Conv2d(inputs, width, 7, padding=3, bias=False),
        _norm(width),
        nn.ReLU(),
        *_shrink(width),
        *_shrink(2 * width),
        *(ResidualBlock(4 * width) for _ in range(n_blocks)),
        *_grow(4 * width),
        *_grow(2 * width),
    ]


def with_labels(images: Tensor, labels: Tensor) -> Tensor:
    """Pictures `(B, 3, H, W)` and labels `(B, C)`, or `(1, C)` for all: `(B, 3 + C, H, W)`, one even plane a label."""
    planes = labels.to(images.dtype)[:, :, None, None].expand(len(images), -1, *images.shape[2:])
    return torch.cat((images, planes), dim=1)


def _norm(channels: int) -> InstanceNorm:
    return InstanceNorm(channels, affine=True, tracked=True)


def _shrink(channels: int) -> tuple[nn.Module, ...]:
    wider = 2 * channels
    return nn.Conv2d(channels, wider, 4, stride=2, padding=1, bias=False), _norm(wider), nn.ReLU()


def _grow(channels: int) -> tuple[nn.Module, ...]:
    narrower = channels // 2
    return nn.ConvTranspose2d(channels, narrower, 4, stride=2, padding=1, bias=False), _norm(narrower), nn.ReLU()
