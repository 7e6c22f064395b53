from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prosopon.core.errors import MediaError, UsageError
from prosopon.faces.aligned.face_types import FaceType, crop_matrix
from prosopon.faces.aligned.maps import apply, scale_of
from prosopon.faces.aligned.mean_face import OWN

TYPES: tuple[FaceType, ...] = get_args(FaceType)
FACE = OWN * 100 + (250, 140)


def test_there_are_eleven() -> None:
    assert (
        *("half", "midfull", "full", "full-no-align", "whole", "head", "head-no-align"),
        *("legacy", "face", "head-centred", "dfaker"),
    ) == TYPES


@pytest.mark.parametrize("face_type", TYPES)
@pytest.mark.parametrize("mean_face", ["own", "published"])
def test_every_type_makes_a_similarity(face_type: FaceType, mean_face: Any) -> None:
    matrix = crop_matrix(FACE, face_type, 128, mean_face=mean_face)
    assert matrix.shape == (2, 3)
    assert matrix.dtype == np.float64
    linear = matrix[:, :2] / scale_of(matrix)
    assert linear @ linear.T == pytest.approx(np.eye(2), abs=1e-12)
    assert np.linalg.det(linear) == pytest.approx(1)
    points = apply(matrix, FACE)[17:]
    # Half a face ends where the brows do.
    assert points.min() > -2
    assert points.max() < 130


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(TYPES), st.floats(-180, 180), st.floats(0.2, 20), st.floats(-2000, 2000))
def test_the_face_is_seen_alike_wherever_it_is(face_type: FaceType, degrees: float, scale: float, x: float) -> None:
    if face_type.endswith("no-align"):
        degrees = 0.0
    cos, sin = scale * np.cos(np.radians(degrees)), scale * np.sin(np.radians(degrees))
    elsewhere = FACE @ np.array(((cos, sin), (-sin, cos))) + (x, -x)
    seen = apply(crop_matrix(elsewhere, face_type, 256), elsewhere)
    assert seen == pytest.approx(apply(crop_matrix(FACE, face_type, 256), FACE), abs=1e-6)


def test_dfaker_has_48_pixels_around_160() -> None:
    matrix = crop_matrix(OWN, "dfaker", 256)
    assert matrix == pytest.approx(np.array(((160, 0, 48), (0, 160, 48))), abs=1e-9)
    assert crop_matrix(FACE, "dfaker", 64) == pytest.approx(crop_matrix(FACE, "dfaker", 256) / 4)


def test_wider_types_show_the_face_smaller() -> None:
    order: tuple[FaceType, ...] = ("half", "midfull", "full", "whole", "head")
    scales = [scale_of(crop_matrix(FACE, name, 100)) for name in order]
    assert scales == sorted(scales, reverse=True)
    assert len(set(scales)) == len(scales)


@pytest.mark.parametrize("face_type", ["legacy", "face", "head-centred", "dfaker"])
def test_scale_is_deepfacelabs_alone(face_type: FaceType) -> None:
    with pytest.raises(UsageError, match="have no scale"):
        crop_matrix(FACE, face_type, 64, scale=1.1)


@pytest.mark.parametrize("face_type", ["full", "head", "dfaker"])
def test_coverage_is_faceswaps_alone(face_type: FaceType) -> None:
    with pytest.raises(UsageError, match="have no coverage"):
        crop_matrix(FACE, face_type, 64, coverage=0.9)


def test_nonsense_is_refused_in_words() -> None:
    wrong: Any = "quarter"
    with pytest.raises(UsageError, match="use one of half, midfull"):
        crop_matrix(FACE, wrong, 64)
    for size in (0, -8):
        with pytest.raises(UsageError, match="pixels"):
            crop_matrix(FACE, "full", size)
    for scale in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(UsageError, match="scale above 0"):
            crop_matrix(FACE, "full", 64, scale=scale)
    with pytest.raises(ValueError, match="68 landmarks"):
        crop_matrix(FACE[17:], "full", 64)


@pytest.mark.parametrize("face_type", TYPES)
def test_landmarks_that_are_no_face_are_refused(face_type: FaceType) -> None:
    with pytest.raises(MediaError, match="one point"):
        crop_matrix(np.full((68, 2), 50.0), face_type, 64)
    with pytest.raises(MediaError, match="no number"):
        crop_matrix(np.full((68, 2), np.nan), face_type, 64)
