"""`crop_matrix`: where an aligned face lies in a frame, for every face type, in one place."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from prosopon.core.errors import UsageError
from prosopon.faces.aligned.centring import Centring, centred_crop
from prosopon.faces.aligned.deepfacelab import DeepFaceLabType, square_crop
from prosopon.faces.aligned.maps import Matrix
from prosopon.faces.aligned.mean_face import INNER, OWN, PUBLISHED, MeanFace
from prosopon.faces.aligned.umeyama import similarity

FaceType = Literal[DeepFaceLabType, Centring, "dfaker"]
"""How much of a head an aligned crop shows, and by whose rules: the first seven are DeepFaceLab's, the next three
faceswap's, the last dfaker's."""

_DFAKER_PX, _DFAKER_UNIT_PX, _DFAKER_PADDING_PX = 256, 160, 48


def crop_matrix(
    landmarks: NDArray[np.floating],
    face_type: FaceType,
    size_px: int,
    *,
    coverage: float = 1.0,
    scale: float = 1.0,
    mean_face: MeanFace = "own",
) -> Matrix:
    """From pixels of a frame to pixels of an aligned crop, `float64 (2, 3)`.

    Args:
        landmarks: 68 points of a face `(68, 2)` in pixels of the frame.
        face_type: what the crop shows.
        size_px: side of the crop.
        coverage: share of the crop that is shown, 0.625 to 1; of faceswap's types only.
        scale: the face is that many times as large in the crop; of DeepFaceLab's types only.
        mean_face: what is aligned to; `published` for face sets and models of other tools.

    Raises:
        MediaError: the landmarks are none of a face.
        UsageError: a face type that is not there, or a size, coverage or scale out of range or that it does not have.
        ValueError: landmarks of another shape.
    """
    if landmarks.shape != (68, 2):
        raise ValueError(f"a face has 68 landmarks, not {landmarks.shape}")
    if size_px <= 0:
        raise UsageError(f"a crop of {size_px} pixels is none", "give a size of 1 or more")
    if not 0.0 < scale < np.inf:
        raise UsageError(f"a face cannot be {scale:g} times as large", "give a scale above 0")
    match face_type:
        case "half" | "midfull" | "full" | "full-no-align" | "whole" | "head" | "head-no-align":
            _without(face_type, "coverage", coverage)
            return square_crop(landmarks, face_type, size_px, scale=scale, mean_face=mean_face)
        case "legacy" | "face" | "head-centred":
            _without(face_type, "scale", scale)
            return centred_crop(landmarks, face_type, size_px, coverage=coverage, mean_face=mean_face)
        case "dfaker":
            _without(face_type, "coverage", coverage)
            _without(face_type, "scale", scale)
            unit = similarity(landmarks[INNER], OWN[INNER] if mean_face == "own" else PUBLISHED)
            linear, offset = unit[:, :2] * _DFAKER_UNIT_PX, unit[:, 2] * _DFAKER_UNIT_PX + _DFAKER_PADDING_PX
            return np.column_stack((linear, offset)) * (size_px / _DFAKER_PX)
    raise UsageError(f"there is no face type {face_type!r}", f"use one of {', '.join(get_args(FaceType))}")


def _without(face_type: FaceType, option: str, value: float) -> None:
    if value != 1.0:
        raise UsageError(f"crops of the type {face_type} have no {option}", f"leave out the {option}")
