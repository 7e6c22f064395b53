"""CycleGAN: pictures of one kind into pictures of another, learnt without pairs (Zhu et al. 2017).

Keys are those of the published checkpoints.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from torch import Tensor, nn

from prosopon.models.instance_norm import without_statistics
from prosopon.models.patch_discriminator import patch_layers
from prosopon.models.resnet_generator import resnet_layers


class Generator(nn.Module):
    """Redraws pictures.

    Args:
        n_blocks: residual blocks; published are 9, and 6 for small pictures.
        width: channels at full size.
        dropout: whether its blocks drop features in train mode. The keys of such nets are others.
    """

    def __init__(self, n_blocks: int = 9, width: int = 64, dropout: bool = False) -> None:
        super().__init__()
        layers = resnet_layers(3, 3, width=width, n_shrinks=2, n_blocks=n_blocks, dropout=dropout)
        self.model = nn.Sequential(*layers)

    def forward(self, images: Tensor) -> Tensor:
        """`(B, 3, H, W)` in [-1, 1] -> the same shape and range; sides are multiples of 4."""
        redrawn: Tensor = self.model(images)
        return redrawn


class Discriminator(nn.Module):
    """Judges patches of 70 x 70 pixels."""

    def __init__(self, width: int = 64, n_layers: int = 3) -> None:
        super().__init__()
        groups = patch_layers(3, width=width, n_layers=n_layers, padding=1)
        self.model = nn.Sequential(*itertools.chain.from_iterable(groups))

    def forward(self, images: Tensor) -> Tensor:
        """Pictures `(B, 3, H, W)` in [-1, 1] -> unbounded scores `(B, 1, H / 8 - 2, W / 8 - 2)`, high for real."""
        scores: Tensor = self.model(images)
        return scores


def from_published(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A published state, of either net, as ours name it."""
    return without_statistics(state)
