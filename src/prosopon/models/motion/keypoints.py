"""Keypoints: where the parts of a picture are and how each is turned and stretched, found without labels."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from prosopon.models.antialias import AntiAliasDownsample
from prosopon.models.blocks import Hourglass
from prosopon.models.grid import coordinate_grid
from prosopon.models.motion.config import KeypointConfig


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
