"""Equivariance: what is found in a picture that was bent is what was found, bent (arXiv 2003.00196, section 3.1)."""

from __future__ import annotations

import torch
from torch import Tensor

from prosopon.models.grid import inverse_2x2
from prosopon.models.motion.keypoints import Keypoints
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
