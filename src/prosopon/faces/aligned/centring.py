"""Crops as faceswap makes them: the unit square of the mean face, moved to the middle of face or head, and padded."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from prosopon.core.errors import UsageError
from prosopon.faces.aligned.camera_pose import camera_pose
from prosopon.faces.aligned.maps import Matrix, apply
from prosopon.faces.aligned.mean_face import INNER, OWN, PUBLISHED_CENTRED, MeanFace
from prosopon.faces.aligned.umeyama import similarity

Centring = Literal["legacy", "face", "head-centred"]

LEAST_COVERAGE = 0.625

_PADDING: dict[Centring, float] = {"legacy": 0.375, "face": 0.5, "head-centred": 0.625}
"""Both paddings together, as a share of the whole crop."""

_MIDDLES: dict[Centring, tuple[float, float, float]] = {"face": (0.0, -1.5, 4.2), "head-centred": (0.0, 0.0, -2.3)}
"""What point of the 3-D face is in the middle of the crop, see `camera_pose`; legacy crops do not move."""


def padding_px(centring: Centring, coverage: float, size_px: int) -> int:
    """Padding on each side of the unit square in a crop, in pixels.

    Args:
        centring: what is in the middle.
        coverage: share of the whole crop that is shown, 0.625 to 1.
        size_px: side of the crop as it is shown.

    Raises:
        UsageError: a coverage out of range.
    """
    if not LEAST_COVERAGE <= coverage <= 1.0:
        raise UsageError(f"a coverage of {coverage:g} is none", f"give {LEAST_COVERAGE} to 1")
    return round(size_px * (_PADDING[centring] + coverage - 1.0) / (2.0 * coverage))


def sub_crop_px(stored: Centring, shown: Centring, coverage: float, size_px: int) -> int:
    """Side of the part of a stored crop that shows a face by another centring, in pixels of the stored one.

    Args:
        stored: how the stored crop is centred; its coverage is 1.
        shown: what is to be in the middle.
        coverage: of the crop that is to be shown.
        size_px: side of the stored crop.
    """
    unit_px = size_px * (1.0 - _PADDING[stored])
    if stored == shown and coverage == 1.0:
        return size_px
    return 2 * round(unit_px / (1.0 - _PADDING[shown]) * coverage / 2.0)


def centred_crop(
    landmarks: NDArray[np.floating],
    centring: Centring,
    size_px: int,
    *,
    coverage: float = 1.0,
    mean_face: MeanFace = "own",
) -> Matrix:
    """From pixels of the frame to pixels of the crop, `float64 (2, 3)`.

    Args:
        landmarks: `(68, 2)` in pixels of the frame.
        centring: what is in the middle: the unit square of the mean face (legacy), the face, or the head.
        size_px: side of the crop.
        coverage: share of the whole crop that is shown, 0.625 to 1.
        mean_face: what is aligned to.

    Raises:
        MediaError: the landmarks are none of a face.
        UsageError: a coverage out of range.
    """
    padding = padding_px(centring, coverage, size_px)
    unit = similarity(landmarks[INNER], OWN[INNER] if mean_face == "own" else PUBLISHED_CENTRED)
    side = size_px - 2 * padding
    corner = offset(apply(unit, landmarks), centring, mean_face)
    return np.column_stack((unit[:, :2] * side, (unit[:, 2] - corner) * side + padding))


def offset(unit_landmarks: NDArray[np.float64], centring: Centring, mean_face: MeanFace = "own") -> NDArray[np.float64]:
    """How far the middle of a crop is from that of the unit square, `(2,)` in its sides.

    Args:
        unit_landmarks: `(68, 2)` in the unit square.
        centring: what is in the middle.
        mean_face: whose 3-D face is laid onto the landmarks.
    """
    if centring == "legacy":
        return np.zeros(2)
    middle = camera_pose(unit_landmarks, mean_face).project(np.array((_MIDDLES[centring],)))
    moved: NDArray[np.float64] = middle[0] - 0.5
    return moved
