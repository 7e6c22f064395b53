"""The losses of the First Order Motion Model (arXiv 2003.00196, section 3.4) and those that teach ours local motion."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from prosopon.create.fomm.discriminator import Judgement
from prosopon.create.fomm.net import Keypoints
from prosopon.models.grid import coordinate_grid, inverse_2x2
from prosopon.models.tps import SmoothMap


def equivariance_value(kp_driving: Keypoints, kp_transformed: Keypoints, smooth: SmoothMap) -> Tensor:
    """Mean |p_d - T(p_t)|: the keypoints of a transformed frame are the transformed keypoints (equation 11)."""
    return (kp_driving.value - smooth(kp_transformed.value)).abs().mean()


def equivariance_jacobian(kp_driving: Keypoints, kp_transformed: Keypoints, smooth: SmoothMap) -> Tensor:
    """Mean |1 - J_d^-1 (dT/dz(p_t) J_t)|: the same for the local affine motions (equation 12)."""
    assert kp_driving.jacobian is not None and kp_transformed.jacobian is not None  # noqa: S101
    moved = smooth.jacobian(kp_transformed.value) @ kp_transformed.jacobian
    product = inverse_2x2(kp_driving.jacobian) @ moved
    return (torch.eye(2, device=product.device) - product).abs().mean()


def lsgan_generator(generated: Sequence[Judgement]) -> Tensor:
    """Mean (1 - D(fake))^2, summed over scales."""
    return torch.stack([((1 - judged.prediction_map) ** 2).mean() for judged in generated]).sum()


def lsgan_discriminator(real: Sequence[Judgement], generated: Sequence[Judgement]) -> Tensor:
    """Mean (1 - D(real))^2 + D(fake)^2, summed over scales."""
    return torch.stack(
        [
            ((1 - true.prediction_map) ** 2 + fake.prediction_map**2).mean()
            for true, fake in zip(real, generated, strict=True)
        ]
    ).sum()


def feature_matching(real: Sequence[Judgement], generated: Sequence[Judgement], weights: Sequence[float]) -> Tensor:
    """Weighted mean |features of real - of fake| over the discriminator's blocks and scales."""
    terms = [
        weight * (ours - theirs).abs().mean()
        for true, fake in zip(real, generated, strict=True)
        for weight, theirs, ours in zip(weights, true.features, fake.features, strict=False)
        if weight
    ]
    return torch.stack(terms).sum()


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
