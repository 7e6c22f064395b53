"""A discriminator of patches that is a U-Net: it judges a picture coarsely and pixel by pixel.

The idea is DeepFaceLab's (and Schönfeld et al., arXiv 2002.12655): an encoder gives one verdict for each patch, and a
decoder that sees the encoder's maps again gives one for each pixel, so that what makes faces learns both that a patch
is wrong and where. What a verdict can see follows from the strides alone, for there are no residual blocks: it is
worked out exactly by `receptive_fields`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, product
from math import prod
from operator import mul
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import spectral_norm

from prosopon.core.errors import UsageError


@dataclass(frozen=True)
class PatchUnetConfig:
    """Size of the discriminator."""

    patch_size: int = 16
    """Pixels along a side that a coarse verdict sees; the nearest that there is, an odd number, is taken. DeepFaceLab's
    default is an eighth of the resolution."""
    width: int = 16
    """Channels at full resolution; twice as many after each halving."""
    max_width: int = 128
    """Most channels anywhere."""
    spectral_norm: bool = False
    """Keep every convolution from stretching its input (Miyato et al., arXiv 1802.05957): slower, steadier."""
    num_channels: int = 3
    """Of the pictures."""


class Verdicts(NamedTuple):
    """What the discriminator thinks of a batch, as logits: above 0 for real."""

    coarse: Tensor
    """`(B, 1, h, w)`, one for each patch."""
    fine: Tensor
    """`(B, 1, H, W)`, one for each pixel."""


class ReceptiveFields(NamedTuple):
    """Pixels along a side of the picture that one verdict depends on."""

    coarse: int
    fine: int
    """The largest: by where a pixel lies among the coarse ones, its field may be smaller."""


class PatchUnet(nn.Module):
    """The discriminator; `strides` and `fields` say what it became."""

    def __init__(self, config: PatchUnetConfig) -> None:
        super().__init__()
        self.strides = choose_strides(config.patch_size)
        self.fields = receptive_fields(self.strides)
        cells = accumulate(self.strides, mul, initial=1)
        widths = [min(config.max_width, config.width * cell) for cell in cells]

        def conv(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Module:
            layer = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2)
            return spectral_norm(layer) if config.spectral_norm else layer

        steps = list(zip(widths, widths[1:], self.strides, strict=False))
        self.stem = conv(config.num_channels, widths[0], 1)
        self.downs = nn.ModuleList(conv(fine, coarse, 3, stride) for fine, coarse, stride in steps)
        self.coarse = conv(widths[-1], 1, 1)
        self.centre = conv(widths[-1], widths[-1], 1)
        self.ups = nn.ModuleList(conv(fine + coarse, fine, 3) for fine, coarse, _ in reversed(steps))
        self.fine = conv(widths[0], 1, 1)

    def forward(self, picture: Tensor) -> Verdicts:
        """`(B, C, H, W)` in [0, 1], where only the face is to be judged with everything else 0 -> verdicts."""
        out = _bent(self.stem(picture * 2 - 1))
        skipped = []
        for down in self.downs:
            skipped.append(out)
            out = _bent(down(out))
        coarse = self.coarse(out)
        out = _bent(self.centre(out))
        for up, stride in zip(self.ups, reversed(self.strides), strict=True):
            beside = skipped.pop()
            if stride > 1:
                height, width = beside.shape[2:]
                out = F.interpolate(out, scale_factor=float(stride), mode="nearest")[..., :height, :width]
            out = _bent(up(torch.cat((beside, out), 1)))
        return Verdicts(coarse, self.fine(out))


def discriminator_loss(real: Verdicts, fake: Verdicts) -> Tensor:
    """Binary cross-entropy of both maps, averaged over real and fake: what the discriminator lowers. A scalar."""
    return _cross_entropy(real, -1) / 2 + _cross_entropy(fake, 1) / 2


def generator_loss(fake: Verdicts) -> Tensor:
    """Binary cross-entropy of both maps if what was made were real: what the maker of pictures lowers. A scalar."""
    return _cross_entropy(fake, -1)


def choose_strides(patch_size: int) -> tuple[int, ...]:
    """Strides of 3 x 3 convolutions, one after the other, of which an output sees as nearly `patch_size` as can be.

    The first and the last halve, which makes the maps between them cheap. Of equally near plans the one with the
    fewest convolutions is taken, then the one that halves most.

    Raises:
        UsageError: `patch_size` is below 3 or above 512.
    """
    if not 3 <= patch_size <= 512:
        raise UsageError(f"a patch of {patch_size} pixels", "give 3 to 512")
    plans = [(2,)] + [(2, *between, 2) for count in range(7) for between in product((2, 1), repeat=count)]
    return min(plans, key=lambda plan: (abs(_coarse_field(plan) - patch_size), len(plan), -sum(plan)))


def receptive_fields(strides: Sequence[int]) -> ReceptiveFields:
    """What the verdicts of a U-Net of 3 x 3 convolutions with these strides depend on, away from the border."""
    fine = max(_span(_seen_by_pixel(pixel, strides)) for pixel in range(prod(strides)))
    return ReceptiveFields(_coarse_field(strides), fine)


def _coarse_field(strides: Sequence[int]) -> int:
    return _span(_down_to_pixels((0, 0), strides))


def _span(interval: tuple[int, int]) -> int:
    return interval[1] - interval[0] + 1


def _down_to_pixels(interval: tuple[int, int], strides: Sequence[int]) -> tuple[int, int]:
    """Pixels that places `interval` of the encoder's map after `strides` see."""
    first, last = interval
    for stride in reversed(strides):
        first, last = first * stride - 1, last * stride + 1
    return first, last


def _seen_by_pixel(pixel: int, strides: Sequence[int]) -> tuple[int, int]:
    """Pixels that the fine verdict of one sees: through the decoder down each level, and from there up the encoder."""
    first, last = pixel, pixel
    seen = []
    for level, stride in enumerate(strides):
        first, last = first - 1, last + 1
        seen.append(_down_to_pixels((first, last), strides[:level]))
        first, last = first // stride, last // stride
    seen.append(_down_to_pixels((first, last), strides))
    return min(start for start, _ in seen), max(end for _, end in seen)


def _bent(features: Tensor) -> Tensor:
    return F.leaky_relu(features, 0.2)


def _cross_entropy(verdicts: Verdicts, sign: int) -> Tensor:
    """Of logits that should be far below 0 (`sign` 1) or far above (-1); means of the maps, added."""
    return torch.stack([F.softplus(sign * logits.float()).mean() for logits in verdicts]).sum()
