"""GANimation: a face with other expressions, by the strength of its action units (Pumarola et al. 2018).

Keys are those of the published checkpoints.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from prosopon.models.checkpoint import with_counts
from prosopon.models.stargan import discriminator
from prosopon.models.stargan.trunk import trunk, with_labels

_ALIASES = "debug"
"""Published states hold parts of the trunk again under names that begin so."""


class Edit(NamedTuple):
    """What the generator draws, and where.

    Attributes:
        attention: `(B, 1, H, W)` in [0, 1], the share of the input that stays.
        colours: `(B, 3, H, W)` in [-1, 1], what comes instead of the rest.
    """

    attention: Tensor
    colours: Tensor

    def onto(self, images: Tensor) -> Tensor:
        """The edited pictures, `(B, 3, H, W)`."""
        return torch.lerp(self.colours, images, self.attention)


class Generator(nn.Module):
    """Edits expressions.

    In train mode it uses each picture's own statistics, in eval mode the running ones, as its instance norms do.

    Args:
        n_units: action units that it knows.
        width: channels at full size.
        n_blocks: residual blocks.
    """

    def __init__(self, n_units: int = 17, width: int = 64, n_blocks: int = 6) -> None:
        super().__init__()
        self.main = nn.Sequential(*trunk(3 + n_units, width, n_blocks))
        self.im_reg = nn.Sequential(_head(width, 3), nn.Tanh())
        self.im_att = nn.Sequential(_head(width, 1), nn.Sigmoid())

    def forward(self, images: Tensor, units: Tensor) -> Tensor:
        """Edited pictures.

        Args:
            images: `(B, 3, H, W)` in [-1, 1]; sides are multiples of 4; published weights know 128 x 128.
            units: `(B, n_units)` in [0, 1], or `(1, n_units)` for all: intensities as of OpenFace, divided by 5.

        Returns:
            `(B, 3, H, W)` in [-1, 1].
        """
        return self.edit(images, units).onto(images)

    def edit(self, images: Tensor, units: Tensor) -> Edit:
        """What is drawn, and where, before it is laid onto the pictures; arguments as of `forward`."""
        features = self.main(with_labels(images, units))
        return Edit(attention=self.im_att(features), colours=self.im_reg(features))

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False) -> Any:
        """As of any module; takes published files as they are."""
        return super().load_state_dict(from_published(state_dict, self), strict=strict, assign=assign)


class Discriminator(discriminator.Discriminator):
    """How real each patch of a face looks, and how strong its action units are; that of StarGAN at 128 pixels."""

    def __init__(self, size_px: int = 128, n_units: int = 17, width: int = 64, n_layers: int = 6) -> None:
        super().__init__(size_px, n_units, width, n_layers)


def _head(width: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(width, outputs, 7, padding=3, bias=False)


def from_published(state: Mapping[str, Tensor], net: nn.Module) -> dict[str, Tensor]:
    """A published state as `net` names it: without what is there twice, with counts of batches."""
    return with_counts({key: value for key, value in state.items() if not key.startswith(_ALIASES)}, net)
