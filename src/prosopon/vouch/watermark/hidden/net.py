"""The two nets: one writes bits into a picture, cell by cell, one reads them, wherever the cells may lie (HiDDeN).

After Zhu, Kaplan, Johnson, Fei-Fei (arXiv 1807.09937), but each bit has a place: neighbours share the weights and not
the bits, so that few pictures teach much, any size of picture holds as many bits as it has cells for, and one pass of
the reader looks at all places where the lattice may begin.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from prosopon.core.errors import UsageError
from prosopon.vouch.watermark.hidden.lattice import BITS, CELL_PX

FOLD = 2
"""Pixels of the canvas enter and leave so many at a time along each axis."""
STEPS = CELL_PX // FOLD
"""Places along each axis at which a cell may begin, as the reader sees them."""


@dataclass(frozen=True)
class NetConfig:
    """Size of the nets."""

    width: int = 32
    """Channels of the writer."""
    reader_width: int = 48
    """Channels of the reader at first; twice as many at last."""
    reach: float = 0.12
    """The most that a value of a picture in [0, 1] is changed by."""

    def __post_init__(self) -> None:
        if min(self.width, self.reader_width) < 1 or not 0 < self.reach <= 1:
            raise UsageError(
                f"nets of {self.width} and {self.reader_width} channels with changes up to {self.reach} make no sense",
                "give 1 channel or more, and a reach above 0 and up to 1",
            )


class Writer(nn.Module):
    """Canvas and bits in, change of the canvas out.

    Args:
        config: its size.
    """

    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        width = config.width
        self.reach = config.reach
        self.enter = _Layer(3 * FOLD**2, width)
        self.mix = nn.Sequential(_Layer(width + BITS + 4, width), _Layer(width, width), _Layer(width, width))
        self.leave = nn.Conv2d(width, 3 * FOLD**2, 3, padding=1)

    def forward(self, canvas: Tensor, bits: Tensor) -> Tensor:
        """`(B, 3, H, W)` in [0, 1] with even sides, `(B, BITS, rows, columns)` of 0 and 1 -> change `(B, 3, H, W)`.

        There must be as many cells as cover the canvas; the first begins in its upper left corner.
        """
        seen = self.enter(F.pixel_unshuffle(canvas * 2 - 1, FOLD))
        height, width = seen.shape[-2:]
        told = F.interpolate(bits * 2 - 1, scale_factor=float(STEPS), mode="nearest")[..., :height, :width]
        place = _place_in_cell(height, width).to(seen).expand(len(seen), -1, -1, -1)
        change = self.leave(self.mix(torch.cat((seen, told, place), 1)))
        return torch.tanh(F.pixel_shuffle(change, FOLD).float()) * self.reach


class Reader(nn.Module):
    """Canvas in, what it says of each cell's bits out.

    Args:
        config: its size.
    """

    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        width = config.reader_width
        middle = width + width // 2
        layers = (
            _Layer(3 * FOLD**2, width),
            _Layer(width, width),
            _Layer(width, middle, halving=True),
            _Layer(middle, middle),
            _Layer(middle, 2 * width, halving=True),
            _Layer(2 * width, 2 * width, halving=True),
        )
        self.layers = nn.ModuleList(layers)
        self._layers = layers
        self.answer = nn.Conv2d(2 * width, BITS, 1)

    def forward(self, canvas: Tensor) -> Tensor:
        """`(B, 3, H, W)` in [0, 1], sides multiples of a cell's -> logits `(B, BITS, rows, columns)`.

        What is no part of the picture should be mid-grey.
        """
        features = F.pixel_unshuffle(canvas * 2 - 1, FOLD)
        for layer in self.layers:
            features = layer(features)
        out: Tensor = self.answer(features)
        return out.float()

    def everywhere(self, canvas: Tensor) -> Tensor:
        """The same for cells that begin at any even pixel: logits `(B, BITS, H / 2, W / 2)`.

        `everywhere(canvas)[..., ::8, ::8]` is `forward(canvas)`. Layers that halve are dilated instead, which costs
        about as much as asking for two places one by one, and there are 64.
        """
        features = F.pixel_unshuffle(canvas * 2 - 1, FOLD)
        apart = 1
        for layer in self._layers:
            features = layer.spread(features, apart)
            apart *= layer.stride
        out: Tensor = self.answer(features)
        return out.float()


class Marker(nn.Module):
    """Both nets.

    Args:
        config: their size.
    """

    def __init__(self, config: NetConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or NetConfig()
        self.writer = Writer(config)
        self.reader = Reader(config)


class _Layer(nn.Module):
    """Convolution, batch norm, ReLU; or one that halves, with an even kernel, so that cells keep their middle."""

    def __init__(self, inputs: int, outputs: int, *, halving: bool = False) -> None:
        super().__init__()
        self.stride = 2 if halving else 1
        self.conv = nn.Conv2d(inputs, outputs, 4 if halving else 3, self.stride, 1, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, features: Tensor) -> Tensor:
        return F.relu(self.norm(self.conv(features)))

    def spread(self, features: Tensor, apart: int) -> Tensor:
        """Answers at every place instead of every second one, of inputs that lie `apart` from each other."""
        before = apart
        after = (self.conv.kernel_size[0] - 2) * apart
        padded = F.pad(features, (before, after, before, after))
        return F.relu(self.norm(F.conv2d(padded, self.conv.weight, dilation=apart)))


def _place_in_cell(height: int, width: int) -> Tensor:
    """`(1, 4, height, width)`: sine and cosine of where in its cell a place is, down and along."""
    down = (torch.arange(height) + 0.5) * (2 * math.pi / STEPS)
    along = (torch.arange(width) + 0.5) * (2 * math.pi / STEPS)
    rows = torch.stack((down.sin(), down.cos()))[:, :, None].expand(-1, -1, width)
    columns = torch.stack((along.sin(), along.cos()))[:, None, :].expand(-1, height, -1)
    return torch.cat((rows, columns))[None]
