"""The net that protects in one pass: a U-Net from a head crop to its change (TAFIM, arXiv 2112.09151)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from prosopon.core.errors import UsageError

_BEGINNING = 0.9


@dataclass(frozen=True)
class NetConfig:
    """Size of the net."""

    width: int = 32
    """Channels at half resolution."""
    max_width: int = 128
    """Most channels anywhere."""
    halvings: int = 3
    """How often it halves the resolution after that."""
    n_blocks: int = 2
    """Residual blocks where it is lowest."""
    side_px: int = 256
    """Of the crops that it sees."""

    def __post_init__(self) -> None:
        if min(self.width, self.max_width, self.n_blocks + 1, self.halvings) < 1 or self.width % 4:
            raise UsageError(
                f"a net of {self.width} to {self.max_width} channels, {self.halvings} halvings and {self.n_blocks} "
                "blocks cannot be built",
                "give a width that is a multiple of 4, and 1 halving or more",
            )
        if self.side_px < 1 or self.side_px % 2 ** (self.halvings + 1):
            raise UsageError(
                f"crops of {self.side_px} pixels cannot be halved {self.halvings + 1} times",
                f"give a multiple of {2 ** (self.halvings + 1)}",
            )

    def channels(self, level: int) -> int:
        """Channels after so many halvings."""
        return int(min(self.width * 2**level, self.max_width))


class ProtectorNet(nn.Module):
    """Crops in, changes out: what it would do to any head, and what it adds to that for this one.

    Args:
        config: its size.
    """

    def __init__(self, config: NetConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or NetConfig()
        levels = range(config.halvings)
        width = config.channels
        self.enter = _Layer(12, width(0))
        self.down = nn.ModuleList(_Layer(width(i), width(i + 1), stride=2) for i in levels)
        lowest = width(config.halvings)
        self.middle = nn.ModuleList(
            nn.Sequential(_Layer(lowest, lowest), _Layer(lowest, lowest)) for _ in range(config.n_blocks)
        )
        self.up = nn.ModuleList(_Layer(width(i + 1) + width(i), width(i)) for i in reversed(levels))
        self.leave = nn.Conv2d(width(0), 12, 3, padding=1)
        self.usual = nn.Parameter(torch.zeros(3, config.side_px, config.side_px))

    @torch.no_grad()
    def begin_with(self, change: Tensor) -> None:
        """Do to any head, at first, what a universal change `(3, side, side)` in [-1, 1] does, and nothing else.

        A little less than that, or nothing more could be learnt where it goes as far as it may.
        """
        self.usual.copy_(torch.atanh(_BEGINNING * change))
        self.leave.weight.zero_()
        if self.leave.bias is not None:
            self.leave.bias.zero_()

    def forward(self, images: Tensor) -> Tensor:
        """`(B, 3, side, side)` in [-1, 1] -> changes as shares of the largest allowed, likewise in [-1, 1].

        Pixels enter and leave four at a time: what nets see of a head is mostly coarser than this crop.
        """
        features = self.enter(F.pixel_unshuffle(images, 2))
        seen = []
        for layer in self.down:
            seen.append(features)
            features = layer(features)
        for block in self.middle:
            features = features + block(features)
        for layer in self.up:
            features = F.interpolate(features, scale_factor=2.0, mode="nearest")
            features = layer(torch.cat((features, seen.pop()), 1))
        return torch.tanh(F.pixel_shuffle(self.leave(features), 2).float() + self.usual)


class _Layer(nn.Sequential):
    """Convolution, norm in groups of four channels, SiLU."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.GroupNorm(max(1, outputs // 4), outputs), nn.SiLU()
        )
