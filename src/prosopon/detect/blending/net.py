"""The net that looks for seams, by configuration, and how faces are cut for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from prosopon.core.errors import CheckpointError
from prosopon.detect.learning.trunk import Trunk
from prosopon.detect.learning.view import View

SIZE_PX = 160
VIEW = View(SIZE_PX, 1.5)
"""The whole face with its outline: that is where seams are. Published: the face with 12.5 % around it at 380 pixels."""
_GAIN = 12.0
"""Of the grain, beside the picture itself."""


class BlendingNet(nn.Module):
    """A trunk with two heads: whether anything was blended in, and, to learn from, where.

    Args:
        widths, depths: of the trunk.
        dropout: share of the averaged features that are left out while learning.
    """

    looking: Tensor

    def __init__(self, widths: tuple[int, ...], depths: tuple[int, ...], dropout: float = 0.2) -> None:
        super().__init__()
        self.trunk = Trunk(widths, depths, inputs=6)
        self.register_buffer("looking", _looking(), persistent=False)
        self._coarse = depths[-1]
        self.where = nn.Conv2d(widths[-2], 1, 1)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(widths[-1], 1)

    @property
    def fine(self) -> nn.Module:
        """The stage before the last, 16 times as coarse as the picture."""
        return self.trunk.blocks[-1 - self._coarse]

    def seen(self, pictures: Tensor) -> Tensor:
        """What the trunk looks at: `(B, 3, S, S)` in [0, 1] -> the picture and its grain, `(B, 6, S, S)` around 0.

        Faces that were laid in have another grain than what is around them. Nets find that by themselves, but late.
        """
        # A grain of one level is lost in bfloat16.
        with torch.autocast(pictures.device.type, enabled=False):
            return F.conv2d(pictures.float() - 0.5, self.looking, padding=1)

    def forward(self, pictures: Tensor) -> Tensor:
        """`(B, 3, S, S)` in [0, 1] -> logits `(B,)`, positive for a fake."""
        return self.with_places(pictures)[0]

    def with_places(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Logits `(B,)` as `forward`, and `(B, S / 16, S / 16)` of each place's having been blended in."""
        blocks = [*self.trunk.blocks]
        features: Tensor = self.trunk.stem(self.seen(pictures))
        for block in blocks[: -self._coarse]:
            features = block(features)
        places: Tensor = self.where(features)[:, 0]
        for block in blocks[-self._coarse :]:
            features = block(features)
        pooled = features.float().mean((2, 3))
        return self.head(self.dropout(pooled))[:, 0], places


def _looking() -> Tensor:
    """Weights `(6, 3, 3, 3)` of a convolution: each channel twice as large, and how it differs from its neighbours."""
    weights = torch.zeros(6, 3, 3, 3)
    for channel in range(3):
        weights[channel, channel, 1, 1] = 2
        weights[3 + channel, channel] = -_GAIN / 9
        weights[3 + channel, channel, 1, 1] += _GAIN
    return weights


@dataclass(frozen=True)
class NetConfig:
    """A net's size, and what it learns from.

    Attributes:
        widths: channels after the first convolution and of each stage.
        depths: blocks of each stage.
        others: how often another person's face is blended in rather than the same.
    """

    widths: tuple[int, ...]
    depths: tuple[int, ...]
    others: float = 0.0


CONFIGS: Mapping[str, NetConfig] = MappingProxyType(
    {
        "studio": NetConfig((16, 32, 64, 128, 192), (2, 2, 2, 1), others=0.4),
        "self": NetConfig((16, 32, 64, 128, 192), (2, 2, 2, 1)),
        "tiny": NetConfig((8, 8, 16, 16, 16), (1, 1, 1, 1), others=0.4),
    }
)
"""`self` learns from faces blended into themselves alone, as published; `tiny` is for tests."""


def build(card: Mapping[str, Any]) -> BlendingNet:
    """The net of a card's configuration, with random weights.

    Raises:
        CheckpointError: there is no such configuration.
    """
    config = str(card.get("config"))
    if config not in CONFIGS:
        raise CheckpointError(f"there is no net {config!r} for seams", f"it is one of {', '.join(CONFIGS)}")
    return BlendingNet(CONFIGS[config].widths, CONFIGS[config].depths)
