"""The generator of the First Order Motion Model: moves a picture by keypoints.

Siarohin, Lathuilière, Tulyakov, Ricci, Sebe: First Order Motion Model for Image Animation, NeurIPS 2019
(arXiv 2003.00196). Pictures are RGB in [0, 1], points (x, y) in [-1, 1]. Leaf names are those of the published
checkpoints. Convolutions run in whatever type the weights or autocast say; positions, softmax and flows always in
float32, because bfloat16 has three digits and a lip moves by less.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from prosopon.models.grid import gaussian_maps, resize_flow, warp
from prosopon.models.motion.config import GeneratorConfig, ModelConfig
from prosopon.models.motion.dense import DenseMotion, Motion
from prosopon.models.motion.keypoints import KeypointDetector, Keypoints
from prosopon.models.motion.picture import ImageGenerator, features_at


@dataclass
class Generated:
    """What the generator made.

    Attributes:
        prediction: `(B, 3, H, W)` in [0, 1]; of the size of the source for the blend head.
        motion: the flow and its parts.
        deformed: `(B, 3, H, W)` the source picture moved by the flow alone, where it was asked for.
        blend: `(B, 1, H, W)` share of the warped source in the prediction (blend head only).
        painted: `(B, 3, H, W)` what the decoder painted (blend head only).
    """

    prediction: Tensor
    motion: Motion
    deformed: Tensor | None = None
    blend: Tensor | None = None
    painted: Tensor | None = None

    @property
    def mask(self) -> Tensor:
        """`(B, K+1, h, w)`: see `Motion`."""
        return self.motion.mask

    @property
    def occlusion_map(self) -> Tensor | None:
        """`(B, 1, h, w)` or None: see `Motion`."""
        return self.motion.occlusion_map

    @property
    def deformation(self) -> Tensor:
        """`(B, h, w, 2)`: see `Motion`."""
        return self.motion.deformation

    @property
    def sparse_deformed(self) -> Tensor:
        """`(B, K+1, 3, h, w)`: see `Motion`."""
        return self.motion.sparse_deformed


_GAP_UNIT = 0.1
"""About how far apart the lids of an open eye are, so that the maps are of the size of the bumps."""


def gap_maps(
    points: Tensor, pairs: Sequence[tuple[int, int]], height: int, width: int, variance: float
) -> Tensor:  # fmt: skip
    """For each pair of points a bump between them, as high as they are far apart: 1 at a distance of 0.1.

    Args:
        points: `(B, K, 2)` in [-1, 1].
        pairs: indices of points.
        height, width: size of the maps in pixels.
        variance: of the bumps, in squared grid units.

    Returns:
        `(B, len(pairs), h, w)`.
    """
    first, second = (points[:, list(indices)] for indices in zip(*pairs, strict=True))
    far = (first - second).norm(dim=-1) / _GAP_UNIT
    maps: Tensor = far[..., None, None] * gaussian_maps((first + second) / 2, height, width, variance)
    return maps


class Generator(ImageGenerator):
    """Makes the source picture move like the driving frame (paper, section 3.2).

    Nothing after the warp sees the driving picture, so `encode` is done once a video.
    """

    def __init__(
        self,
        config: GeneratorConfig,
        num_kp: int,
        num_channels: int,
        *,
        align_corners: bool,
    ) -> None:
        super().__init__(config, num_channels)
        self.align_corners = align_corners
        self.dense_motion_network = DenseMotion(
            config.dense_motion, num_kp, num_channels, config.estimate_occlusion_map, align_corners=align_corners
        )

        self.guide_variance = config.guide_variance
        # One for the bottleneck and for each level below the last, whose output goes straight into the picture.
        guided = range(config.num_down_blocks, 0, -1) if config.guide_variance is not None else ()
        self.guide_gaps = config.guide_gaps
        maps = num_kp + len(config.guide_gaps)
        self.guides = nn.ModuleList(nn.Conv2d(maps, features_at(config, level), 3, padding=1) for level in guided)
        for guide in self.guides:
            nn.init.zeros_(guide.weight)  # type: ignore[arg-type]
            nn.init.zeros_(guide.bias)  # type: ignore[arg-type]

    def _drawn(self, level: int, kp_driving: Keypoints, height: int, width: int) -> Tensor:
        """The driving keypoints as maps, as the decoder's `level`-th size is shown them."""
        assert self.guide_variance is not None  # noqa: S101 - there are guides
        points, variance = kp_driving.value, self.guide_variance
        maps = gaussian_maps(points, height << level, width << level, variance)
        if self.guide_gaps:
            gaps = gap_maps(points, self.guide_gaps, height << level, width << level, 2 * variance)
            maps = torch.cat((maps, gaps), dim=1)
        return maps

    def decode(
        self,
        features: Tensor,
        motion: Motion,
        source: Tensor,
        kp_driving: Keypoints,
        *,
        want_deformed: bool = False,
    ) -> Generated:
        """Features of the source and a motion -> the picture.

        Args:
            features: `(B, C, h, w)` from `encode`; float32 ones are warped without a conversion.
            motion: from the dense motion network.
            source: `(B, 3, H, W)` picture that is warped: for the blend head any size, which the result then has.
            kp_driving: where the keypoints shall be; only a guided decoder looks at them.
            want_deformed: also give the warped source of the paint head (for looking at, costs a little).
        """
        size = features.shape[-2:]
        flow = resize_flow(motion.deformation, *size, align_corners=False)
        moved = warp(features, flow, align_corners=self.align_corners)
        if motion.occlusion_map is not None:
            occlusion = motion.occlusion_map
            if occlusion.shape[-2:] != size:
                occlusion = F.interpolate(occlusion, size=size, mode="bilinear")
            moved = moved * occlusion.to(moved.dtype)
        drawn = [self._drawn(level, kp_driving, *size) for level in range(len(self.guides))]
        painted, *blend = (torch.sigmoid(logits.float()) for logits in self.paint(moved, *drawn))
        if blend:
            return self._blended(painted, blend[0], motion, source)
        deformed = None
        if want_deformed:
            full = resize_flow(motion.deformation, *source.shape[-2:], align_corners=False)
            deformed = warp(source, full, align_corners=self.align_corners)
        return Generated(painted, motion, deformed)

    def _blended(self, painted: Tensor, blend: Tensor, motion: Motion, source: Tensor) -> Generated:
        """m * warped source + (1 - m) * painted, at the resolution of `source`."""
        height, width = source.shape[-2:]
        # The flow is a map of the lattice, so a lattice-true resize keeps an untouched picture untouched.
        flow = resize_flow(motion.deformation, height, width, align_corners=True)
        deformed = warp(source.float(), flow, align_corners=self.align_corners, padding="border")
        if painted.shape[-2:] != (height, width):
            painted = F.interpolate(painted, size=(height, width), mode="bicubic").clamp(0, 1)
            blend = F.interpolate(blend, size=(height, width), mode="bilinear")
        return Generated(blend * deformed + (1 - blend) * painted, motion, deformed, blend, painted)

    def forward(
        self, source: Tensor, kp_source: Keypoints, kp_driving: Keypoints, *, want_deformed: bool = False
    ) -> Generated:
        """The plain path: encodes the source `(B, 3, H, W)` every time."""
        small = self.dense_motion_network.down(source)
        motion = self.dense_motion_network(small, kp_source, kp_driving)
        return self.decode(self.encode(source), motion, source, kp_driving, want_deformed=want_deformed)


def build_nets(config: ModelConfig, *, align_corners: bool) -> tuple[KeypointDetector, Generator]:
    """The two nets that animation needs, with random weights."""
    detector = KeypointDetector(config.kp_detector, config.num_kp, config.num_channels, config.estimate_jacobian)
    generator = Generator(config.generator, config.num_kp, config.num_channels, align_corners=align_corners)
    return detector, generator
