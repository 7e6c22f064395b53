"""Where a picture may be changed: on faces only, with a soft edge."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from prosopon.core.errors import MediaError, UsageError
from prosopon.disrupt.budget.projection import Budget
from prosopon.faces.aligned.edges import softened
from prosopon.faces.aligned.hull import Kind, landmark_mask

_DRAWN_PX = 512
"""Larger faces are drawn at this size and enlarged: a soft edge needs no more, and drawing goes with the square."""
_MARGIN = 0.5
"""Around the landmarks, of their extent: raised brows and the soft edge reach there."""


def face_mask(
    faces: Sequence[NDArray[np.floating]], height: int, width: int, *, kind: Kind = "hull", softness: float = 0.03
) -> Tensor:
    """How much of each pixel belongs to any of some faces.

    Multiply epsilon by it: noise then fades out at the face's edge instead of ending there.

    Args:
        faces: the 68 landmarks `(68, 2)` of each, in pixels of the picture; none at all is allowed.
        height, width: of the picture.
        kind: which part of the face (see `faces.aligned.hull`).
        softness: standard deviation of the edge, as a share of the face's extent, 0 to 0.15.

    Returns:
        float32 `(1, 1, H, W)` in [0, 1]; exactly 0 away from faces.

    Raises:
        MediaError: a landmark is no number.
        UsageError: another softness, or an unknown kind.
        ValueError: landmarks of another shape.
    """
    if not 0 <= softness <= 0.3 * _MARGIN:
        raise UsageError(f"the edge of a face cannot be {softness} of it", f"use 0 to {0.3 * _MARGIN:g}")
    mask = np.zeros((height, width), np.float32)
    for landmarks in faces:
        np.maximum(mask, _one_face(landmarks, height, width, kind, softness), out=mask)
    return torch.from_numpy(mask)[None, None]


@dataclass(frozen=True, eq=False)
class Masked:
    """A budget that holds where a mask is above 0; elsewhere nothing changes.

    A soft mask makes no soft edge here: projecting twice would fade it twice. Multiply the limits by it for that.
    """

    within: Budget
    mask: Tensor
    """Anything that broadcasts to `(B, 3, H, W)`."""

    def project(self, images: Tensor, candidate: Tensor) -> Tensor:
        """See `Budget`."""
        allowed = self.mask.to(images.device) > 0
        inside = self.within.project(images, torch.where(allowed, candidate, images))
        # Once more, for budgets that compute untouched pixels anew.
        return torch.where(allowed, inside, images)


def _one_face(
    landmarks: NDArray[np.floating], height: int, width: int, kind: Kind, softness: float
) -> NDArray[np.float32]:
    if not np.isfinite(landmarks).all():
        raise MediaError("landmarks of a face hold what is no number", "leave that face out, or find the faces again")
    points = landmarks.astype(np.float64)
    extent = max(1.0, float(np.ptp(points, axis=0).max()))
    corner = np.floor(points.min(axis=0) - _MARGIN * extent)
    side = math.ceil((1 + 2 * _MARGIN) * extent) + 1
    scale = min(1.0, _DRAWN_PX / side)
    size = math.ceil(side * scale)
    sharp = landmark_mask((points - corner) * scale, size, kind)
    drawn = softened(sharp, softness * extent * scale)
    across, down = (_hats(length, size, first, scale) for length, first in ((width, corner[0]), (height, corner[1])))
    return (down @ drawn @ across.T).astype(np.float32, copy=False)


def _hats(length: int, size: int, first: float, scale: float) -> NDArray[np.float32]:
    """`(length, size)`: what each pixel of the picture takes of those drawn along an axis, linearly between centres."""
    place = (np.arange(length) + 0.5 - first) * scale
    away = np.abs(place[:, None] - (np.arange(size) + 0.5))
    hats: NDArray[np.float32] = np.maximum(0, 1 - away).astype(np.float32)
    return hats
