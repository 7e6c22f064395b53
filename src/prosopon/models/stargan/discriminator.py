"""The discriminator of StarGAN: how real each patch of a face looks, and which attributes the face has.

Keys are those of the published checkpoints.
"""

from __future__ import annotations

import itertools

from torch import Tensor, nn

_SLOPE = 0.01


class Discriminator(nn.Module):
    """Judges faces of one size (Choi et al. 2018, table 5).

    Args:
        size_px: side of the pictures; a multiple of 2^n_layers.
        n_labels: attributes.
        width: channels of the first layer; each further one has twice as many.
        n_layers: convolutions, each of which halves the size.
    """

    def __init__(self, size_px: int = 256, n_labels: int = 5, width: int = 64, n_layers: int = 6) -> None:
        super().__init__()
        widths = [3, *(width << layer for layer in range(n_layers))]
        layers: list[nn.Module] = []
        for inputs, outputs in itertools.pairwise(widths):
            layers += [nn.Conv2d(inputs, outputs, 4, stride=2, padding=1), nn.LeakyReLU(_SLOPE)]
        self.main = nn.Sequential(*layers)
        self.conv1 = nn.Conv2d(widths[-1], 1, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(widths[-1], n_labels, size_px >> n_layers, bias=False)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Scores `(B, 1, size / 2^n_layers, ...)`, unbounded, high for real; and logits of the labels `(B, n_labels)`.

        Args:
            images: `(B, 3, size_px, size_px)` in [-1, 1].
        """
        features = self.main(images)
        return self.conv1(features), self.conv2(features).flatten(1)
