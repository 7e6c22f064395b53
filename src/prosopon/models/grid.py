"""Coordinates of an image as the motion models see them: (x, y) in [-1, 1], pixel centres at the corners.

The lattice is the one of `align_corners=True`: x = 2 i / (w - 1) - 1. Published weights of the First Order Motion
Model family were trained when `grid_sample` read it the same way; torch >= 1.3 reads it differently unless told, so
every function here says which reading it uses (Siarohin et al. 2019, reference implementation under torch 1.0).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def coordinate_grid(height: int, width: int, *, device: torch.device | None = None) -> Tensor:
    """`(h, w, 2)` float32, the last axis ordered (x, y), both spanning [-1, 1]."""
    x = torch.arange(width, device=device, dtype=torch.float32) * (2.0 / max(width - 1, 1)) - 1
    y = torch.arange(height, device=device, dtype=torch.float32) * (2.0 / max(height - 1, 1)) - 1
    return torch.stack((x[None, :].expand(height, width), y[:, None].expand(height, width)), dim=-1)


def gaussian_maps(points: Tensor, height: int, width: int, variance: float) -> Tensor:
    """A bump around each point: exp(-|z - p|^2 / (2 variance)).

    Args:
        points: `(B, K, 2)` in [-1, 1].
        height, width: size of the maps in pixels.
        variance: in squared grid units.

    Returns:
        `(B, K, h, w)` in (0, 1].
    """
    grid = coordinate_grid(height, width, device=points.device)
    # Separable: two short exponentials instead of one over the whole map.
    x = torch.exp(-0.5 * (grid[0, :, 0] - points[..., 0:1]) ** 2 / variance)
    y = torch.exp(-0.5 * (grid[:, 0, 1] - points[..., 1:2]) ** 2 / variance)
    return y[..., :, None] * x[..., None, :]


def warp(image: Tensor, flow: Tensor, *, align_corners: bool, padding: str = "zeros") -> Tensor:
    """Read `image` where `flow` points, bilinearly.

    Args:
        image: `(B, C, H, W)`.
        flow: `(B, h, w, 2)` (x, y) in [-1, 1]: for each output pixel, where to read.
        align_corners: True for published weights (see the module).
        padding: `zeros`, `border` or `reflection` outside the image.

    Returns:
        `(B, C, h, w)` in the type of `image`.
    """
    flow = flow.to(image.dtype) if image.dtype == torch.float64 else flow.float()
    out = F.grid_sample(
        image if image.dtype == flow.dtype else image.to(flow.dtype),
        flow,
        mode="bilinear",
        padding_mode=padding,
        align_corners=align_corners,
    )
    return out.to(image.dtype)


def resize_flow(flow: Tensor, height: int, width: int, *, align_corners: bool) -> Tensor:
    """A flow `(B, h, w, 2)` at another resolution, bilinearly: `(B, height, width, 2)`.

    `align_corners=True` keeps an identity flow an identity; the published nets use False.
    """
    if flow.shape[1:3] == (height, width):
        return flow
    moved = flow.permute(0, 3, 1, 2)
    resized = F.interpolate(moved, size=(height, width), mode="bilinear", align_corners=align_corners)
    return resized.permute(0, 2, 3, 1)


def inverse_2x2(matrix: Tensor) -> Tensor:
    """Inverse of `(..., 2, 2)` in closed form: quicker than a solver, and every export format has it."""
    a, b = matrix[..., 0, 0], matrix[..., 0, 1]
    c, d = matrix[..., 1, 0], matrix[..., 1, 1]
    determinant = a * d - b * c
    adjugate = torch.stack((torch.stack((d, -b), dim=-1), torch.stack((-c, a), dim=-1)), dim=-2)
    return adjugate / determinant[..., None, None]
