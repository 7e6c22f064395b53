"""The net: convolutions with leaky ReLUs as a discriminator has them, but with MesoNet's pooling, head and size.

The paper says of its net that it resembles the discriminator of DCGAN (Radford, Metz, Chintala, arXiv 1511.06434) at
128 pixels; its widths are not known. Such nets, strided, with a million weights and answers averaged over places or
with one weight for each, learnt little here: after 400 to 500 steps an AUC of 0.61 to 0.67 on people held out, against
0.75 for this one. What differs from DCGAN: the face at 256 pixels instead of 128, max-pooling instead of strides, few
channels, and a dense head with weights by place; leaky ReLUs and batch norm are what is left of it. That is the plan of
Meso-4 (Afchar et al., WIFS 2018) with twice its channels. What the paper is about, the preprocessing of what is learnt
from, does not depend on the net; see `hardening`.
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
from prosopon.detect.learning.view import View

SIZE_PX = 256
VIEW = View(SIZE_PX, 1.3)
"""The face with its outline."""
_KERNELS, _POOLS = (3, 5, 5, 5), (2, 2, 2, 4)
_GRID = 8
"""Side of the grid of features that the head judges."""
_SLOPE, _HEAD_SLOPE = 0.2, 0.1


class ForensicsNet(nn.Module):
    """Four convolutions, each followed by a leaky ReLU, batch norm and max-pooling, and a dense head over 8 x 8 places.

    Args:
        widths: channels of each convolution.
        hidden: units of the head.
    """

    def __init__(self, widths: tuple[int, int, int, int], hidden: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inputs = 3
        for outputs, kernel, pool in zip(widths, _KERNELS, _POOLS, strict=True):
            layers += [
                nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2),
                nn.LeakyReLU(_SLOPE),
                nn.BatchNorm2d(outputs),
                nn.MaxPool2d(pool),
            ]
            inputs = outputs
        self.features = nn.Sequential(*layers)
        self.hidden = nn.Conv2d(inputs, hidden, _GRID)
        self.last = nn.Linear(hidden, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        """`(B, 3, 256, 256)` in [0, 1] -> logits `(B,)`, positive for a fake."""
        hidden = self.hidden(self.features(pictures * 2 - 1)).flatten(1)
        logits: Tensor = self.last(F.leaky_relu(hidden, _HEAD_SLOPE))[:, 0]
        return logits

    @torch.no_grad()
    def by_place(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """The logit as a sum over places, exact in evaluation mode.

        The head's only bend is the leaky ReLU. On a given picture each hidden unit lies on one side of it, and with
        those sides kept the head is a sum over the 8 x 8 places and a constant.

        Returns:
            `(B, 8, 8)` and the constant `(B,)`: their sum over places and the constant is `forward`.
        """
        features = self.features(pictures * 2 - 1)
        hidden = self.hidden(features).flatten(1)
        gates = torch.where(hidden > 0, 1.0, _HEAD_SLOPE) * self.last.weight  # (B, hidden)
        places = torch.einsum("bk,kcij,bcij->bij", gates, self.hidden.weight, features)
        bias = self.hidden.bias
        assert bias is not None  # noqa: S101 - it has one
        return places, (gates * bias).sum(1) + self.last.bias


@dataclass(frozen=True)
class NetConfig:
    """How wide the net is, and whether its training pictures go through the published preprocessing."""

    widths: tuple[int, int, int, int]
    hidden: int
    hardened: bool


CONFIGS: Mapping[str, NetConfig] = MappingProxyType(
    {
        "studio": NetConfig((16, 16, 32, 32), 16, hardened=True),
        "unhardened": NetConfig((16, 16, 32, 32), 16, hardened=False),
        "tiny": NetConfig((4, 4, 4, 8), 8, hardened=True),
    }
)
"""`unhardened` is what hardening is measured beside, `tiny` is for tests."""


def build(card: Mapping[str, Any]) -> ForensicsNet:
    """The net of a card's configuration, with random weights.

    Raises:
        CheckpointError: there is no such configuration.
    """
    config = str(card.get("config"))
    if config not in CONFIGS:
        raise CheckpointError(f"there is no net {config!r} of forensics", f"it is one of {', '.join(CONFIGS)}")
    return ForensicsNet(CONFIGS[config].widths, CONFIGS[config].hidden)
