"""Random similarities of a crop: within their ranges, about its middle, the same again from the same seed."""

from __future__ import annotations

import numpy as np
import pytest

from prosopon.core.errors import UsageError
from prosopon.datasets.warps.similarity import RandomSimilarity, similarity
from prosopon.faces.stance import apply


def test_draws_stay_within_their_ranges() -> None:
    rng = np.random.default_rng(0)
    settings = RandomSimilarity(rotation_deg=8, zoom=(0.9, 1.2), shift=0.1, flip=0.25)
    angles, zooms, shifts, flips = [], [], [], []
    for _ in range(2000):
        matrix, flipped = settings.draw(rng, 64)
        assert (np.linalg.det(matrix[:, :2]) < 0) == flipped
        if flipped:
            matrix[0] *= -1
            matrix[0, 2] += 64
        zooms.append(np.hypot(*matrix[:, 0]))
        angles.append(np.degrees(np.arctan2(matrix[0, 1], matrix[0, 0])))
        shifts.append(apply(matrix, np.array((32.0, 32.0))) / 64 - 0.5)
        flips.append(flipped)
    for values, low, high in ((angles, -8, 8), (zooms, 0.9, 1.2), (np.ravel(shifts), -0.1, 0.1)):
        assert low <= np.min(values) < low + 0.02 * (high - low)
        assert high - 0.02 * (high - low) < np.max(values) <= high + 1e-9
        assert np.std(values) == pytest.approx((high - low) / 12**0.5, rel=0.05)
    assert np.mean(flips) == pytest.approx(0.25, abs=0.03)


def test_the_unit_does_not_matter() -> None:
    small, flipped = RandomSimilarity().draw(np.random.default_rng(5))
    large, again = RandomSimilarity().draw(np.random.default_rng(5), 128)
    assert flipped == again
    np.testing.assert_allclose(small[:, :2], large[:, :2])
    np.testing.assert_allclose(small[:, 2] * 128, large[:, 2])


def test_what_the_numbers_mean() -> None:
    points = np.array(((50.0, 50.0), (100.0, 50.0)))
    np.testing.assert_allclose(apply(similarity(90, 0.5, (0, 0), 100), points), ((50, 50), (50, 25)), atol=1e-9)
    np.testing.assert_allclose(apply(similarity(0, 1, (0.1, -0.2), 100), points), ((60, 30), (110, 30)))
    np.testing.assert_allclose(apply(similarity(0, 1, (0.1, 0), 100, flipped=True), points), ((40, 50), (-10, 50)))


def test_nothing_moves_where_nothing_may() -> None:
    still = RandomSimilarity(rotation_deg=0, zoom=(1, 1), shift=0, flip=0)
    matrix, flipped = still.draw(np.random.default_rng(0), 64)
    np.testing.assert_allclose(matrix, ((1, 0, 0), (0, 1, 0)), atol=1e-12)
    assert not flipped


@pytest.mark.parametrize(
    "wrong",
    [
        {"zoom": (0.0, 1.0)}, {"zoom": (1.1, 0.9)}, {"zoom": (1.0, np.inf)}, {"zoom": (np.nan, 1.0)}, {"flip": 1.5},
        {"flip": np.nan}, {"rotation_deg": -1.0}, {"shift": np.nan},
    ],
)  # fmt: skip
def test_settings_that_make_no_sense(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        RandomSimilarity(**wrong)
