"""From keypoints of two pictures to a flow between them (arXiv 2003.00196, section 3)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from prosopon.models.antialias import AntiAliasDownsample
from prosopon.models.blocks import Hourglass
from prosopon.models.grid import coordinate_grid, gaussian_maps, inverse_2x2, warp
from prosopon.models.motion.config import DenseMotionConfig
from prosopon.models.motion.keypoints import Keypoints


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
