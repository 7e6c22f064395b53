"""The net: a small CNN looks at each frame and at what changed since the last one, and an LSTM at the run of them.

Güera, Delp, "Deepfake Video Detection Using Recurrent Neural Networks", AVSS 2018: features of a large net that was
trained on photographs, an LSTM with 2048 units over 20 to 80 frames. Ours is small, learns all at once, looks at runs
of 8 frames, and is shown differences of neighbouring frames, without which so short a training sees pictures only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn

from prosopon.core.errors import CheckpointError
from prosopon.detect.learning.trunk import Trunk
from prosopon.detect.learning.view import View

SIZE_PX = 112
VIEW = View(SIZE_PX, 1.2)
"""The face up to its outline."""
_GAIN = 4.0
"""Frames follow each other closely: their differences are made so many times as large."""


class RecurrentNet(nn.Module):
    """Runs of frames to one number each.

    Args:
        widths, depths: of the CNN.
        hidden: units of the LSTM.
        dropout: share of what it says that is left out while learning.
    """

    def __init__(
        self,
        widths: tuple[int, ...] = (16, 24, 48, 96, 128),
        depths: tuple[int, ...] = (1, 1, 1, 1),
        hidden: int = 96,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        self.trunk = Trunk(widths, depths, inputs=6)
        self.lstm = nn.LSTM(self.trunk.outputs, hidden, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(hidden, 1)

    def forward(self, runs: Tensor) -> Tensor:
        """Consecutive frames `(B, T, 3, S, S)` in [0, 1], T at least 1 -> logits `(B,)`, positive for a fake."""
        return self.by_frame(runs).mean(1)

    def by_frame(self, runs: Tensor) -> Tensor:
        """What it says at each frame of what it has seen so far: `(B, T, 3, S, S)` -> logits `(B, T)`."""
        batch, length = runs.shape[:2]
        before = torch.cat((runs[:, :1], runs[:, :-1]), 1)
        # The trunk expects [0, 1]: a difference of nothing is 0.5.
        changes = (0.5 + _GAIN / 2 * (runs - before)).clamp(0, 1)
        seen = torch.cat((runs, changes), 2).flatten(0, 1).contiguous(memory_format=torch.channels_last)
        features = self.trunk(seen).float().mean((2, 3)).view(batch, length, -1)
        with torch.autocast(features.device.type, enabled=False):
            said, _ = self.lstm(features)
            logits: Tensor = self.head(self.dropout(said))[..., 0]
        return logits


@dataclass(frozen=True)
class NetConfig:
    """A net's size: channels and blocks of the CNN, units of the LSTM."""

    widths: tuple[int, ...]
    depths: tuple[int, ...]
    hidden: int


CONFIGS: Mapping[str, NetConfig] = MappingProxyType(
    {
        "studio": NetConfig((16, 24, 48, 96, 128), (1, 1, 1, 1), 96),
        "tiny": NetConfig((8, 8, 8, 16, 16), (1, 1, 1, 1), 8),
    }
)
"""`tiny` is for tests."""


def build(card: Mapping[str, Any]) -> RecurrentNet:
    """The net of a card's configuration, with random weights.

    Raises:
        CheckpointError: there is no such configuration.
    """
    config = str(card.get("config"))
    if config not in CONFIGS:
        raise CheckpointError(f"there is no recurrent net {config!r}", f"it is one of {', '.join(CONFIGS)}")
    size = CONFIGS[config]
    return RecurrentNet(size.widths, size.depths, size.hidden)
