"""Series drawn over time."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import numpy as np

from prosopon.app.detecting.timeline import timeline
from prosopon.core.score import Series


def series(values: list[float], unit: str = "", times: list[float] | None = None) -> Series:
    at = np.arange(len(values)) / 25 if times is None else np.array(times)
    return Series("x", unit, at, np.array(values, np.float32))


def lines(markup: str) -> list[list[tuple[float, float]]]:
    found = re.findall(r'points="([^"]+)"', markup)
    return [[tuple(map(float, point.split(","))) for point in one.split()] for one in found]


def test_time_goes_right_and_values_go_up() -> None:
    markup = timeline(series([0.0, 0.5, 1.0]), "a <b>", (0.0, 0.08))
    ET.fromstring(markup)  # noqa: S314 - it is our own
    assert "a &lt;b&gt;" in markup
    (points,) = lines(markup)
    assert points[0][0] < points[1][0] < points[2][0]
    assert points[0][1] > points[1][1] > points[2][1]


def test_gaps_in_values_and_in_time_part_the_line() -> None:
    nan = float("nan")
    assert [len(one) for one in lines(timeline(series([1, 2, nan, 3, 4, 5]), "x", (0, 1)))] == [2, 3]
    times = [0, 0.04, 0.08, 1.0, 1.04]
    assert [len(one) for one in lines(timeline(series([1, 2, 3, 4, 5], times=times), "x", (0, 2)))] == [3, 2]
    assert timeline(series([1, nan, 2]), "x", (0, 1)).count("<circle") == 2


def test_nothing_measured_draws_nothing() -> None:
    assert timeline(series([float("nan")] * 3), "x", (0, 1)) == ""
    assert timeline(series([]), "x", (0, 1)) == ""


def test_shares_go_from_0_to_1_and_other_things_as_far_as_they_go() -> None:
    assert ">1</text>" in timeline(series([0.4, 0.5]), "x", (0, 1))
    assert "(degrees)" in timeline(series([0.4, 0.5], "degrees"), "x", (0, 1))
    assert ">0.5</text>" in timeline(series([0.4, 0.5], "degrees"), "x", (0, 1))
    assert lines(timeline(series([3, 3, 3], "degrees"), "x", (0, 1)))


def test_many_points_are_thinned() -> None:
    (points,) = lines(timeline(series([0.5] * 5000), "x", (0, 200)))
    assert len(points) <= 600
