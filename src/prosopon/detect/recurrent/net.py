"""The net: Meso-4 looks at each frame of a run, and an LSTM at what it sees and at what changed from one to the next.

Güera, Delp, "Deepfake Video Detection Using Recurrent Neural Networks", AVSS 2018: InceptionV3, which had learnt
photographs of ImageNet, looks at each of 20 to 80 frames, and an LSTM with 2048 units at its 2048 features. Here, too,
what looks at frames has learnt them by itself before, and stands still while the LSTM learns: it is Meso-4 up to its
hidden units, with the weights that ship. Runs are of 8 frames, and the LSTM has few units. Beside what is seen in a
frame it is shown how far the features of each place lie from those of the last frame, which the paper leaves to the
LSTM. Half of either is left out while learning: of people whom it has learnt, what looks at frames is far too sure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from prosopon.core.errors import CheckpointError
from prosopon.detect.learning.meso_trunk import CHANNELS, GRID, HIDDEN, SLOPE, MesoTrunk, as_keras, in_order
from prosopon.detect.learning.meso_view import MesoView

VIEW = MesoView()
"""As what looks at frames was taught."""
_GAIN = 4.0
"""Frames follow each other closely: what changed is made so many times as large before its logarithm is taken."""
_MOMENTUM = 0.1
"""Of running statistics, where what looks at frames learns as well; Keras' is for more steps."""


class FrameNet(MesoTrunk):
    """Meso-4 up to its hidden units; its parameters are called as there."""

    def __init__(self) -> None:
        super().__init__(_MOMENTUM)
        self.hidden = nn.Linear(GRID * GRID * CHANNELS, HIDDEN)
        as_keras(self)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """`(B, 3, 256, 256)` in [0, 1] -> features of all places `(B, 1024)`, and hidden units `(B, 16)`."""
        places = in_order(self.features(pictures)).float()
        return places, F.leaky_relu(self.hidden(places), SLOPE)


class RecurrentNet(nn.Module):
    """Runs of frames to one number each.

    Args:
        changes: numbers that sum up what changed between two frames.
        units: of the LSTM.
        dropout: share of what is seen and of what changed that is left out while learning.
    """

    def __init__(self, changes: int, units: int, dropout: float) -> None:
        super().__init__()
        self.frames = FrameNet()
        self.dropout = nn.Dropout(dropout)
        self.changes = nn.Linear(self.frames.hidden.in_features, changes)
        self.lstm = nn.LSTM(HIDDEN + changes, units, batch_first=True)
        self.head = nn.Linear(units, 1)

    def forward(self, runs: Tensor) -> Tensor:
        """`(B, T, 3, S, S)` in [0, 1] -> logits `(B,)`, positive for a fake: the mean over the frames."""
        return self.by_frame(runs).mean(1)

    def by_frame(self, runs: Tensor) -> Tensor:
        """What it says at each frame of what it has seen so far: `(B, T, 3, S, S)` -> logits `(B, T)`."""
        pictures = runs.flatten(0, 1).contiguous(memory_format=torch.channels_last)
        places, looked = (seen.unflatten(0, runs.shape[:2]) for seen in self.frames(pictures))
        before = torch.cat((places[:, :1], places[:, :-1]), 1)
        with torch.autocast(places.device.type, enabled=False):
            moved = torch.log1p(_GAIN * (places - before).abs())
            changed = F.relu(self.changes(self.dropout(moved)))
            said, _ = self.lstm(torch.cat((self.dropout(looked.float()), changed), -1))
            logits: Tensor = self.head(said)[..., 0]
        return logits


@dataclass(frozen=True)
class NetConfig:
    """A net's size, and where what looks at frames begins.

    Attributes:
        changes: numbers that sum up what changed between two frames.
        units: of the LSTM.
        frames_from: weights of MesoNet's `meso4` whose looks are taken over, and stand still; None: they learn, too.
    """

    changes: int
    units: int
    frames_from: str | None = None


CONFIGS: Mapping[str, NetConfig] = MappingProxyType(
    {
        "studio": NetConfig(16, 32, frames_from="mesonet.studio"),
        "scratch": NetConfig(16, 32),
        "tiny": NetConfig(4, 8),
    }
)
"""`scratch` learns as a whole from random weights; `tiny` is for tests."""
_DROPOUT = 0.5


def build(card: Mapping[str, Any]) -> RecurrentNet:
    """The net of a card's configuration, with random weights.

    Raises:
        CheckpointError: there is no such configuration.
    """
    config = str(card.get("config"))
    if config not in CONFIGS:
        raise CheckpointError(f"there is no recurrent net {config!r}", f"it is one of {', '.join(CONFIGS)}")
    size = CONFIGS[config]
    return RecurrentNet(size.changes, size.units, _DROPOUT)
