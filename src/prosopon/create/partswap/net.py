"""The nets of co-part segmentation: segmentation module and reconstruction module.

Siarohin, Roy, Lathuilière, Tulyakov, Ricci, Sebe: Motion-supervised Co-Part Segmentation, ICPR 2020 (arXiv 2004.03234).
Pictures are RGB in [0, 1], points (x, y) in [-1, 1]. Leaf names are those of the published checkpoints.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from prosopon.create.partswap.config import ModelConfig, ReconstructionConfig, SegmentationConfig
from prosopon.models.antialias import AntiAliasDownsample
from prosopon.models.blocks import Hourglass
from prosopon.models.grid import coordinate_grid, resize_flow, warp
from prosopon.models.motion.dense import sparse_motions
from prosopon.models.motion.keypoints import Keypoints
from prosopon.models.motion.picture import ImageGenerator


@dataclass
class Segments:
    """Parts of a batch of pictures.

    Attributes:
        segmentation: `(B, K+1, h, w)` softmax: how far each pixel belongs to each part; channel 0 is the background.
        shift: `(B, K, 2)` where each part is, (x, y) in [-1, 1].
        affine: `(B, K, 2, 2)` how each part is turned and stretched, or None for parts that are only shifted.
    """

    segmentation: Tensor
    shift: Tensor
    affine: Tensor | None = None

    @property
    def keypoints(self) -> Keypoints:
        """Shift and affine as the motion models call them."""
        return Keypoints(self.shift, self.affine)

    @property
    def foreground(self) -> Tensor:
        """`(B, 1, h, w)`: how far each pixel belongs to any part."""
        return self.segmentation[:, 1:].sum(1, keepdim=True)

    def of(self, parts: Sequence[int]) -> Tensor:
        """`(B, 1, h, w)`: how far each pixel belongs to any of some parts; 0 is the background."""
        return self.segmentation[:, list(parts)].sum(1, keepdim=True)

    def expand(self, batch: int) -> Segments:
        """A single row, repeated for a batch without copying."""
        if len(self.shift) == batch:
            return self
        points = self.keypoints.expand(batch)
        return Segments(self.segmentation.expand(batch, -1, -1, -1), points.value, points.jacobian)


class SegmentationModule(nn.Module):
    """Finds the parts of a picture and where each is, without labels (paper, section III-A)."""

    def __init__(
        self, config: SegmentationConfig, num_segments: int, num_channels: int, estimate_affine_part: bool
    ) -> None:
        super().__init__()
        self.temperature = config.temperature
        self.down = AntiAliasDownsample(num_channels, config.scale_factor)
        self.predictor = Hourglass(config.block_expansion, num_channels, config.num_blocks, config.max_features)
        features = self.predictor.out_channels
        self.shift = nn.Conv2d(features, num_segments, 7, padding=3)
        self.affine: nn.Conv2d | None = None
        if estimate_affine_part:
            self.affine = nn.Conv2d(features, 4 * num_segments, 7, padding=3)
            nn.init.zeros_(self.affine.weight)
            with torch.no_grad():
                assert self.affine.bias is not None  # noqa: S101 - made with a bias above
                self.affine.bias.copy_(torch.tensor([1.0, 0, 0, 1]).repeat(num_segments))
        self.segmentation = nn.Conv2d(features, num_segments + 1, 7, padding=3)

    def maps(self, small: Tensor) -> tuple[Tensor, ...]:
        """The convolutions alone: the shrunk picture -> logits of segments and shifts and, where estimated, affines."""
        features = self.predictor(small.to(self.shift.weight.dtype))
        found = (self.segmentation(features), self.shift(features))
        return found if self.affine is None else (*found, self.affine(features))

    def forward(self, image: Tensor) -> Segments:
        """`(B, 3, H, W)` -> its parts."""
        logits, places, *affines = (maps.float() for maps in self.maps(self.down(image)))
        batch, count, height, width = places.shape
        heatmap = F.softmax(places.flatten(2) / self.temperature, dim=2)
        grid = coordinate_grid(height, width, device=places.device)
        # Expectation of the position, one axis at a time.
        rows = heatmap.view_as(places)
        shift = torch.stack(((rows.sum(2) * grid[0, :, 0]).sum(-1), (rows.sum(3) * grid[:, 0, 1]).sum(-1)), -1)
        affine = None
        if affines:
            maps = affines[0].reshape(batch, count, 4, height * width)
            affine = (maps * heatmap[:, :, None, :]).sum(-1).view(batch, count, 2, 2)
        return Segments(F.softmax(logits, dim=1), shift, affine)


def part_flow(source: Segments, target: Segments, camera: Tensor | None = None) -> Tensor:
    """Each part moves by its own affine motion, the background stands still (paper, equation 4).

    Args:
        source, target: the parts of both.
        camera: `(B, 2, 3)` how the background moves instead, from target to source, where that is known: in training
            on pairs that were moved apart.

    Returns:
        `(B, h, w, 2)`: for each pixel of the target, where the source shows the same.
    """
    height, width = target.segmentation.shape[-2:]
    motions = sparse_motions(source.keypoints, target.keypoints, height, width)
    if camera is not None:
        grid = coordinate_grid(height, width, device=motions.device)
        behind = torch.einsum("bij,hwj->bhwi", camera[:, :, :2], grid) + camera[:, None, None, :, 2]
        motions = torch.cat((behind[:, None], motions[:, 1:]), dim=1)
    flow: Tensor = (target.segmentation[..., None] * motions).sum(1)
    return flow


def visibility(source: Segments, target: Segments) -> Tensor:
    """`(B, 1, h, w)`: 0 where the source shows a part and the target its background (paper, section III-B)."""
    return 1 - source.foreground * (1 - target.foreground.detach())


@dataclass
class Moved:
    """A source's features, moved to where the target is.

    Attributes:
        features: `(B, C, h, w)`, without what is hidden.
        flow: `(B, h', w', 2)`, see `part_flow`.
        visible: `(B, 1, h', w')`, 1 where the source shows what is needed; None where that is not estimated.
    """

    features: Tensor
    flow: Tensor
    visible: Tensor | None


class ReconstructionModule(ImageGenerator):
    """Makes the target out of the source's features, moved part by part (paper, section III-B)."""

    def __init__(self, config: ReconstructionConfig, num_channels: int, *, align_corners: bool) -> None:
        super().__init__(config, num_channels)
        self.align_corners = align_corners
        self.estimate_visibility = config.estimate_visibility

    def move(self, features: Tensor, flow: Tensor, visible: Tensor | None) -> Moved:
        """Features `(B, C, h, w)` of the source, moved by a flow, without what is hidden."""
        size = features.shape[-2:]
        moved = warp(features, resize_flow(flow, *size, align_corners=False), align_corners=self.align_corners)
        if visible is not None:
            moved = moved * resized(visible, size).to(moved.dtype)
        return Moved(moved, flow, visible)

    def picture(self, features: Tensor, shown: Tensor) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """Features `(B, C, h, w)` -> the picture, what was painted and the share of `shown` in it (blend head).

        Args:
            features: of whatever shall be seen.
            shown: `(B, 3, H, W)` the same as pixels, which the blend head takes over where they are right. Of any
                size, which the result then has.
        """
        painted, *blend = (torch.sigmoid(logits.float()) for logits in self.paint(features))
        if not blend:
            return painted, None, None
        (share,) = blend
        large, wide = painted, share
        if painted.shape[-2:] != shown.shape[-2:]:
            size = shown.shape[-2:]
            large = F.interpolate(painted, size=size, mode="bicubic").clamp(0, 1)
            wide = F.interpolate(share, size=size, mode="bilinear")
        return wide * shown + (1 - wide) * large, painted, share


def resized(maps: Tensor, size: torch.Size | tuple[int, int]) -> Tensor:
    """Maps `(B, C, h, w)` at another size, bilinearly; the very same ones where they have it."""
    return maps if maps.shape[-2:] == tuple(size) else F.interpolate(maps, size=tuple(size), mode="bilinear")


def deformed(source: Tensor, flow: Tensor, *, align_corners: bool, blend: bool) -> Tensor:
    """The source's pixels `(B, 3, H, W)` moved by a flow.

    Args:
        source: picture, of any size.
        flow: `(B, h, w, 2)`.
        align_corners: how grids are read.
        blend: for the blend head, whose flow is a map of the lattice and which needs pixels beyond the edges too.
    """
    full = resize_flow(flow, *source.shape[-2:], align_corners=blend)
    return warp(source.float(), full, align_corners=align_corners, padding="border" if blend else "zeros")


def build_nets(config: ModelConfig, *, align_corners: bool) -> tuple[SegmentationModule, ReconstructionModule]:
    """The two nets with random weights."""
    segmentation = SegmentationModule(
        config.segmentation, config.num_segments, config.num_channels, config.estimate_affine_part
    )
    return segmentation, ReconstructionModule(config.reconstruction, config.num_channels, align_corners=align_corners)
