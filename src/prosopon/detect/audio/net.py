"""A small net that listens to the wave itself: band filters, residual convolutions, and attention over bands and time.

After AASIST (Jung et al., "AASIST: Audio Anti-Spoofing using Integrated Spectro-Temporal Graph Attention Networks",
ICASSP 2022), which joins what it finds in bands with what it finds over time. Ours is smaller and starts out otherwise,
so that a CPU can train it: fixed band filters give envelopes a thousand times a second, in which the pulses of a voice
and what vocoders make of them still show, and two graph attention layers are a stack that both are put into.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from prosopon.media.heard import RATE
from prosopon.media.short_time import hann, mel_of


@dataclass(frozen=True)
class ListenerConfig:
    """What a net is built of.

    Attributes:
        bands: filters, equally wide in mel up to half the rate.
        taps: of each filter.
        hop: samples from one value of an envelope to the next.
        channels: of the first convolution, which halves the bands and keeps every fourth moment, and of the residual
            blocks, each of which halves the bands and keeps every fourth moment.
        nodes: features of each node of the graphs.
        dropout: while learning.
    """

    bands: int = 48
    taps: int = 257
    hop: int = 16
    channels: tuple[int, ...] = (20, 28, 36, 40)
    nodes: int = 32
    dropout: float = 0.3


class Listener(nn.Module):
    """Sound `(B, N)` at 16 kHz, one second or more -> logits `(B,)`, positive for synthetic speech."""

    filters: Tensor

    def __init__(self, config: ListenerConfig | None = None) -> None:
        super().__init__()
        self.config = config or ListenerConfig()
        c = self.config
        self.register_buffer("filters", band_filters(c.bands, c.taps), persistent=False)
        self.first = nn.Sequential(
            nn.Conv2d(1, c.channels[0], (5, 9), stride=(2, 4), padding=(2, 4), bias=False),
            nn.BatchNorm2d(c.channels[0]),
            nn.ReLU(),
        )
        self.blocks = nn.ModuleList(_Residual(inputs, outputs) for inputs, outputs in pairwise(c.channels))
        rows = c.bands >> len(c.channels)
        self.place = nn.Parameter(torch.zeros(1, rows, c.channels[-1]))
        self.spectral = _GraphAttention(c.channels[-1], c.nodes)
        self.temporal = _GraphAttention(c.channels[-1], c.nodes)
        self.both = _GraphAttention(c.nodes, c.nodes)
        self.dropout = nn.Dropout(c.dropout)
        self.last = nn.Linear(4 * c.nodes, 1)

    def envelopes(self, sound: Tensor) -> Tensor:
        """Logarithms of the envelopes in all bands, `(B, N)` -> `(B, 1, bands, N / hop)`."""
        c = self.config
        held = F.pad(sound[:, None], (c.taps // 2, c.taps // 2))
        with torch.autocast(sound.device.type, enabled=False):
            cosines, sines = F.conv1d(held.float(), self.filters, stride=c.hop).chunk(2, dim=1)
            power = cosines.square() + sines.square()
        level = torch.log(power + 1e-12)
        # What is so much quieter than the loudest moment is silence; how loud the whole is tells nothing.
        top = level.amax((1, 2), keepdim=True)
        return (torch.maximum(level, top - _RANGE) - top)[:, None] / 4 + 1

    def forward(self, sound: Tensor) -> Tensor:
        """See the class."""
        out = self.first(self.envelopes(sound))
        for block in self.blocks:
            out = block(out)
        bands = out.amax(3).transpose(1, 2) + self.place  # (B, bands, C)
        moments = F.adaptive_max_pool2d(out, (1, _MOMENTS)).squeeze(2).transpose(1, 2)  # (B, moments, C)
        over_bands, over_time = self.spectral(bands), self.temporal(moments)
        joined = self.both(torch.cat((over_bands, over_time), dim=1))
        one, other = joined[:, : over_bands.shape[1]], joined[:, over_bands.shape[1] :]
        told = torch.cat((one.amax(1), one.mean(1), other.amax(1), other.mean(1)), dim=1)
        logits: Tensor = self.last(self.dropout(told))[:, 0]
        return logits


_RANGE = 11.5
"""Natural logarithm of a power: 50 dB."""
_MOMENTS = 24
"""Nodes over time, however long a sound is."""


class _Residual(nn.Module):
    """Two convolutions beside a shortcut, and a pooling that halves both sides."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.one = nn.Conv2d(inputs, outputs, 3, stride=(1, 2), padding=1, bias=False)
        self.norm_one = nn.BatchNorm2d(outputs)
        self.two = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.norm_two = nn.BatchNorm2d(outputs)
        self.beside = nn.Conv2d(inputs, outputs, 1, stride=(1, 2), bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """`(B, inputs, H, W)` -> `(B, outputs, H / 2, W / 4)`."""
        out = self.norm_two(self.two(F.relu(self.norm_one(self.one(features)))))
        return F.max_pool2d(F.relu(out + self.beside(features)), 2)


class _GraphAttention(nn.Module):
    """Nodes that look at each other (Veličković et al. 2018), by products of pairs as in AASIST.

    `(B, N, C)` -> `(B, N, D)`.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.pair = nn.Linear(inputs, outputs)
        self.weight = nn.Linear(outputs, 1, bias=False)
        self.seen = nn.Linear(inputs, outputs)
        self.own = nn.Linear(inputs, outputs)
        self.norm = nn.LayerNorm(outputs)

    def forward(self, nodes: Tensor) -> Tensor:
        """See the class."""
        pairs = torch.tanh(self.pair(nodes[:, :, None] * nodes[:, None]))
        attention = self.weight(pairs)[..., 0].softmax(-1)
        return F.selu(self.norm(self.seen(attention @ nodes) + self.own(nodes)))


def band_filters(bands: int, taps: int) -> Tensor:
    """Pairs of windowed sines and cosines, `(2 * bands, 1, taps)`: as wide as the distance between bands in mel."""
    edges = 700 * (10 ** (np.linspace(float(mel_of(40.0)), float(mel_of(RATE / 2)), bands + 2) / 2595) - 1)
    times = (np.arange(taps) - taps // 2) / RATE
    rows = []
    for turn in (0.0, np.pi / 2):
        for low, middle, high in zip(edges[:-2], edges[1:-1], edges[2:], strict=True):
            width = max((high - low) / 2, 4 * RATE / taps / 4)
            # A window of Gauss whose spectrum is about `width` wide, within what the taps can hold.
            window = np.exp(-0.5 * (times * np.pi * width / 1.18) ** 2) * hann(taps + 1)[:taps]
            kernel = window * np.cos(2 * np.pi * middle * times + turn)
            rows.append(kernel / window.sum())
    return torch.tensor(np.stack(rows)[:, None], dtype=torch.float32)
