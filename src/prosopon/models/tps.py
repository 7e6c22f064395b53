"""Random smooth maps of the plane: an affine part and a thin-plate spline (Siarohin et al. 2019, section 3.1).

A map T has `theta` (2 x 3) and weights w of a square lattice of control points c on [-1, 1]^2:
T(z) = A z + b + sum_i w_i r_i^2 log(r_i + 1e-6), where r_i = |x - c_x| + |y - c_y| is the L1 distance (as in the
published code) and the same scalar is added to x and to y.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from prosopon.models.grid import coordinate_grid, warp

_EPSILON = 1e-6


@dataclass(frozen=True)
class SmoothMap:
    """A batch of maps.

    Attributes:
        theta: `(B, 2, 3)` affine part.
        weights: `(B, 1, P * P)` spline weights on a P x P lattice, or None for a purely affine map.
    """

    theta: Tensor
    weights: Tensor | None = None

    @classmethod
    def random(
        cls,
        batch: int,
        *,
        sigma_affine: float = 0.05,
        sigma_tps: float | None = 0.005,
        points: int = 5,
        device: torch.device | None = None,
        generator: torch.Generator | None = None,
    ) -> SmoothMap:
        """Gaussian affine part around the identity and Gaussian spline weights."""
        noise = torch.randn(batch, 2, 3, generator=generator).to(device)
        theta = torch.eye(2, 3, device=device)[None] + sigma_affine * noise
        if sigma_tps is None:
            return cls(theta)
        return cls(theta, sigma_tps * torch.randn(batch, 1, points**2, generator=generator).to(device))

    def _offsets(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Differences to the control points `(B, N, P*P, 2)` and their L1 norms `(B, N, P*P)`."""
        assert self.weights is not None  # noqa: S101 - callers have checked; narrows the type
        side = round(self.weights.shape[-1] ** 0.5)
        control = coordinate_grid(side, side, device=points.device).reshape(1, 1, -1, 2).to(points.dtype)
        difference = points[:, :, None, :] - control
        return difference, difference.abs().sum(-1)

    def __call__(self, points: Tensor) -> Tensor:
        """Points `(B, N, 2)` -> where the map takes them, `(B, N, 2)`."""
        theta = self.theta.to(points.dtype)
        moved = points @ theta[:, :, :2].transpose(1, 2) + theta[:, None, :, 2]
        if self.weights is None:
            return moved
        _, radius = self._offsets(points)
        bend = radius**2 * torch.log(radius + _EPSILON) * self.weights.to(points.dtype)
        return moved + bend.sum(-1, keepdim=True)

    def jacobian(self, points: Tensor) -> Tensor:
        """dT/dz at points `(B, N, 2)`: `(B, N, 2, 2)`, rows are outputs. Closed form, no autograd needed."""
        linear = self.theta.to(points.dtype)[:, None, :, :2].expand(-1, points.shape[1], -1, -1)
        if self.weights is None:
            return linear
        difference, radius = self._offsets(points)
        # d/dr of r^2 log(r + e); dr/dx = sign(x - c).
        slope = 2 * radius * torch.log(radius + _EPSILON) + radius**2 / (radius + _EPSILON)
        row = ((slope * self.weights.to(points.dtype))[..., None] * difference.sign()).sum(2)
        return linear + row[:, :, None, :]

    def warp_image(self, image: Tensor, *, align_corners: bool, padding: str = "reflection") -> Tensor:
        """`image (B, C, H, W)` read at T(grid): the same shape."""
        batch, _, height, width = image.shape
        grid = coordinate_grid(height, width, device=image.device).reshape(1, -1, 2).expand(batch, -1, -1)
        flow = self(grid).reshape(batch, height, width, 2)
        return warp(image, flow, align_corners=align_corners, padding=padding)
