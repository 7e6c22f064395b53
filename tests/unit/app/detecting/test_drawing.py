"""Heat maps over frames."""

from __future__ import annotations

import numpy as np
from stand_in_detectors import RedDots, StandIn, dotted, roster

from prosopon.app.detecting.drawing import further_maps, heat_maps, heated, key_frames, overview
from prosopon.core.clip import Clip
from prosopon.core.faces import Box
from prosopon.core.score import HeatMap
from prosopon.detect.judging.fusion import Fusion
from prosopon.detect.judging.judge import Judge

GREY = np.full((100, 120, 3), 128, np.uint8)


def test_red_speaks_for_a_fake_and_blue_against_it() -> None:
    values = np.zeros((4, 4), np.float32)
    values[:, :2], values[:, 2:] = 1, -1
    drawn = heated(GREY, HeatMap(0, Box(20, 20, 100, 80), values, "exact")).astype(int)
    left, right, outside = drawn[50, 30], drawn[50, 90], drawn[5, 5]
    assert left[0] > left[2] + 60
    assert right[2] > right[0] + 60
    assert np.ptp(outside) <= 1


def test_boxes_that_reach_beyond_the_frame() -> None:
    values = np.ones((4, 4), np.float32)
    drawn = heated(GREY, HeatMap(0, Box(-50, -50, 30, 30), values, "exact")).astype(int)
    assert drawn[5, 5, 0] > drawn[5, 5, 2] + 60
    assert np.ptp(drawn[60, 60]) <= 1
    for far in (Box(500, 500, 600, 600), Box(10, 10, 10, 10), Box(-1e6, 0, 1e6, 10)):
        assert np.ptp(heated(GREY, HeatMap(0, far, values, "exact")), axis=-1).max() <= 1


def test_people_are_shown_where_they_are() -> None:
    clip = dotted(20, second=80)
    found = Judge(roster(a=StandIn(0.9)), fusion=Fusion(), finder=RedDots()).judge(clip)
    whole = overview(clip, found.people, declared=False)
    assert whole is not None
    assert whole.picture.shape == (240, 320, 3)
    yellow = (np.abs(whole.picture.astype(int) - (255, 214, 0)) < 60).all(-1)
    assert yellow[:, :200].sum() > 100
    assert yellow[:, 205:].sum() > 100
    faces = key_frames(found.people[0], declared=False)
    assert [face.caption for face in faces] == [
        "face, second 0.08",
        "face, second 0.28",
        "face, second 0.44",
        "face, second 0.64",
    ]
    (heat,) = heat_maps(found.people[0], declared=False)
    face = faces[0]
    assert face.picture.shape == heat.picture.shape
    assert heat.caption.endswith("(exact)")
    assert further_maps(found.people[0], found.people[0].opinions[0], declared=False) == []
    x = face.picture.shape[0] // 2
    np.testing.assert_allclose(face.picture[x, x], RedDots.DOTS[0], atol=30)


def test_nobody_is_shown_nowhere() -> None:
    clip = Clip.still(GREY)
    found = Judge(roster(a=StandIn(0.9)), fusion=Fusion(), finder=RedDots()).judge(clip)
    assert overview(clip, found.people, declared=True) is None
