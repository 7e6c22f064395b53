"""The long-term recurrent convolutional net of eyes: pictures one by one through convolutions, then an LSTM over time.

After Li, Chang and Lyu, "In Ictu Oculi: Exposing AI Created Fake Videos by Detecting Eye Blinking", WIFS 2018. Their
net is the configuration `vgg16`, which can be built here and has no weights; `studio` is a small one of ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from prosopon.core.errors import CheckpointError


@dataclass(frozen=True)
class LrcnConfig:
    """What a net is built of.

    Attributes:
        eye_px: side of the pictures that go in.
        blocks: channels of the convolutions, block by block; each block ends with a pooling that halves the size.
        features: of each picture, which the LSTM reads.
        hidden: of the LSTM.
        both_ways: whether it reads forwards and backwards, for films that are there as a whole.
        norm: whether convolutions are normalised; VGG16 is older than that.
        dropout: of the features while learning.
        window: frames that it reads at a time.
        logits: 1 (closed against open), or 2 as published (open, closed).
    """

    eye_px: int = 32
    blocks: tuple[tuple[int, ...], ...] = ((16,), (24,), (32,))
    features: int = 64
    hidden: int = 32
    both_ways: bool = True
    norm: bool = True
    dropout: float = 0.2
    window: int = 16
    logits: int = 1


STUDIO: Final = LrcnConfig()
VGG16: Final = LrcnConfig(
    eye_px=224,
    blocks=((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512)),
    features=4096,
    hidden=256,
    both_ways=False,
    norm=False,
    dropout=0.5,
    window=10,
    logits=2,
)
"""As published: VGG16 up to its first dense layer `fc6`, an LSTM of 256 over windows of 10 frames, two classes."""

CONFIGS: Final = {"studio": STUDIO, "vgg16": VGG16}


class Lrcn(nn.Module):
    """Pictures of one eye over time -> how far each is closed.

    Modules are called as VGG16's layers are: `conv1_1` to `conv5_3`, `fc6`; then `lstm` and `fc7`.

    Args:
        config: see `LrcnConfig`.
    """

    def __init__(self, config: LrcnConfig = STUDIO) -> None:
        super().__init__()
        self.config = config
        channels = 3
        self._names: list[list[str]] = []
        for number, block in enumerate(config.blocks, start=1):
            names = []
            for place, outputs in enumerate(block, start=1):
                name = f"conv{number}_{place}"
                self.add_module(name, nn.Conv2d(channels, outputs, 3, padding=1, bias=not config.norm))
                if config.norm:
                    self.add_module(f"norm{number}_{place}", nn.BatchNorm2d(outputs))
                names.append(f"{number}_{place}")
                channels = outputs
            self._names.append(names)
        side = config.eye_px >> len(config.blocks)
        self.fc6 = nn.Linear(channels * side * side, config.features)
        self.dropout = nn.Dropout(config.dropout)
        self.lstm = nn.LSTM(config.features, config.hidden, batch_first=True, bidirectional=config.both_ways)
        self.fc7 = nn.Linear(config.hidden * (2 if config.both_ways else 1), config.logits)
        self.alone = nn.Linear(config.features, config.logits)
        """What each picture says by itself: a help while learning, and the published CNN without memory."""

    def features(self, eyes: Tensor) -> Tensor:
        """Pictures `(N, 3, S, S)` in [0, 1] -> `(N, features)`."""
        out = eyes - 0.5
        for names in self._names:
            for name in names:
                out = self.get_submodule(f"conv{name}")(out)
                if self.config.norm:
                    out = self.get_submodule(f"norm{name}")(out)
                out = F.relu(out)
            out = F.max_pool2d(out, 2)
        return F.relu(self.fc6(out.flatten(1)))

    def forward(self, eyes: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures `(B, T, 3, S, S)` in [0, 1] -> logits `(B, T)` with memory, and without; positive for closed."""
        batch, frames = eyes.shape[:2]
        features = self.features(eyes.flatten(0, 1))
        held = self.dropout(features).unflatten(0, (batch, frames))
        remembered, _ = self.lstm(held)
        return self._logit(self.fc7(remembered)), self._logit(self.alone(features).unflatten(0, (batch, frames)))

    def _logit(self, said: Tensor) -> Tensor:
        return said[..., 0] if said.shape[-1] == 1 else said[..., 1] - said[..., 0]

    @torch.no_grad()
    def closed(self, eyes: Tensor) -> Tensor:
        """Probability that the eye is closed in each frame: `(T, 3, S, S)` in [0, 1] -> `(T,)`, of any length.

        Windows overlap by half, and what they say is averaged, so that no frame is only seen at the edge of one.
        """
        count, window = len(eyes), self.config.window
        if count < window:
            # The first and the last frame stand still for what is not there.
            front = (window - count) // 2
            held = torch.cat(
                (eyes[:1].expand(front, -1, -1, -1), eyes, eyes[-1:].expand(window - count - front, -1, -1, -1))
            )
            return self.closed(held)[front : front + count]
        starts = list(range(0, count - window + 1, max(1, window // 2)))
        if starts[-1] != count - window:
            starts.append(count - window)
        total, times = eyes.new_zeros(count), eyes.new_zeros(count)
        for first in range(0, len(starts), 32):
            some = starts[first : first + 32]
            logits, _ = self(torch.stack([eyes[start : start + window] for start in some]))
            for start, row in zip(some, logits.float().sigmoid(), strict=True):
                total[start : start + window] += row
                times[start : start + window] += 1
        return total / times


def config_of(name: str) -> LrcnConfig:
    """A configuration by name.

    Raises:
        CheckpointError: there is none of that name.
    """
    try:
        return CONFIGS[name]
    except KeyError:
        raise CheckpointError(
            f"there is no eye net called {name!r}", f"there are {', '.join(sorted(CONFIGS))}"
        ) from None
