from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import grey_dilation, grey_erosion

from prosopon.faces.aligned.edges import grown, softened

SOFT = np.random.default_rng(0).random((40, 50)).astype(np.float32)


def disk(radius: int) -> np.ndarray:
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    return x * x + y * y <= radius * radius


@pytest.mark.parametrize("radius", [1, 2, 3, 7, 25])
def test_growing_takes_the_greatest_value_within_a_disk(radius: int) -> None:
    expected = grey_dilation(SOFT, footprint=disk(radius), mode="constant", cval=-1)
    assert np.array_equal(grown(SOFT, radius), expected)


@pytest.mark.parametrize("radius", [1, 4])
def test_shrinking_takes_the_least(radius: int) -> None:
    expected = grey_erosion(SOFT, footprint=disk(radius), mode="constant", cval=2)
    assert grown(SOFT, -radius) == pytest.approx(expected, abs=1e-6)


def test_nothing_changes_by_nothing() -> None:
    for result in (grown(SOFT, 0.0), softened(SOFT, 0.0)):
        assert np.array_equal(result, SOFT)
        assert result is not SOFT


def test_growth_is_smooth_between_pixels() -> None:
    sums = [float(grown(SOFT, px).sum()) for px in np.linspace(1, 3, 9)]
    assert sums == sorted(sums)
    assert grown(SOFT, 1.25) == pytest.approx(0.75 * grown(SOFT, 1) + 0.25 * grown(SOFT, 2), abs=1e-6)


def test_masks_stay_at_the_pictures_edge() -> None:
    full = np.ones((20, 30), np.float32)
    assert (grown(full, -8) == 1).all()
    assert (softened(full, 5) == 1).all()
    half = np.zeros((20, 30), np.float32)
    half[:, :15] = 1
    assert np.array_equal(grown(half, -3), np.repeat((np.arange(30) < 12)[None], 20, 0).astype(np.float32))


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (7, 1)])
def test_masks_of_a_pixel_or_a_row(shape: tuple[int, int]) -> None:
    mask = np.zeros(shape, np.float32)
    mask[0, 0] = 1
    assert grown(mask, 100).min() == 1.0
    assert grown(np.ones(shape, np.float32), -100).min() == 1.0
    assert softened(mask, 2).shape == shape


def test_growing_by_very_much_fills_the_picture_and_ends() -> None:
    assert (grown(SOFT, 1e9) == SOFT.max()).all()


def test_softening_spreads_without_loss() -> None:
    dot = np.zeros((41, 41), np.float32)
    dot[20, 20] = 1
    spread = softened(dot, 3.0)
    assert spread.dtype == np.float32
    assert spread.sum() == pytest.approx(1, abs=1e-3)
    x = np.arange(41) - 20
    assert np.sqrt((spread.sum(0) * x**2).sum()) == pytest.approx(3.0, rel=0.03)
    assert spread == pytest.approx(spread.T, abs=1e-7)


@pytest.mark.parametrize("px", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_refused(px: float) -> None:
    with pytest.raises(ValueError, match="cannot"):
        grown(SOFT, px)
    with pytest.raises(ValueError, match="cannot"):
        softened(SOFT, px)
    with pytest.raises(ValueError, match="cannot"):
        softened(SOFT, -1)
