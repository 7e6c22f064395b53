"""Crops as DeepFaceLab makes them: how much of the head around the mean face's unit square each face type shows.

Compatible with face sets and models of DeepFaceLab (Petrov et al., arXiv:2005.05535), written down as squares in the
unit square of the mean face instead of three corners in the picture; in double precision.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from prosopon.faces.aligned.maps import Matrix, apply, inverted, scale_of
from prosopon.faces.aligned.mean_face import DEEPFACELAB_POINTS, INNER, OWN, PUBLISHED, MeanFace
from prosopon.faces.aligned.umeyama import similarity

DeepFaceLabType = Literal["half", "midfull", "full", "full-no-align", "whole", "head", "head-no-align"]


@dataclass(frozen=True)
class _Extent:
    """What a face type shows.

    Attributes:
        padding: what is added to the half diagonal of the unit square, in its sides, times the root of 2.
        rise: how far above the unit square's middle that of the crop is, in its sides.
        follows_yaw: whether the crop moves to where the back of the head is when the head turns.
        upright: whether the crop stands upright in the picture whatever the head's roll.
    """

    padding: float
    rise: float = 0.0
    follows_yaw: bool = False
    upright: bool = False


_EXTENTS: dict[DeepFaceLabType, _Extent] = {
    "half": _Extent(0.0),
    "midfull": _Extent(0.0675),
    "full": _Extent(0.2109375),
    "full-no-align": _Extent(0.2109375, upright=True),
    "whole": _Extent(0.40, rise=0.07),
    "head": _Extent(0.70, rise=0.5, follows_yaw=True),
    # The released head without alignment is not raised either; face sets depend on it.
    "head-no-align": _Extent(0.70, upright=True),
}

_CHEEKS = np.array((0, 1, 2)), np.array((14, 15, 16))
_BRIDGE = np.array((27, 28, 29))


def unit_matrix(landmarks: NDArray[np.floating], mean_face: MeanFace = "own") -> Matrix:
    """The similarity `(2, 3)` from pixels of the frame to the unit square of the mean face, by DeepFaceLab's 33 points.

    Args:
        landmarks: `(68, 2)`.
        mean_face: which one.

    Raises:
        MediaError: the landmarks are none of a face.
    """
    # The original keeps its table in single precision.
    published = PUBLISHED.astype(np.float32)[DEEPFACELAB_POINTS - INNER[0]]
    return similarity(landmarks[DEEPFACELAB_POINTS], OWN[DEEPFACELAB_POINTS] if mean_face == "own" else published)


def square_crop(
    landmarks: NDArray[np.floating],
    face_type: DeepFaceLabType,
    size_px: int,
    *,
    scale: float = 1.0,
    mean_face: MeanFace = "own",
) -> Matrix:
    """From pixels of the frame to pixels of the crop, `float64 (2, 3)`.

    Args:
        landmarks: `(68, 2)` in pixels of the frame.
        face_type: how much of the head is shown.
        size_px: side of the crop.
        scale: the face is that many times as large in the crop.
        mean_face: what is aligned to.

    Raises:
        MediaError: the landmarks are none of a face.
    """
    extent = _EXTENTS[face_type]
    unit = unit_matrix(landmarks, mean_face)
    # The half diagonal is sqrt(2) (sqrt(2) padding + 1/2) sides of the unit square.
    side = (1.0 + 2.0 * np.sqrt(2.0) * extent.padding) / scale
    yaw = yaw_in_sides(apply(unit, landmarks)) if extent.follows_yaw else 0.0
    # Small yaws are noise: tanh keeps them from moving the crop.
    aside = yaw * abs(float(np.tanh(2.0 * yaw))) / 2
    middle = np.array((0.5 + aside, 0.5 - extent.rise))
    if not extent.upright:
        linear = unit[:, :2] * (size_px / side)
        return np.column_stack((linear, (unit[:, 2] - middle) * (size_px / side) + size_px / 2))
    # An upright square of the same area.
    factor = size_px / side * scale_of(unit)
    x, y = apply(inverted(unit), middle)
    return np.array(((factor, 0.0, size_px / 2 - factor * x), (0.0, factor, size_px / 2 - factor * y)))


def yaw_in_sides(unit_landmarks: NDArray[np.float64]) -> float:
    """How much farther the bridge of the nose is from one cheek than from the other; 0 where the head is frontal.

    Positive where the person turns to the picture's left.

    Args:
        unit_landmarks: `(68, 2)` in the unit square.
    """
    x = unit_landmarks[:, 0]
    left, right = _CHEEKS
    return float(x[right].mean() - 2.0 * x[_BRIDGE].mean() + x[left].mean())
