from __future__ import annotations

import numpy as np
import pytest

from prosopon.core.errors import MediaError
from prosopon.faces.aligned.maps import apply
from prosopon.faces.aligned.procrustes import made_symmetric, mean_shape
from prosopon.faces.aligned.umeyama import similarity
from prosopon.faces.head68 import HEAD
from prosopon.faces.sixty_eight import MIRROR

FACE = HEAD[:, :2] * (1.0, -1.0)


def somewhere(shape: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    angle, scale = rng.uniform(-3, 3), rng.uniform(0.1, 50)
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    return shape @ np.array(((cos, sin), (-sin, cos))) + rng.normal(0, 100, 2)


def test_one_shape_in_many_places_is_its_own_mean() -> None:
    rng = np.random.default_rng(0)
    shapes = [FACE, *(somewhere(FACE, rng) for _ in range(5))]
    assert mean_shape(shapes) == pytest.approx(FACE, abs=1e-9)


def test_noise_averages_out_and_the_size_stays() -> None:
    rng = np.random.default_rng(1)
    noisy = [somewhere(FACE + rng.normal(0, 0.3, FACE.shape), rng) for _ in range(200)]
    mean = mean_shape([FACE, *noisy])
    assert np.abs(mean - FACE).max() < 0.12
    assert np.ptp(mean) == pytest.approx(np.ptp(FACE), rel=0.01)


def test_all_shapes_count_the_same_whatever_their_size() -> None:
    long, short = FACE * (1.0, 1.2), FACE * (1.0, 0.8)
    mean = mean_shape([FACE, long, short * 30])
    again = mean_shape([FACE, long * 30, short])
    assert apply(similarity(again, mean), again) == pytest.approx(mean, abs=1e-6)


def test_a_leaning_face_becomes_symmetric_and_upright() -> None:
    rng = np.random.default_rng(2)
    crooked = FACE + rng.normal(0, 0.4, FACE.shape)
    cos, sin = np.cos(0.4), np.sin(0.4)
    shape = made_symmetric(crooked @ np.array(((cos, sin), (-sin, cos))) + (300, 40), MIRROR)
    assert shape[MIRROR] * (-1, 1) == pytest.approx(shape, abs=1e-12)
    assert shape[8, 1] > shape[27, 1]
    assert np.ptp(shape[:, 0]) == pytest.approx(np.ptp(FACE[:, 0]), rel=0.1)


def test_what_is_symmetric_stays() -> None:
    shape = made_symmetric(FACE, MIRROR)
    assert apply(similarity(shape, FACE), shape) == pytest.approx(FACE, abs=1e-9)


def test_nothing_has_no_mean() -> None:
    with pytest.raises(ValueError, match="no shapes"):
        mean_shape([])
    with pytest.raises(MediaError, match="one point"):
        mean_shape([FACE, np.zeros((68, 2))])
