"""Uniform yaw: turns of the head as often as each other, whatever there is of each."""

from __future__ import annotations

import numpy as np
import pytest

from prosopon.core.errors import UsageError
from prosopon.datasets.warps.yaw import YawSampler


def drawn(sampler: YawSampler, number: int = 4000) -> list[int]:
    rng = np.random.default_rng(0)
    return [sampler.draw(rng) for _ in range(number)]


def test_rare_turns_come_as_often_as_common_ones() -> None:
    yaws = np.concatenate((np.zeros(990), np.full(9, 40.0), (-50.0,)))
    sampler = YawSampler(yaws)
    assert sampler.occupied == 3
    counts = np.bincount(drawn(sampler), minlength=1000)
    shares = np.array((counts[:990].sum(), counts[990:999].sum(), counts[999])) / counts.sum()
    np.testing.assert_allclose(shares, 1 / 3, atol=0.03)
    assert (counts[990:999] > 80).all()


def test_far_turns_share_the_outermost_bins() -> None:
    sampler = YawSampler((80.0, 70.0, -90.0, 0.0), bins=64)
    assert sampler.occupied == 3
    shares = np.bincount(drawn(sampler), minlength=4) / 4000
    np.testing.assert_allclose(shares, (1 / 6, 1 / 6, 1 / 3, 1 / 3), atol=0.03)


def test_unknown_yaws_share_a_bin_of_their_own() -> None:
    sampler = YawSampler([np.nan] * 50 + [0.0])
    assert sampler.occupied == 2
    assert np.mean(np.array(drawn(sampler)) == 50) == pytest.approx(0.5, abs=0.03)


def test_bins_are_as_wide_as_they_should_be() -> None:
    width = np.degrees(2 * 1.2 / 128)
    assert YawSampler((0.1 * width, 0.9 * width)).occupied == 1
    assert YawSampler((0.9 * width, 1.1 * width)).occupied == 2
    assert YawSampler(np.linspace(-68, 68, 5000)).occupied == 128


def test_the_same_again() -> None:
    yaws = np.random.default_rng(1).normal(0, 20, 300)
    assert drawn(YawSampler(yaws), 50) == drawn(YawSampler(yaws), 50)
    assert set(drawn(YawSampler([3.0]), 5)) == {0}


def test_nothing_to_draw_from() -> None:
    with pytest.raises(UsageError, match="no faces"):
        YawSampler([])
    for wrong in ({"bins": 0}, {"limit_rad": 0.0}):
        with pytest.raises(UsageError):
            YawSampler([0.0], **wrong)
