from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from prosopon.core.errors import MediaError, UsageError
from prosopon.faces.aligned.face_types import crop_matrix
from prosopon.faces.aligned.hull import landmark_mask, with_raised_brows
from prosopon.faces.aligned.maps import apply
from prosopon.faces.aligned.mean_face import OWN
from prosopon.faces.sixty_eight import MIRROR

FACE = apply(crop_matrix(OWN * 100, "full", 128), OWN * 100)


def area(polygon: np.ndarray) -> float:
    x, y = polygon.T
    return abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2


@pytest.mark.parametrize("kind", ["hull", "extended", "components", "eyes", "mouth"])
def test_masks_are_antialiased_and_within_bounds(kind: Any) -> None:
    mask = landmark_mask(FACE, 128, kind)
    assert mask.dtype == np.float32
    assert mask.shape == (128, 128)
    assert mask.min() == 0.0
    assert mask.max() == 1.0
    assert 0 < ((mask > 0) & (mask < 1)).sum() < (mask > 0.99).sum() + 200


@pytest.mark.parametrize("size", [16, 100, 256])
def test_the_mouth_has_the_area_of_its_outline(size: int) -> None:
    points = FACE * size / 128
    corners = points[48:60]
    mask = landmark_mask(points, size, "mouth")
    # The lip's outline has a notch that its hull fills.
    assert area(corners) * 0.98 < mask.sum() < area(corners) * 1.1 + 0.12 * size / 4
    assert landmark_mask(points, size, "eyes").sum() == pytest.approx(
        area(points[36:42]) + area(points[42:48]), rel=0.05, abs=0.1 * size / 4
    )


def test_there_are_no_seams_between_the_parts() -> None:
    mask = landmark_mask(FACE, 256, "components")
    inside = landmark_mask((FACE - 45) * 0.9 + 45, 256, "components") > 0
    assert (mask[inside & (landmark_mask(FACE, 256) == 1)] == 1).mean() > 0.97
    assert mask[60, 60] == 1.0


def test_a_symmetric_face_has_a_symmetric_mask() -> None:
    mask = landmark_mask(FACE, 128)
    mirrored = landmark_mask((FACE * (-1, 1) + (128, 0))[MIRROR], 128)
    assert np.abs(mask - mirrored).max() < 0.3
    assert np.abs(mask - mask[:, ::-1]).mean() < 2e-3


def test_hull_and_extended_are_one_shape_and_reach_above_the_brows() -> None:
    hull, face = landmark_mask(FACE, 128), landmark_mask(FACE, 128, "components")
    assert np.array_equal(hull, landmark_mask(FACE, 128, "extended"))
    assert (hull >= face - 1e-6).all()
    rows = [int(np.nonzero(mask.max(1) > 0.5)[0][0]) for mask in (hull, face)]
    assert rows[1] - rows[0] > 3
    assert np.array_equal(hull[64:], face[64:])


def test_brows_rise_by_half_of_their_way_from_the_eye() -> None:
    raised = with_raised_brows(FACE)
    assert np.array_equal(np.delete(raised, range(17, 27), 0), np.delete(FACE, range(17, 27), 0))
    assert raised[19] == pytest.approx(FACE[19] + 0.5 * (FACE[19] - FACE[37]))
    assert raised[17] == pytest.approx(FACE[17] + 0.5 * (FACE[17] - 0.75 * FACE[36] - 0.25 * FACE[0]))
    middle = np.array((128.0, 0.0))
    assert raised[MIRROR] * (-1, 1) + middle == pytest.approx(raised, abs=1e-9)
    assert np.array_equal(with_raised_brows(FACE, 0.0), FACE)


def test_whole_squares_are_exact() -> None:
    square = np.full((68, 2), 4.0)
    square[48:60] = np.array(((4, 4), (12, 4), (12, 12), (4, 12)) * 3)
    mask = landmark_mask(square, 16, "mouth")
    assert (mask[4:12, 4:12] == 1).all()
    assert mask.sum() == pytest.approx(64, rel=0.04)


def test_parts_without_area_are_empty() -> None:
    shut = FACE.copy()
    shut[36:48, 1] = 50.0
    assert landmark_mask(shut, 128, "eyes").max() == 0.0
    assert landmark_mask(np.full((68, 2), 30.0), 64).max() == 0.0


@pytest.mark.parametrize("shift", [1e3, -1e3, 1e12])
def test_a_face_elsewhere_is_not_seen(shift: float) -> None:
    assert landmark_mask(FACE + shift, 64).max() == 0.0


def test_a_face_nearer_than_the_crop_fills_it() -> None:
    assert landmark_mask((FACE - 64) * 50 + 32, 64).min() == 1.0


def test_nonsense_is_refused_in_words() -> None:
    broken, wrong = FACE.copy(), "beard"
    broken[8, 0] = np.nan
    with pytest.raises(MediaError, match="no number"):
        landmark_mask(broken, 64)
    kind: Any = wrong
    with pytest.raises(UsageError, match="use one of hull"):
        landmark_mask(FACE, 64, kind)
    with pytest.raises(ValueError, match="68 landmarks"):
        landmark_mask(FACE[:5], 64)
    with pytest.raises(ValueError, match="68 landmarks"):
        landmark_mask(FACE, 0)
