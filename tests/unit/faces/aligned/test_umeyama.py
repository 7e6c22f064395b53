from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prosopon.core.errors import MediaError
from prosopon.faces.aligned.maps import apply
from prosopon.faces.aligned.umeyama import similarity

CLOUD = np.random.default_rng(0).normal(0, 1, (30, 2))


def moved(points: np.ndarray, degrees: float, scale: float, shift: tuple[float, float]) -> np.ndarray:
    cos, sin = scale * np.cos(np.radians(degrees)), scale * np.sin(np.radians(degrees))
    return points @ np.array(((cos, sin), (-sin, cos))) + shift


@settings(max_examples=50)
@given(st.floats(-180, 180), st.floats(1e-3, 1e4), st.floats(-1e4, 1e4), st.floats(-1e4, 1e4))
def test_a_similarity_is_found_again(degrees: float, scale: float, x: float, y: float) -> None:
    onto = moved(CLOUD, degrees, scale, (x, y))
    matrix = similarity(CLOUD, onto)
    assert matrix.shape == (2, 3)
    assert matrix.dtype == np.float64
    assert np.abs(apply(matrix, CLOUD) - onto).max() < 1e-9 * (scale + abs(x) + abs(y))


def test_two_points_are_enough() -> None:
    matrix = similarity(np.array(((0.0, 0.0), (2.0, 0.0))), np.array(((5.0, 5.0), (5.0, 9.0))))
    assert matrix == pytest.approx(np.array(((0.0, -2.0, 5.0), (2.0, 0.0, 5.0))))


def test_noise_is_averaged_by_least_squares() -> None:
    rng = np.random.default_rng(1)
    onto = moved(CLOUD, 20, 3, (1, 2)) + rng.normal(0, 0.3, CLOUD.shape)
    best = similarity(CLOUD, onto)
    error = float(((apply(best, CLOUD) - onto) ** 2).sum())
    for degrees, scale, x in (
        (0.1, 1.0, 0.0),
        (-0.1, 1.0, 0.0),
        (0.0, 1.002, 0.0),
        (0.0, 0.998, 0.0),
        (0.0, 1.0, 0.01),
    ):
        other = moved(apply(best, CLOUD) - onto.mean(0), degrees, scale, (x, 0.0)) + onto.mean(0)
        assert ((other - onto) ** 2).sum() > error


def test_mirrored_points_are_turned_and_not_mirrored() -> None:
    flipped = CLOUD * (-1, 1)
    matrix = similarity(flipped, CLOUD)
    assert np.linalg.det(matrix[:, :2]) > 0
    # The scale is the best one for this rotation: d/ds |s R x - y|^2 = 0.
    scale = np.sqrt(np.linalg.det(matrix[:, :2]))
    centred, wanted = flipped - flipped.mean(0), CLOUD - CLOUD.mean(0)
    rotated = centred @ (matrix[:, :2] / scale).T
    assert scale == pytest.approx((rotated * wanted).sum() / (rotated**2).sum())


def test_single_precision_counts_in_double() -> None:
    onto = moved(CLOUD, 33, 100, (900, 500))
    assert similarity(CLOUD.astype(np.float32), onto) == pytest.approx(
        similarity(CLOUD.astype(np.float32).astype(np.float64), onto), rel=1e-13
    )


@pytest.mark.parametrize("size", [0, 1])
def test_too_few_points_are_refused(size: int) -> None:
    with pytest.raises(ValueError, match="N >= 2"):
        similarity(CLOUD[:size], CLOUD[:size])


@pytest.mark.parametrize(("one", "other"), [(CLOUD, CLOUD[:5]), (CLOUD.ravel(), CLOUD.ravel())])
def test_shapes_that_do_not_fit_are_refused(one: np.ndarray, other: np.ndarray) -> None:
    with pytest.raises(ValueError, match="N >= 2"):
        similarity(one, other)


@pytest.mark.parametrize("at", [0.0, 7.3, -1e6])
def test_points_that_coincide_are_refused(at: float) -> None:
    one = np.full((30, 2), at)
    for pair in ((one, CLOUD), (CLOUD, one)):
        with pytest.raises(MediaError, match="all lie on one point"):
            similarity(*pair)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_no_number_is_refused(value: float) -> None:
    broken = CLOUD.copy()
    broken[3, 1] = value
    for pair in ((broken, CLOUD), (CLOUD, broken)):
        with pytest.raises(MediaError, match="no number"):
            similarity(*pair)


def test_a_square_and_its_mirror_image_have_nothing_in_common() -> None:
    square = np.array(((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)))
    with pytest.raises(MediaError, match="in no position"):
        similarity(square, square * (1, -1))
