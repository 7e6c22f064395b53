"""One change for all photos (CMUA-Watermark, arXiv 2105.10872): a picture that is added, whoever is in the photo."""

from __future__ import annotations

import torch
from torch import Generator, Tensor, nn

SIDE_PX = 256


class UniversalChange(nn.Module):
    """The change, as shares of the largest allowed.

    Args:
        side_px: of the crop that it is for.
        generator: of the noise that it starts from: at no change at all there is no gradient.
    """

    def __init__(self, side_px: int = SIDE_PX, generator: Generator | None = None) -> None:
        super().__init__()
        noise = torch.rand((3, side_px, side_px), generator=generator)
        self.change = nn.Parameter(noise * 2 - 1)

    def forward(self, images: Tensor) -> Tensor:
        """Crops `(B, 3, side, side)` -> `(B, 3, side, side)` in [-1, 1], the same for all."""
        return self.change.clamp(-1, 1).expand(len(images), -1, -1, -1)
