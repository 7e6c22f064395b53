"""pix2pixHD: large pictures from maps of labels (Wang et al. 2018).

Keys are those of the published checkpoints. What these nets edit is a map and no photo.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch.nn.functional as F
from torch import Tensor, nn

from prosopon.models.instance_norm import InstanceNorm, without_statistics
from prosopon.models.patch_discriminator import patch_layers
from prosopon.models.resnet_generator import ENDING, ReflectedBlock, grow, resnet_layers, shrink

_PLANES = 36
"""Cityscapes: one for each of 35 labels, and the edges between things."""


class GlobalGenerator(nn.Module):
    """Draws a picture of a map.

    Args:
        inputs: planes of the map.
        width: channels at full size.
        n_shrinks: how many times the size halves.
        n_blocks: residual blocks at the smallest size.
    """

    def __init__(self, inputs: int = _PLANES, width: int = 64, n_shrinks: int = 4, n_blocks: int = 9) -> None:
        super().__init__()
        self.model = nn.Sequential(*resnet_layers(inputs, 3, width=width, n_shrinks=n_shrinks, n_blocks=n_blocks))

    def forward(self, planes: Tensor) -> Tensor:
        """Maps `(B, inputs, H, W)` -> pictures `(B, 3, H, W)` in [-1, 1]; sides are multiples of 2^n_shrinks."""
        drawn: Tensor = self.model(planes)
        return drawn


class LocalEnhancer(nn.Module):
    """A global generator at half the size, and around it layers that add what only the full size shows.

    Args:
        inputs: planes of the map.
        width: channels at full size; the global generator has twice as many.
        n_shrinks: of the global generator.
        n_blocks: of the global generator.
        n_local_blocks: residual blocks at half the size.
    """

    def __init__(
        self, inputs: int = _PLANES, width: int = 32, n_shrinks: int = 4, n_blocks: int = 9, n_local_blocks: int = 3
    ) -> None:
        super().__init__()
        whole = resnet_layers(inputs, 3, width=2 * width, n_shrinks=n_shrinks, n_blocks=n_blocks)
        self.model = nn.Sequential(*whole[:-ENDING])
        self.model1_1 = nn.Sequential(
            nn.ReflectionPad2d(3), nn.Conv2d(inputs, width, 7), InstanceNorm(width), nn.ReLU(), *shrink(width)
        )
        blocks = (ReflectedBlock(2 * width) for _ in range(n_local_blocks))
        self.model1_2 = nn.Sequential(
            *blocks, *grow(2 * width), nn.ReflectionPad2d(3), nn.Conv2d(width, 3, 7), nn.Tanh()
        )

    def forward(self, planes: Tensor) -> Tensor:
        """Maps `(B, inputs, H, W)` -> pictures `(B, 3, H, W)` in [-1, 1]; sides are multiples of 2^(n_shrinks + 1)."""
        drawn: Tensor = self.model1_2(self.model1_1(planes) + self.model(_halved(planes)))
        return drawn


class Discriminator(nn.Module):
    """Judges patches of the picture at several sizes, each by a net of its own.

    Args:
        inputs: planes of the map and of the picture together.
        width: channels of the first layer.
        n_layers: layers that halve the size.
        n_scales: sizes, each half of the one before.
    """

    def __init__(self, inputs: int = _PLANES + 3, width: int = 64, n_layers: int = 3, n_scales: int = 2) -> None:
        super().__init__()
        self.n_scales = n_scales
        self.n_groups = n_layers + 2
        for scale in range(n_scales):
            for group, layers in enumerate(patch_layers(inputs, width=width, n_layers=n_layers, padding=2)):
                self.add_module(_name(scale, group), nn.Sequential(*layers))

    def forward(self, planes: Tensor) -> list[list[Tensor]]:
        """Features of every group of layers, for each size; the last of each are its scores, high for real.

        Args:
            planes: maps and pictures, `(B, inputs, H, W)`.

        Returns:
            The full size first. The net of the full size is the one with the highest number in its name.
        """
        judged = []
        for scale in reversed(range(self.n_scales)):
            features = [planes]
            for group in range(self.n_groups):
                features.append(self.get_submodule(_name(scale, group))(features[-1]))
            judged.append(features[1:])
            planes = _halved(planes)
        return judged


def _halved(planes: Tensor) -> Tensor:
    return F.avg_pool2d(planes, 3, stride=2, padding=1, count_include_pad=False)


def _name(scale: int, group: int) -> str:
    return f"scale{scale}_layer{group}"


def from_published(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A published state, of any of the three nets, as ours name it."""
    return without_statistics(state)
