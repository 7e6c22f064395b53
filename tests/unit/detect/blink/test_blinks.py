"""Blinks in series that are known, blinks a minute, and what cannot be counted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from moving_face import blinking, landmarks

from prosopon.core.faces import Box, Face
from prosopon.datasets.followed import followed
from prosopon.detect.blink.blinks import Rate, blinks, depth
from prosopon.detect.blink.openings import Openings, from_blendshapes, from_landmarks
from prosopon.faces.finder import open_finder
from prosopon.faces.mediapipe import is_there


def lids(starts: list[float], seconds: float, fps: float, *, deep: float = 1.0, noise: float = 0.0) -> Openings:
    """Blinks of 0.3 s that begin when they are said to; 1 is open."""
    at = np.arange(round(seconds * fps)) / fps
    closed = np.zeros(len(at))
    for start in starts:
        since = at - start
        closed = np.maximum(closed, np.clip(np.minimum(since / 0.09, (0.31 - since) / 0.18), 0, 1))
    shares = 1 - deep * closed + noise * np.random.default_rng(0).normal(size=len(at))
    return Openings(at, shares, "drawn")


class TestBlinks:
    @pytest.mark.parametrize("fps", [15.0, 25.0, 29.97, 60.0])
    def test_all_are_found_at_their_times(self, fps: float) -> None:
        starts = [0.5, 1.4, 3.0, 3.6, 7.2]
        found = blinks(lids(starts, 9.0, fps, noise=0.02))
        assert [one.time_s for one in found] == pytest.approx([start + 0.11 for start in starts], abs=0.07)
        assert all(0.06 < one.length_s < 0.35 for one in found)

    def test_shallow_ones_too_where_the_series_is_steady(self) -> None:
        assert len(blinks(lids([1.0, 2.5], 4.0, 25, deep=0.2, noise=0.01))) == 2

    def test_unsteadiness_is_no_blinking(self) -> None:
        for noise in (0.0, 0.01, 0.03, 0.06):
            assert blinks(lids([], 20.0, 25, noise=noise)) == ()

    def test_a_single_bad_frame_is_none(self) -> None:
        series = lids([1.0], 4.0, 25)
        series.shares[70] = 0.0
        assert len(blinks(series)) == 1

    def test_closed_eyes_are_none(self) -> None:
        series = lids([1.0], 6.0, 25)
        series.shares[75:120] = 0.05
        assert [round(one.time_s, 1) for one in blinks(series)] == [1.1]

    def test_one_at_either_end_counts(self) -> None:
        assert len(blinks(lids([-0.1, 3.85], 4.0, 25))) == 2

    def test_gaps_are_not_reached_over(self) -> None:
        series = lids([1.0, 2.9], 4.0, 25)
        series.shares[40:70] = np.nan
        assert len(blinks(series)) == 2
        assert series.seen_s == pytest.approx(2.8, abs=0.05)

    def test_too_few_frames_a_second(self) -> None:
        assert blinks(lids([1.0], 4.0, 8.0)) == ()

    def test_how_deep_a_dip_must_be_has_bounds(self) -> None:
        assert depth(np.zeros(0)) == depth(1 - lids([1.0, 1.5, 2.0, 2.5], 3.0, 25).shares) == 0.45
        assert depth(np.zeros(100)) == 0.12


class TestOpenings:
    def test_landmarks_say_how_far_lids_are_open(self) -> None:
        wanted = np.ones(60)
        wanted[30:34] = (0.5, 0.0, 0.2, 0.6)
        clip, tracks = blinking(wanted)
        found = from_landmarks(tracks.tracks[0].faces, clip.times)
        assert found.shares == pytest.approx(wanted, abs=0.05)

    def test_whose_eyes_are_narrow_has_them_open_all_the_same(self) -> None:
        clip, tracks = blinking(np.full(50, 0.5))
        assert from_landmarks(tracks.tracks[0].faces, clip.times).shares == pytest.approx(1)

    def test_frames_without_a_face_are_told_apart(self) -> None:
        faces = {index: Face.around(landmarks()) for index in range(0, 40, 2)}
        found = from_landmarks(faces, [index / 25 for index in range(40)])
        assert np.isnan(found.shares[1::2]).all()
        assert np.isfinite(found.shares[::2]).all()

    def test_blendshapes_where_there_are_some(self) -> None:
        closed = np.zeros(50)
        closed[20:24] = (0.4, 0.7, 0.7, 0.3)
        faces = {
            i: Face(Box(0, 0, 9, 9), landmarks(), blendshapes={"eyeBlinkLeft": value, "eyeBlinkRight": value})
            for i, value in enumerate(closed.tolist())
        }
        found = from_blendshapes(faces, [i / 25 for i in range(50)])
        assert found is not None
        assert len(blinks(found)) == 1
        assert from_blendshapes({0: Face.around(landmarks())}, [0.0]) is None


class TestRate:
    def test_the_interval_is_that_of_a_poisson_count(self) -> None:
        rate = Rate.of(10, 30.0)
        assert rate.per_minute == 20
        assert (rate.low / 2, rate.high / 2) == pytest.approx((4.795, 18.390), abs=1e-3)  # Garwood 1936, table

    def test_none_at_all_still_leaves_some_open(self) -> None:
        rate = Rate.of(0, 60.0)
        assert rate.low == 0
        assert rate.high == pytest.approx(3.689, abs=1e-3)


@pytest.mark.skipif(not is_there(), reason="needs MediaPipe, whose lids follow blinks")
def test_blinks_of_real_people(shared: Path) -> None:
    finder = open_finder("mediapipe")
    one = next(iter(followed([shared / "media/video/grid_s31/bbac3s.mp4"], finder=finder)))
    assert one.tracks.main is not None
    assert len(blinks(from_landmarks(one.tracks.main.faces, one.clip.times))) == 3  # counted by eye
