"""The nets of the First Order Motion Model: keypoint detector, dense motion, generator.

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

from prosopon.create.fomm.config import DenseMotionConfig, GeneratorConfig, KeypointConfig, ModelConfig
from prosopon.models.antialias import AntiAliasDownsample
from prosopon.models.blocks import DownBlock, Hourglass, ResidualBlock, SameBlock, UpBlock
from prosopon.models.grid import coordinate_grid, gaussian_maps, inverse_2x2, resize_flow, warp


@dataclass
class Keypoints:
    """Keypoints of a batch of pictures.

    Attributes:
        value: `(B, K, 2)` positions in [-1, 1].
        jacobian: `(B, K, 2, 2)` local affine motion around each, or None for a model without.
        heatmap: `(B, K, h, w)` softmax over positions, where the detector kept it.
        logits: `(B, K, h, w)` before the softmax, where the detector kept it.
    """

    value: Tensor
    jacobian: Tensor | None = None
    heatmap: Tensor | None = None
    logits: Tensor | None = None

    def __getitem__(self, rows: slice) -> Keypoints:
        """Some rows of the batch."""
        return Keypoints(self.value[rows], None if self.jacobian is None else self.jacobian[rows])

    def expand(self, batch: int) -> Keypoints:
        """A single row, repeated for a batch without copying."""
        if len(self.value) == batch:
            return self
        jacobian = None if self.jacobian is None else self.jacobian.expand(batch, -1, -1, -1)
        return Keypoints(self.value.expand(batch, -1, -1), jacobian)

    def detach(self) -> Keypoints:
        """The same points, cut from the graph."""
        return Keypoints(self.value.detach(), None if self.jacobian is None else self.jacobian.detach())


@dataclass
class Motion:
    """How the source moves to become the driving frame.

    Attributes:
        deformation: `(B, h, w, 2)` for each pixel of the result, where to read in the source.
        mask: `(B, K+1, h, w)` which keypoint's motion holds where; channel 0 is the background.
        occlusion_map: `(B, 1, h, w)` 1 where the source shows what is needed, 0 where it must be made up; or None.
        sparse_deformed: `(B, K+1, 3, h, w)` the source moved by each keypoint alone.
    """

    deformation: Tensor
    mask: Tensor
    occlusion_map: Tensor | None
    sparse_deformed: Tensor


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


class KeypointDetector(nn.Module):
    """Finds keypoints and the local affine motion around each, without labels (paper, section 3.1)."""

    def __init__(self, config: KeypointConfig, num_kp: int, num_channels: int, estimate_jacobian: bool) -> None:
        super().__init__()
        self.temperature = config.temperature
        self.down = AntiAliasDownsample(num_channels, config.scale_factor)
        self.predictor = Hourglass(config.block_expansion, num_channels, config.num_blocks, config.max_features)
        self.kp = nn.Conv2d(self.predictor.out_channels, num_kp, 7, padding=config.pad)
        self.jacobian: nn.Conv2d | None = None
        if estimate_jacobian:
            maps = 1 if config.single_jacobian_map else num_kp
            self.jacobian = nn.Conv2d(self.predictor.out_channels, 4 * maps, 7, padding=config.pad)
            nn.init.zeros_(self.jacobian.weight)
            with torch.no_grad():
                assert self.jacobian.bias is not None  # noqa: S101 - made with a bias above
                self.jacobian.bias.copy_(torch.tensor([1.0, 0, 0, 1]).repeat(maps))

    def maps(self, small: Tensor) -> tuple[Tensor, ...]:
        """The convolutions alone: the shrunk picture -> logits of the positions and, where there are any, jacobians."""
        features = self.predictor(small.to(self.kp.weight.dtype))
        return (self.kp(features),) if self.jacobian is None else (self.kp(features), self.jacobian(features))

    def forward(self, image: Tensor) -> Keypoints:
        """`(B, 3, H, W)` -> the keypoints with their heat maps."""
        logits, *jacobians = (maps.float() for maps in self.maps(self.down(image)))
        batch, num_kp, height, width = logits.shape
        heatmap = F.softmax(logits.flatten(2) / self.temperature, dim=2).view_as(logits)
        grid = coordinate_grid(height, width, device=logits.device)
        # Expectation of the position, one axis at a time.
        x = (heatmap.sum(2) * grid[0, :, 0]).sum(-1)
        y = (heatmap.sum(3) * grid[:, 0, 1]).sum(-1)
        jacobian = None
        if jacobians:
            maps = jacobians[0].reshape(batch, -1, 4, height * width)
            weights = heatmap.flatten(2)[:, :, None, :]
            jacobian = (maps * weights).sum(-1).view(batch, num_kp, 2, 2)
        return Keypoints(torch.stack((x, y), -1), jacobian, heatmap, logits)


def sparse_motions(kp_source: Keypoints, kp_driving: Keypoints, height: int, width: int) -> Tensor:
    """Each keypoint's own motion: T_k(z) = p_s + J_s J_d^-1 (z - p_d); the background's, the identity, first.

    Paper, equation 4. Returns `(B, K+1, h, w, 2)`.
    """
    grid = coordinate_grid(height, width, device=kp_driving.value.device)
    offset = grid[None, None] - kp_driving.value[:, :, None, None, :]
    if kp_driving.jacobian is not None and kp_source.jacobian is not None:
        local = kp_source.jacobian @ inverse_2x2(kp_driving.jacobian)
        # Written out: a batched 2x2 product over a whole map is several times slower as a matmul.
        x, y = offset[..., 0], offset[..., 1]
        a = local[:, :, None, None]
        offset = torch.stack((a[..., 0, 0] * x + a[..., 0, 1] * y, a[..., 1, 0] * x + a[..., 1, 1] * y), dim=-1)
    moved = offset + kp_source.value[:, :, None, None, :]
    identity = grid[None, None].expand(len(moved), 1, -1, -1, -1)
    return torch.cat((identity, moved), dim=1)


class DenseMotion(nn.Module):
    """Joins the motions of the keypoints into one flow and says what is hidden (paper, section 3.2)."""

    def __init__(
        self,
        config: DenseMotionConfig,
        num_kp: int,
        num_channels: int,
        estimate_occlusion: bool,
        *,
        align_corners: bool,
    ) -> None:
        super().__init__()
        self.kp_variance = config.kp_variance
        self.align_corners = align_corners
        self.down = AntiAliasDownsample(num_channels, config.scale_factor)
        inputs = (num_kp + 1) * (num_channels + 1)
        self.hourglass = Hourglass(config.block_expansion, inputs, config.num_blocks, config.max_features)
        self.mask = nn.Conv2d(self.hourglass.out_channels, num_kp + 1, 7, padding=3)
        self.occlusion = nn.Conv2d(self.hourglass.out_channels, 1, 7, padding=3) if estimate_occlusion else None

    def maps(self, stacked: Tensor) -> tuple[Tensor, ...]:
        """The convolutions alone: `(B, 4 (K+1), h, w)` -> logits of the mask and, if estimated, of occlusion."""
        features = self.hourglass(stacked.to(self.mask.weight.dtype))
        return (self.mask(features),) if self.occlusion is None else (self.mask(features), self.occlusion(features))

    def forward(self, small_source: Tensor, kp_source: Keypoints, kp_driving: Keypoints) -> Motion:
        """The shrunk source `(B, 3, h, w)` (see `down`) and both sets of keypoints -> the motion at its size."""
        batch, channels, height, width = small_source.shape
        motions = sparse_motions(kp_source, kp_driving, height, width)
        kinds = motions.shape[1]
        repeated = small_source[:, None].expand(-1, kinds, -1, -1, -1).reshape(batch * kinds, channels, height, width)
        deformed = warp(repeated, motions.flatten(0, 1), align_corners=self.align_corners)
        deformed = deformed.view(batch, kinds, channels, height, width)
        heat = gaussian_maps(kp_driving.value, height, width, self.kp_variance) - gaussian_maps(
            kp_source.value, height, width, self.kp_variance
        )
        heat = torch.cat((torch.zeros_like(heat[:, :1]), heat), dim=1)
        stacked = torch.cat((heat[:, :, None].to(deformed.dtype), deformed), dim=2).flatten(1, 2)
        logits, *hidden = (maps.float() for maps in self.maps(stacked))
        mask = F.softmax(logits, dim=1)
        flow = (mask[..., None] * motions).sum(1)
        occlusion = torch.sigmoid(hidden[0]) if hidden else None
        return Motion(flow, mask, occlusion, deformed)


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


class Generator(nn.Module):
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
        super().__init__()
        self.align_corners = align_corners
        self.dense_motion_network = DenseMotion(
            config.dense_motion, num_kp, num_channels, config.estimate_occlusion_map, align_corners=align_corners
        )

        def width(level: int) -> int:
            return min(config.max_features, config.block_expansion << level)

        levels = config.num_down_blocks
        self.first = SameBlock(num_channels, width(0), kernel=7)
        self.down_blocks = nn.ModuleList(DownBlock(width(i), width(i + 1)) for i in range(levels))
        self.bottleneck = nn.Sequential()
        for index in range(config.num_bottleneck_blocks):
            self.bottleneck.add_module(f"r{index}", ResidualBlock(width(levels)))
        self.up_blocks = nn.ModuleList(UpBlock(width(i + 1), width(i)) for i in reversed(range(levels)))
        self.final = nn.Conv2d(width(0), num_channels, 7, padding=3)
        self.guide_variance = config.guide_variance
        # One for the bottleneck and for each level below the last, whose output goes straight into the picture.
        guided = range(levels, 0, -1) if config.guide_variance is not None else ()
        self.guide_gaps = config.guide_gaps
        maps = num_kp + len(config.guide_gaps)
        self.guides = nn.ModuleList(nn.Conv2d(maps, width(level), 3, padding=1) for level in guided)
        for guide in self.guides:
            nn.init.zeros_(guide.weight)  # type: ignore[arg-type]
            nn.init.zeros_(guide.bias)  # type: ignore[arg-type]
        # One full-resolution map of our own: the coarse occlusion map would blur every edge that it blends.
        self.blend = nn.Conv2d(width(0), 1, 7, padding=3) if config.head == "blend" else None

    @property
    def dtype(self) -> torch.dtype:
        """Type of the convolution weights."""
        return self.final.weight.dtype

    def encode(self, source: Tensor) -> Tensor:
        """Features of the source picture: `(B, 3, H, W)` -> `(B, C, H/4, W/4)` for two down blocks."""
        features: Tensor = self.first(source.to(self.dtype))
        for block in self.down_blocks:
            features = block(features)
        return features

    def _drawn(self, level: int, kp_driving: Keypoints, height: int, width: int) -> Tensor:
        """The driving keypoints as maps, as the decoder's `level`-th size is shown them."""
        assert self.guide_variance is not None  # noqa: S101 - there are guides
        points, variance = kp_driving.value, self.guide_variance
        maps = gaussian_maps(points, height << level, width << level, variance)
        if self.guide_gaps:
            gaps = gap_maps(points, self.guide_gaps, height << level, width << level, 2 * variance)
            maps = torch.cat((maps, gaps), dim=1)
        return maps

    def paint(self, moved: Tensor, *drawn: Tensor) -> tuple[Tensor, ...]:
        """The decoder's convolutions alone.

        Args:
            moved: `(B, C, h, w)` features of the source, warped, without what is hidden.
            drawn: for each guide the driving keypoints as maps, at its size.

        Returns:
            Logits of the picture and, for the blend head, of the share of the warped source.
        """
        out = moved.to(self.dtype)
        for level in range(len(self.up_blocks) + 1):
            if level:
                out = self.up_blocks[level - 1](out)
            if level < len(drawn):
                out = out + self.guides[level](drawn[level].to(self.dtype))
            if not level:
                out = self.bottleneck(out)
        return (self.final(out),) if self.blend is None else (self.final(out), self.blend(out))

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
