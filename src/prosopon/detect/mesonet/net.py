"""Meso-4 and MesoInception-4 (Afchar et al., WIFS 2018), so that the authors' weights fit.

Both end in a sigmoid that is the probability of a real face. Here the last value is turned round: every detector of
this package is positive for a fake.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from prosopon.detect.learning.meso_trunk import CHANNELS, GRID, HIDDEN, SLOPE, MesoTrunk, as_keras, in_order, meso_norm


class MesoBase(nn.Module):
    """What both nets have in common: the dense head over 8 x 8 places with 16 features each.

    In: pictures `(B, 3, 256, 256)` in [0, 1], without any other normalisation. Out: logits `(B,)`, positive for a fake.
    """

    def __init__(self) -> None:
        super().__init__()
        self.drop = nn.Dropout(0.5)
        self.hidden = nn.Linear(GRID * GRID * CHANNELS, HIDDEN)
        self.last = nn.Linear(HIDDEN, 1)

    @abstractmethod
    def features(self, pictures: Tensor) -> Tensor:
        """`(B, 3, 256, 256)` in [0, 1] -> `(B, 16, 8, 8)`."""

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits `(B,)`, positive for a fake."""
        return -self.real_logits(pictures)

    def real_logits(self, pictures: Tensor) -> Tensor:
        """As published: logits `(B,)`, positive for a real face."""
        flat = in_order(self.features(pictures))
        hidden = F.leaky_relu(self.hidden(self.drop(flat)), SLOPE)
        logits: Tensor = self.last(self.drop(hidden))[:, 0]
        return logits

    @torch.no_grad()
    def by_place(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """The logit of a fake as a sum over places, exact in evaluation mode.

        The head's only bend is the LeakyReLU. On a given picture each hidden unit lies on one side of it, and with
        those sides kept the head is a sum over the 8 x 8 places and a constant.

        Returns:
            `(B, 8, 8)` and the constant `(B,)`: their sum over places and the constant is `forward`.
        """
        features = self.features(pictures)
        hidden = self.hidden(in_order(features))
        gates = torch.where(hidden > 0, 1.0, SLOPE) * self.last.weight  # (B, hidden)
        kernel = self.hidden.weight.reshape(HIDDEN, GRID, GRID, CHANNELS)
        places = torch.einsum("bk,kijc,bcij->bij", gates, kernel, features)
        constant = (gates * self.hidden.bias).sum(1) + self.last.bias
        return -places, -constant


class Meso4(MesoTrunk, MesoBase):
    """Four convolutions."""

    def __init__(self) -> None:
        super().__init__()
        as_keras(self)


class _Inception(nn.Module):
    """Four branches beside each other: 1 x 1, and 1 x 1 with a 3 x 3 behind it that reaches 1, 2 or 3 pixels far."""

    def __init__(self, inputs: int, widths: tuple[int, int, int, int]) -> None:
        super().__init__()
        self.convs = nn.ModuleList([nn.Conv2d(inputs, widths[0], 1)])
        for reach, width in enumerate(widths[1:], start=1):
            self.convs.append(nn.Conv2d(inputs, width, 1))
            self.convs.append(nn.Conv2d(width, width, 3, padding=reach, dilation=reach))
        self.norm = meso_norm(sum(widths))

    def forward(self, pictures: Tensor) -> Tensor:
        """`(B, inputs, H, W)` -> `(B, sum of widths, H / 2, W / 2)`."""
        first, *others = self.convs
        branches = [F.relu(first(pictures))]
        for narrow, wide in zip(others[::2], others[1::2], strict=True):
            branches.append(F.relu(wide(F.relu(narrow(pictures)))))
        return F.max_pool2d(self.norm(torch.cat(branches, 1)), 2)


class MesoInception4(MesoBase):
    """Two inception blocks and two convolutions."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList((_Inception(3, (1, 4, 4, 2)), _Inception(11, (2, 4, 4, 2))))
        self.convs = nn.ModuleList((nn.Conv2d(12, CHANNELS, 5, padding=2), nn.Conv2d(CHANNELS, CHANNELS, 5, padding=2)))
        self.norms = nn.ModuleList(meso_norm(CHANNELS) for _ in range(2))
        as_keras(self)

    def features(self, pictures: Tensor) -> Tensor:
        """Blocks, then convolution, ReLU, normalisation, pooling, twice."""
        for block in self.blocks:
            pictures = block(pictures)
        for conv, norm, pool in zip(self.convs, self.norms, (2, 4), strict=True):
            pictures = F.max_pool2d(norm(F.relu(conv(pictures))), pool)
        return pictures


NETS: Mapping[str, type[MesoBase]] = {"meso4": Meso4, "mesoinception4": MesoInception4}
"""The nets by the name of their configuration."""
