"""Which frames share one change, and where to look for them."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from prosopon.core.clip import Clip
from prosopon.vouch.watermark.segments import LENGTHS_S, segment_of, windows_of


def clip(count: int, fps: Fraction) -> Clip:
    return Clip(64, 64, lambda: iter(()), tuple(float(3 + i / fps) for i in range(count)), fps)


@pytest.mark.parametrize(
    ("fps", "length"), [(Fraction(25), 25), (Fraction(30000, 1001), 30), (Fraction(60), 30), (Fraction(120), 30)]
)
def test_segments_hold_few_frames(fps: Fraction, length: int) -> None:
    held = clip(200, fps)
    numbers = [segment_of(held)(time_s) for time_s in held.times]
    assert numbers == sorted(numbers)
    assert numbers.index(1) == length


@pytest.mark.parametrize("length_s", LENGTHS_S)
def test_one_way_to_divide_is_that_of_the_marking(length_s: float) -> None:
    times = [i / 24 for i in range(100)]
    first = next(windows_of(times, length_s))
    assert first[0, 0] == 0
    assert np.array_equal(first[1:, 0], first[:-1, 1])
    assert set(np.diff(first[:-1]).ravel()) == {round(24 * length_s)}


def test_windows_are_inside_and_hold_frames() -> None:
    for times in ([0.0], [0.0, 0.04], [5.0, 5.5, 9.0], [i / 7 for i in range(30)]):
        ways = list(windows_of(times, 1.0))
        assert ways
        for windows in ways:
            assert (windows[:, 0] < windows[:, 1]).all()
            assert windows.min() >= 0
            assert windows.max() <= len(times)


def test_no_way_comes_twice() -> None:
    ways = [windows.tobytes() for windows in windows_of([i / 2 for i in range(9)], 1.0)]
    assert len(set(ways)) == len(ways)
