"""Carrying a driving motion over to a source: absolute or relative to the driving's first frame.

Relative motion keeps the source's own face shape and place: only the change since the initial driving frame is added
(paper, section 3.3, equation 10).
"""

from __future__ import annotations

import numpy as np
import torch
from scipy.spatial import ConvexHull, QhullError
from torch import Tensor

from prosopon.models.grid import inverse_2x2
from prosopon.models.motion.keypoints import Keypoints

_SINGULAR = 1e-6
"""Determinants below this are taken as zero."""


def _hull_area(points: Tensor) -> float:
    """Area of the convex hull of `(K, 2)` points; 0 where they lie on a line."""
    try:
        return float(ConvexHull(points.detach().cpu().double().numpy().astype(np.float64)).volume)
    except QhullError:
        return 0.0


def movement_scale(kp_source: Keypoints, kp_initial: Keypoints) -> float:
    """How much larger the source's face is than the driving's: ratio of the roots of the hull areas.

    1 where either set is degenerate (all points on a line), so that a bad first frame cannot blow the motion up.
    """
    source, initial = _hull_area(kp_source.value[0]), _hull_area(kp_initial.value[0])
    if source <= 0 or initial <= 0:
        return 1.0
    return float(np.sqrt(source) / np.sqrt(initial))


def transfer(
    kp_source: Keypoints,
    kp_driving: Keypoints,
    kp_initial: Keypoints,
    *,
    relative: bool = True,
    relative_jacobian: bool = True,
    adapt_scale: bool = False,
) -> Keypoints:
    """The keypoints that the generator shall follow.

    Args:
        kp_source: of the source picture, `(1 or B, K, 2)`.
        kp_driving: of the driving frames, `(B, K, 2)`.
        kp_initial: of the driving frame whose pose is taken to be the source's, `(1 or B, K, 2)`.
        relative: add only the change since the initial frame; else take the driving points as they are.
        relative_jacobian: the same for the local affine motion; only looked at where `relative` holds.
        adapt_scale: scale the movement by the ratio of the faces' sizes; only looked at where `relative` holds.
    """
    if not relative:
        return Keypoints(kp_driving.value, kp_driving.jacobian)
    scale = movement_scale(kp_source, kp_initial) if adapt_scale else 1.0
    value = (kp_driving.value - kp_initial.value) * scale + kp_source.value
    jacobian = kp_driving.jacobian
    initial, source = kp_initial.jacobian, kp_source.jacobian
    if relative_jacobian and jacobian is not None and initial is not None and source is not None:
        # Where the initial motion squashes the plane onto a line, nothing is known of the change since.
        squashed = (torch.linalg.det(initial.float()).abs() < _SINGULAR)[..., None, None]
        invertible = torch.where(squashed, torch.eye(2, device=initial.device, dtype=initial.dtype), initial)
        jacobian = torch.where(squashed, source, jacobian @ inverse_2x2(invertible) @ source)
    return Keypoints(value, jacobian)
