"""The cosine transform by hand, and the vector as a whole."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.fft

from prosopon.detect.spectrum.azimuthal import BINS
from prosopon.detect.spectrum.cosine import CELLS, cosine_power
from prosopon.detect.spectrum.features import CURVE, GRID, PEAKS, features
from prosopon.detect.spectrum.peaks import PLACES
from prosopon.detect.spectrum.technique import Spectrum


def test_noise_has_the_same_power_in_every_cell() -> None:
    cells = cosine_power(np.random.default_rng(0).normal(50, 3, (160, 160)))
    assert cells.shape == (CELLS, CELLS)
    # The mean of the logarithm of a squared normal variable lies 5.5 dB below the logarithm of its mean.
    assert cells.mean() == pytest.approx(10 * np.log10(9) - 5.5, abs=0.3)
    assert cells.std() < 1


def test_a_single_coefficient_lies_in_its_cell() -> None:
    coefficients = np.zeros((64, 64))
    coefficients[20, 41] = 1000.0
    plane = scipy.fft.idctn(coefficients, norm="ortho")
    cells = cosine_power(plane + 100)
    assert int(cells.argmax()) == 20 * CELLS // 64 * CELLS + 41 * CELLS // 64


def test_the_mean_of_a_picture_plays_no_part() -> None:
    plane = np.random.default_rng(1).normal(0, 5, (60, 70))
    assert cosine_power(plane + 90) == pytest.approx(cosine_power(plane))


def test_the_vector_holds_all_three() -> None:
    picture = np.random.default_rng(2).integers(0, 256, (60, 60, 3), np.uint8)
    found = features(picture)
    assert found.shape == (BINS + len(PLACES) + CELLS**2,)
    assert np.isfinite(found).all()
    assert found[GRID].mean() == pytest.approx(0, abs=1e-9)
    y, x = np.mgrid[:60, :60]
    board = np.clip(picture.astype(float) + 40 * ((-1.0) ** (x + y))[..., None], 0, 255).astype(np.uint8)
    assert features(board)[PEAKS][0] > found[PEAKS][0] + 5
    assert features(board)[CURVE][-1] > found[CURVE][-1] + 3
    with pytest.raises(ValueError, match="40x60"):
        features(np.zeros((60, 40, 3), np.uint8))


def test_groups_cover_all_features_once() -> None:
    covered = sorted(index for place in Spectrum.groups.values() for index in range(GRID.stop)[place])
    assert covered == [*range(GRID.stop)]
