"""Where heads are: followed steadily, bridged over short gaps, and not made up where nobody is."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from notes import Notes
from tiny_partswap import face, people

from prosopon.core.clip import Clip
from prosopon.core.errors import MissingError, UsageError
from prosopon.core.faces import Box, Face, Track, Tracks
from prosopon.core.progress import SILENT
from prosopon.create.partswap.following import Head, head_in_source, heads_in_target, look_at
from prosopon.create.partswap.options import SwapOptions
from prosopon.faces.head_box import head_box

N = 50
AUTO = SwapOptions()


def clip(n: int = N, name: str = "walk.mp4") -> Clip:
    return Clip.of_frames([np.zeros((240, 320, 3), np.uint8)] * n, Fraction(25), name=name)


def head(one: Face) -> Box:
    assert one.landmarks is not None
    return head_box([one.landmarks])


def followed(tracks: Tracks, options: SwapOptions = AUTO) -> tuple[Head | None, ...]:
    return heads_in_target(clip(), options, {"target": tracks}, SILENT)


def test_squares_go_with_the_head_without_trembling() -> None:
    walk = {i: face(80 + 2 * i + (-1.5) ** (i % 2), 120) for i in range(N)}
    heads = followed(people(N, walk))
    for index, one in enumerate(heads):
        assert one is not None and one.face is not None and one.face.landmarks is not None
        assert one.box.width == pytest.approx(one.box.height)
        assert one.box.width == pytest.approx(head(face(0, 0)).width, rel=0.01)
        assert np.abs(one.face.landmarks.mean(0) - (80 + 2 * index, 120)).max() < 1.5
    steps = np.diff([one.box.centre[0] for one in heads if one is not None])
    assert np.abs(steps[4:-4] - 2).max() < 0.2  # of 2.5 between frames


def test_short_gaps_are_bridged_and_long_ones_show_nobody() -> None:
    seen = [*range(10), *range(20, 24)]  # 0.4 s apart, and then nobody for a second
    notes = Notes()
    tracks = people(N, {i: face(100 + i, 120) for i in seen})
    heads = heads_in_target(clip(), AUTO, {"target": tracks}, notes)
    # Up to 0.6 s after the last sighting.
    assert [one is not None for one in heads] == [i <= 38 for i in range(N)]
    between = heads[15]
    assert between is not None and between.face is not None
    assert between.box.centre[0] == pytest.approx(115, abs=1)
    assert ["walk.mp4: 11 of 50 frames" in said for said in notes.said] == [True]


def test_the_most_prominent_person_is_followed_unless_a_crop_says_otherwise() -> None:
    tracks = people(N, {i: face(80, 120, 80) for i in range(N)}, {i: face(240, 120) for i in range(N)})
    notes = Notes()
    heads = heads_in_target(clip(), AUTO, {"target": tracks}, notes)
    assert heads[7] is not None and heads[7].box.centre[0] == pytest.approx(80, abs=1)
    assert "2 people" in notes.said[0] and "--target-crop" in notes.said[0]
    other = followed(tracks, replace(AUTO, target_crop="180,40,120,160"))
    assert other[7] is not None and other[7].box == pytest.approx(head(face(240, 120)), abs=0.01)
    source = head_in_source(clip(1), replace(AUTO, crop="180,40,120,160"), {"source": tracks}, SILENT)
    assert source.box.centre[0] == pytest.approx(240, abs=1)


@pytest.mark.parametrize("crop", ["auto", "0,0,60,60"])
def test_nobody_is_missing_and_the_flag_is_named(crop: str) -> None:
    nobody = Tracks((Track({0: Face(Box(90, 90, 150, 150))}),), N, "told")  # a box without landmarks is nobody
    tracks = people(N, {i: face(150, 120) for i in range(N)}) if crop != "auto" else nobody
    with pytest.raises(MissingError, match=r"walk\.mp4.*--target-crop whole"):
        followed(tracks, replace(AUTO, target_crop=crop))
    with pytest.raises(MissingError, match=r"no face was found in me\.png.*--crop whole"):
        head_in_source(clip(1, "me.png"), replace(AUTO, crop=crop), {"source": tracks}, SILENT)


def test_without_tracks_the_whole_picture_or_the_crop_is_the_head() -> None:
    scene = look_at(clip(1), clip(), replace(AUTO, target_crop="10,20,100,60"), {}, SILENT)
    assert scene.head == Head(Box(0, -40, 320, 280))
    assert scene.heads == (Head(Box(10, 0, 110, 100)),) * N
    somebody = people(N, {0: face(50, 50)})
    whole = look_at(clip(1), clip(), replace(AUTO, crop="whole"), {"source": somebody, "target": somebody}, SILENT)
    assert whole.head.face is None and whole.heads[0] is not None and whole.heads[0].face is not None


@pytest.mark.parametrize("field", ["crop", "target_crop"])
def test_crops_outside_the_picture_are_refused(field: str) -> None:
    options = replace(AUTO, **{field: "400,0,50,50"})
    with pytest.raises(UsageError, match=f"--{field.replace('_', '-')} 400,0,50,50 lies outside walk"):
        look_at(clip(1), clip(), options, {}, SILENT)
