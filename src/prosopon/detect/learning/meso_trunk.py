"""Meso-4's convolutions (Afchar et al., WIFS 2018, arXiv 1809.00888): what MesoNet and nets that build on it share.

Four of them, each followed by a ReLU, normalisation and max-pooling: a face of 256 pixels becomes 8 x 8 places with 16
features each. Their parameters are called alike wherever they are used, so that those of one net fit the other.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

SIZE_PX = 256
GRID = 8
"""Side of the grid of features that a head judges."""
CHANNELS = 16
"""Features of each place."""
HIDDEN = 16
"""Hidden units of Meso-4's head."""
SLOPE = 0.1
"""Of the LeakyReLU in the head. The authors' Meso4 files do not list the layer; their class has it."""

KERAS_MOMENTUM = 0.01
"""Of running statistics; Keras calls it 0.99."""


class MesoTrunk(nn.Module):
    """Four convolutions.

    Args:
        momentum: of running statistics.
    """

    def __init__(self, momentum: float = KERAS_MOMENTUM) -> None:
        super().__init__()
        widths, sides = (3, 8, 8, 16, CHANNELS), (3, 5, 5, 5)
        self.convs = nn.ModuleList(
            nn.Conv2d(widths[i], widths[i + 1], side, padding=side // 2) for i, side in enumerate(sides)
        )
        self.norms = nn.ModuleList(meso_norm(width, momentum) for width in widths[1:])

    def features(self, pictures: Tensor) -> Tensor:
        """`(B, 3, 256, 256)` in [0, 1] -> `(B, 16, 8, 8)`."""
        for conv, norm, pool in zip(self.convs, self.norms, (2, 2, 2, 4), strict=True):
            pictures = F.max_pool2d(norm(F.relu(conv(pictures))), pool)
        return pictures


def in_order(features: Tensor) -> Tensor:
    """`(B, C, h, w)` -> `(B, h * w * C)`: rows, columns, channels, as Keras flattens."""
    return features.movedim(1, -1).flatten(1)


def meso_norm(width: int, momentum: float = KERAS_MOMENTUM) -> nn.BatchNorm2d:
    """With the constants of Keras."""
    return nn.BatchNorm2d(width, eps=1e-3, momentum=momentum)


def as_keras(net: nn.Module) -> None:
    """Random first weights as the published training had them: Glorot and Bengio's uniform ones, no biases."""
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.xavier_uniform_(layer.weight)
            assert layer.bias is not None  # noqa: S101 - all layers here have one
            nn.init.zeros_(layer.bias)
