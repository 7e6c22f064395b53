"""The azimuthal curve: levels that are known, directions that do not count, sizes that do not count."""

from __future__ import annotations

import numpy as np
import pytest

from prosopon.detect.spectrum.azimuthal import BINS, FREQUENCIES, azimuthal, grey, power


def test_white_noise_has_its_variance_everywhere() -> None:
    noise = np.random.default_rng(0).normal(100, 4, (150, 160))
    assert power(noise).mean() == pytest.approx(16, rel=0.1)
    curve = azimuthal(noise, levelled=False)
    # The mean of the logarithm of an exponential distribution lies 2.51 dB below the logarithm of its mean.
    assert curve[10:95].mean() == pytest.approx(10 * np.log10(16) - 2.51, abs=0.2)
    assert np.abs(np.diff(curve[10:90])).max() < 2


def test_a_wave_stands_at_its_frequency_whatever_its_direction() -> None:
    noise = np.random.default_rng(1).normal(0, 1, (120, 120))
    y, x = np.mgrid[:120, :120]
    for angle in (0.0, 0.5, 1.2):
        wave = 20 * np.cos(2 * np.pi * 0.3 * (x * np.cos(angle) + y * np.sin(angle)))
        added = azimuthal(noise + wave, levelled=False) - azimuthal(noise, levelled=False)
        assert FREQUENCIES[added.argmax()] == pytest.approx(0.3, abs=0.012)
        assert added.max() > 1


def test_a_jump_between_the_borders_leaves_nothing_at_high_frequencies() -> None:
    ramp = np.tile(np.linspace(0, 200, 100), (100, 1))
    assert power(ramp)[0, 30] < 1e-2


def test_contrast_and_light_do_not_count() -> None:
    plane = np.cumsum(np.random.default_rng(2).normal(0, 5, (90, 90)), 1)
    assert azimuthal(3 * plane + 40) == pytest.approx(azimuthal(plane), abs=0.05)


def test_pictures_of_other_sizes_have_the_same_curve() -> None:
    rng = np.random.default_rng(3)
    small, large = rng.normal(0, 5, (64, 64)), rng.normal(0, 5, (195, 190))
    curves = [azimuthal(plane, levelled=False) for plane in (small, large)]
    assert curves[0].shape == curves[1].shape == (BINS,)
    assert np.abs(curves[0] - curves[1])[15:95].mean() < 0.9


def test_a_flat_picture_is_finite() -> None:
    assert np.isfinite(azimuthal(np.full((48, 48), 7.0))).all()


def test_grey_is_luma() -> None:
    assert grey(np.array([[[255, 0, 0], [10, 10, 10]]], np.uint8))[0] == pytest.approx([0.299 * 255, 10])
