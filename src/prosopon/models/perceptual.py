"""Feature extractors for perceptual losses: how alike two pictures look rather than how alike their pixels are.

`Vgg19Features` needs weights that a user imports (ImageNet-trained, not ours to ship); `face_features.FaceFeatures` is
a net of our own. `RandomFeatures` needs no weights:
random convolutions keep enough of edges and texture for their L1 distance to punish blur (compare Ustyuzhaninov et
al. 2016, texture synthesis with shallow random nets).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from prosopon.models.antialias import AntiAliasDownsample
from prosopon.models.checkpoint import load_strict

# Configuration E of Simonyan & Zisserman 2015; "M" is a 2x2 max pool. Up to relu5_1, the last layer that is read.
_VGG19 = (64, 64, "M", 128, 128, "M", 256, 256, 256, 256, "M", 512, 512, 512, 512, "M", 512)
_TAPS = (1, 6, 11, 20, 29)


class Vgg19Features(nn.Module):
    """VGG19 after relu1_1, 2_1, 3_1, 4_1 and 5_1 of the ImageNet-normalised picture (Johnson et al. 2016)."""

    mean: Tensor
    std: Tensor

    def __init__(self, state: Mapping[str, Tensor]) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 3
        for width in _VGG19:
            if isinstance(width, str):
                layers.append(nn.MaxPool2d(2))
            else:
                layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
                channels = width
        self.features = nn.Sequential(*layers)
        wanted = self.features.state_dict()
        given = {key.removeprefix("features."): value for key, value in state.items()}
        load_strict(self.features, {key: given[key] for key in wanted if key in given}, "VGG19 weights")
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1), persistent=False)
        self.requires_grad_(False)

    def forward(self, image: Tensor) -> list[Tensor]:
        """`(B, 3, H, W)` in [0, 1] -> five maps."""
        out = (image - self.mean) / self.std
        maps = []
        for index, layer in enumerate(self.features):
            out = layer(out)
            if index in _TAPS:
                maps.append(out)
        return maps


class RandomFeatures(nn.Module):
    """Three fixed random convolutions; the same for ever by their seed."""

    def __init__(self, width: int = 24, seed: int = 2020) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        sizes = [(3, width, 5), (width, 2 * width, 3), (2 * width, 2 * width, 3)]
        self.layers = nn.ModuleList(nn.Conv2d(i, o, k, padding=k // 2, bias=False) for i, o, k in sizes)
        with torch.no_grad():
            for (inputs, outputs, kernel), layer in zip(sizes, self.layers, strict=True):
                weight = torch.randn(outputs, inputs, kernel, kernel, generator=generator)
                # Zero mean over positions: a filter that sees edges and not brightness.
                weight -= weight.mean((2, 3), keepdim=True) * 0.9
                layer.weight.copy_(weight / (inputs * kernel * kernel) ** 0.5 * 2)  # type: ignore[operator]
        self.requires_grad_(False)

    def forward(self, image: Tensor) -> list[Tensor]:
        """`(B, 3, H, W)` in [0, 1] -> three maps, each half the size of the one before."""
        maps = []
        out = image * 2 - 1
        for index, layer in enumerate(self.layers):
            if index:
                out = F.avg_pool2d(out, 2)
            out = F.relu(layer(out))
            maps.append(out)
        return maps


class PerceptualPyramid(nn.Module):
    """L1 distance of features, summed over an image pyramid (arXiv 2003.00196, section 3.4).

    Args:
        features: picture -> maps.
        weights: of the maps.
        scales: of the pictures in the pyramid.
        relative: divide each map's distance by the mean size of the target's, for extractors whose maps are not of
            one size.
        num_channels: of the pictures.
    """

    def __init__(
        self,
        features: nn.Module,
        weights: Sequence[float],
        scales: Sequence[float],
        *,
        relative: bool = False,
        num_channels: int = 3,
    ) -> None:
        super().__init__()
        self.features = features
        self.relative = relative
        self.weights = tuple(weights)
        self.downs = nn.ModuleList(AntiAliasDownsample(num_channels, scale) for scale in scales)

    def forward(self, prediction: Tensor, target: Tensor, emphasis: Tensor | None = None) -> Tensor:
        """Scalar distance of two batches `(B, 3, H, W)`; no gradient flows into `target`.

        Args:
            prediction: what was made.
            target: what it should look like.
            emphasis: `(B, 1, H, W)` how much each place counts, 1 on average; everywhere alike where not given.
        """
        total = prediction.new_zeros(())
        for down in self.downs:
            made = self.features(down(prediction))
            with torch.no_grad():
                wanted = self.features(down(target))
            for weight, ours, theirs in zip(self.weights, made, wanted, strict=False):
                distance = (ours - theirs).abs()
                if self.relative:
                    distance = distance / theirs.abs().mean().clamp_min(1e-3)
                if emphasis is not None:
                    distance = distance * F.interpolate(emphasis, size=distance.shape[-2:], mode="area")
                total = total + weight * distance.mean()
        return total
