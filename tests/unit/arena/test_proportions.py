"""Shares and their exact intervals, against printed tables."""

from __future__ import annotations

import json

import pytest

from prosopon.arena.proportions import Proportion


def test_all_and_none_leave_something_open() -> None:
    low, high = Proportion(26, 26).interval()
    assert low == pytest.approx(0.025 ** (1 / 26)) and high == 1
    low, high = Proportion(0, 100_000).interval()
    assert low == 0 and high == pytest.approx(1 - 0.025 ** (1 / 100_000))


def test_a_known_interval() -> None:
    assert Proportion(8, 10).interval() == pytest.approx((0.4439, 0.9748), abs=1e-4)
    low, high = Proportion(8, 10).interval(0.9)
    assert 0.4439 < low < 0.8 < high < 0.9748


def test_nothing_tried() -> None:
    nothing = Proportion(0, 0)
    assert nothing.share is None and nothing.interval() == (0, 1) and nothing.told == "-"
    assert json.loads(json.dumps(nothing.as_json()))["share"] is None


@pytest.mark.parametrize(("hits", "of"), [(-1, 3), (4, 3), (0, -1)])
def test_impossible(hits: int, of: int) -> None:
    with pytest.raises(ValueError):
        Proportion(hits, of)


def test_told() -> None:
    assert Proportion(37, 37).told == "100 % (90.5 to 100.0)"
