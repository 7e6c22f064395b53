"""Smoothing of streams: the same as of the whole series; causal where nothing can be looked ahead."""

from __future__ import annotations

import numpy as np
import pytest

from prosopon.create.fomm.steadying import OneEuro, steadied
from prosopon.faces.smooth import smooth


@pytest.mark.parametrize("count", [1, 2, 5, 9, 10, 40])
@pytest.mark.parametrize("size", [1, 3, 8, 50])
def test_a_stream_is_smoothed_like_the_whole(count: int, size: int) -> None:
    series = np.random.default_rng(count).normal(size=(count, 4)).cumsum(0)
    chunks = [series[start : start + size] for start in range(0, count, size)]
    found = np.concatenate([*steadied(chunks, 2.0)])
    assert np.allclose(found, smooth(series, 2.0))


def test_without_smoothing_chunks_pass() -> None:
    chunks = [np.ones((2, 3)), np.zeros((1, 3))]
    assert [*steadied(chunks, 0.0)] == chunks


def test_nothing_comes_of_nothing() -> None:
    assert [*steadied([], 2.0)] == []


def test_one_euro_calms_rest_and_follows_quick_movement() -> None:
    rng = np.random.default_rng(0)
    times = np.arange(100) / 25
    still = OneEuro(2.0, 8.0)
    trembling = rng.normal(0, 0.05, (100, 1))
    calm = np.stack([still(row, at_s) for row, at_s in zip(trembling, times, strict=True)])
    assert calm[20:].std() < 0.85 * trembling[20:].std()
    quick = OneEuro(2.0, 8.0)
    ramp = np.clip(times - 1, 0, 1)[:, None] * 4
    followed = np.stack([quick(row, at_s) for row, at_s in zip(ramp, times, strict=True)])
    # At the end of a movement of four units in a second it is behind by less than two frames.
    assert ramp[49, 0] - followed[49, 0] < 2 * 4 / 25


def test_one_euro_begins_anew() -> None:
    steadier = OneEuro(1.0, 0.0)
    assert steadier(np.zeros(1), 0.0)[0] == 0
    assert steadier(np.ones(1), 0.04)[0] < 1
    steadier.forget()
    assert steadier(np.ones(1), 0.08)[0] == 1
    assert steadier(np.full(1, 5.0), 0.08)[0] == 5  # the clock stands still
