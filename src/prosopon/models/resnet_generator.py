"""The generator of Johnson et al. (2016), which CycleGAN and pix2pixHD share: shrink, residual blocks, grow."""

from __future__ import annotations

from torch import Tensor, nn

from prosopon.models.instance_norm import InstanceNorm

_DROPPED = 0.5
ENDING = 3
"""How many layers at the end of `resnet_layers` turn features into the picture: padding, convolution, tanh."""


class ReflectedBlock(nn.Module):
    """Input + norm(conv(relu(norm(conv(input))))) at reflected edges; nothing follows the sum.

    Args:
        channels: of input and output.
        dropout: whether half of the features are dropped between the two convolutions, in train mode.
    """

    def __init__(self, channels: int, dropout: bool = False) -> None:
        super().__init__()
        dropped = [nn.Dropout(_DROPPED)] if dropout else []
        self.conv_block = nn.Sequential(*_reflected(channels), nn.ReLU(), *dropped, *_reflected(channels))

    def forward(self, features: Tensor) -> Tensor:
        """`(B, C, H, W)` -> the same shape; at least 2 pixels a side."""
        out: Tensor = features + self.conv_block(features)
        return out


def resnet_layers(
    inputs: int, outputs: int, *, width: int, n_shrinks: int, n_blocks: int, dropout: bool = False
) -> list[nn.Module]:
    """All layers from `inputs` planes to a picture in [-1, 1]; sides must be multiples of 2^n_shrinks.

    Norms are without scale and shift, and track nothing; all convolutions have a bias.

    Args:
        inputs: planes of the input.
        outputs: planes of the picture.
        width: channels at full size; twice as many at each half of it.
        n_shrinks: how many times the size halves.
        n_blocks: residual blocks at the smallest size.
        dropout: as of `ReflectedBlock`.
    """
    widths = [width << level for level in range(n_shrinks + 1)]
    layers: list[nn.Module] = [nn.ReflectionPad2d(3), nn.Conv2d(inputs, width, 7), InstanceNorm(width), nn.ReLU()]
    for channels in widths[:-1]:
        layers += shrink(channels)
    layers += [ReflectedBlock(widths[-1], dropout) for _ in range(n_blocks)]
    for channels in reversed(widths[1:]):
        layers += grow(channels)
    return [*layers, nn.ReflectionPad2d(3), nn.Conv2d(width, outputs, 7), nn.Tanh()]


def shrink(channels: int) -> list[nn.Module]:
    """Half the size, twice the channels."""
    return [nn.Conv2d(channels, 2 * channels, 3, stride=2, padding=1), InstanceNorm(2 * channels), nn.ReLU()]


def grow(channels: int) -> list[nn.Module]:
    """Twice the size, half the channels."""
    half = channels // 2
    conv = nn.ConvTranspose2d(channels, half, 3, stride=2, padding=1, output_padding=1)
    return [conv, InstanceNorm(half), nn.ReLU()]


def _reflected(channels: int) -> list[nn.Module]:
    return [nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), InstanceNorm(channels)]
