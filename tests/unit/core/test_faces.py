from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prosopon.core.faces import Box, Face, Track, Tracks

SIDES = st.floats(-50, 50)
SIZES = st.floats(0.5, 50)
BOXES = st.builds(lambda x, y, w, h: Box(x, y, x + w, y + h), SIDES, SIDES, SIZES, SIZES)


@given(BOXES, BOXES)
def test_iou_is_symmetric_and_between_none_and_all(one: Box, other: Box) -> None:
    assert one.iou(other) == pytest.approx(other.iou(one))
    assert 0.0 <= one.iou(other) <= 1.0 + 1e-9
    assert one.iou(one) == pytest.approx(1.0)


def test_iou_of_known_boxes() -> None:
    assert Box(0, 0, 2, 2).iou(Box(1, 0, 3, 2)) == pytest.approx(1 / 3)
    assert Box(0, 0, 2, 2).iou(Box(2, 0, 4, 2)) == 0.0


def test_box_measures() -> None:
    box = Box(1, 2, 4, 8)
    assert (box.width, box.height, box.centre) == (3, 6, (2.5, 5.0))


def test_the_main_track_is_the_first() -> None:
    track = Track({0: Face(Box(0, 0, 2, 3)), 5: Face(Box(0, 0, 4, 3))})
    assert track.mean_area == 9
    assert len(track) == 2
    assert Tracks((track,), 6, "x").main is track
    assert Tracks((), 6, "x").main is None
    assert Track({}).mean_area == 0
