"""Several runs in one drawing."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from prosopon.train.several_curves import several_curves


def places(svg: str) -> list[list[tuple[float, float]]]:
    return [
        [tuple(map(float, point.split(","))) for point in points.split()]  # type: ignore[misc]
        for points in re.findall(r'points="([^"]*)"', svg)
    ]


def test_lines_share_their_axes() -> None:
    drawn = several_curves("identity", "minutes", {"mini": [(5, 0.2), (15, 0.5)], "original": [(15, 0.5)]}, {})
    mini, original = places(drawn)
    assert mini[1] == original[0]
    assert mini[0][0] == pytest.approx(50 + 360 / 3)  # a third of the way from 0 to 15 minutes
    assert mini[0][1] > mini[1][1]  # more is further up
    assert drawn.count("<circle") == 3
    for word in ("mini", "original", "identity", "minutes", ">15<", ">0.5<", ">0.2<"):
        assert word in drawn


def test_levels_widen_the_axis() -> None:
    plain = several_curves("x", "min", {"a": [(0, 1), (1, 2)]}, {})
    beside = several_curves("x", "min", {"a": [(0, 1), (1, 2)]}, {"ceiling": 10, "nothing": float("nan")})
    assert places(beside)[0][1][1] > places(plain)[0][1][1]
    assert "ceiling" in beside
    assert "nothing" not in beside


def test_it_is_well_formed_and_escaped() -> None:
    drawn = several_curves("a < b", "min", {"<run> & co": [(1, 1)]}, {'"level"': 3})
    ElementTree.fromstring(drawn.replace("&nbsp;", " ").replace("<br>", "<br/>"))  # noqa: S314 - our own drawing
    assert "<run>" not in drawn


def test_odd_input() -> None:
    flat = several_curves("x", "min", {"a": [(0, 0), (0, 0)]}, {})
    assert "nan" not in flat
    passed = several_curves("x", "min", {"a": [(1, float("nan")), (2, 1.0)], "b": []}, {})
    assert len(places(passed)[0]) == 1
    many = several_curves("x", "min", {str(n): [(n, n)] for n in range(20)}, {})
    assert many.count("<polyline") == 20
    with pytest.raises(ValueError, match="nothing to draw"):
        several_curves("x", "min", {"a": [(1, float("inf"))]}, {"level": 1})
