"""Losses on pictures of faces whose 68 landmarks are known: what carries expression counts more."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from prosopon.models.grid import coordinate_grid


def landmark_targets(landmarks: Tensor, groups: Sequence[Sequence[int]]) -> Tensor:
    """Mean position of each group of landmarks: `(B, 68, 2)` -> `(B, len(groups), 2)`."""
    return torch.stack([landmarks[:, list(group)].mean(1) for group in groups], dim=1)


# iBUG numbering of the parts that carry expression.
_EYES = (slice(36, 42), slice(42, 48))
_MOUTH = slice(48, 68)


def expression_emphasis(landmarks: Tensor, known: Tensor, size_px: int, eyes: float, mouth: float) -> Tensor:
    """How much each pixel of a face counts: more around the eyes and the mouth, 1 on average.

    Args:
        landmarks: `(B, 68, 2)` in [-1, 1].
        known: `(B,)` 1 where the landmarks are there, 0 where they are not (then every pixel counts alike).
        size_px: side of the square map.
        eyes, mouth: extra weight at the centre of each.

    Returns:
        `(B, 1, size, size)`.
    """
    grid = coordinate_grid(size_px, size_px, device=landmarks.device)
    centres = [landmarks[:, part].mean(1) for part in _EYES]
    between_eyes = (centres[0] - centres[1]).norm(dim=-1).clamp_min(0.05)
    lips = landmarks[:, _MOUTH]

    def bump(centre: Tensor, spread: Tensor) -> Tensor:
        distance = ((grid[None] - centre[:, None, None]) / spread[:, None, None]) ** 2
        return torch.exp(-0.5 * distance.sum(-1))

    lid = torch.stack((between_eyes * 0.22, between_eyes * 0.16), dim=-1)
    mouth_height = lips[..., 1].amax(1) - lips[..., 1].amin(1)
    lip = torch.stack((between_eyes * 0.38, between_eyes * 0.15 + 0.4 * mouth_height), dim=-1)
    extra = eyes * (bump(centres[0], lid) + bump(centres[1], lid)) + mouth * bump(lips.mean(1), lip)
    weight = 1 + extra * known[:, None, None]
    return (weight / weight.mean((1, 2), keepdim=True))[:, None]


def weighted_l1(prediction: Tensor, target: Tensor, emphasis: Tensor | None) -> Tensor:
    """Mean absolute difference of two batches `(B, 3, H, W)`, each pixel counted by `emphasis (B, 1, H, W)`."""
    distance = (prediction - target).abs()
    return distance.mean() if emphasis is None else (distance * emphasis).mean()
