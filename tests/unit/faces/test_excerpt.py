from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest

from prosopon.core.clip import Clip, Frame
from prosopon.core.faces import Box, Face, Track, Tracks
from prosopon.faces.excerpt import runs_in, runs_of, spread, take_excerpt


def counted(n: int) -> tuple[Clip, list[int]]:
    """A clip whose frames are their numbers, and a list of those that were read."""
    read: list[int] = []

    def frames() -> Iterator[Frame]:
        for index in range(n):
            read.append(index)
            yield np.full((4, 4, 3), index, np.uint8)

    return Clip(4, 4, frames, tuple(index / 25 for index in range(n)), Fraction(25), name="film"), read


def people(*present: range) -> Tracks:
    tracks = [Track({index: Face(Box(index, 0, index + 9, 9)) for index in frames}) for frames in present]
    return Tracks(tuple(tracks), 100, "test")


def numbers(clip: Clip) -> list[int]:
    return [int(frame[0, 0, 0]) for frame in clip.frames()]


def test_runs_lie_spread_over_the_frames_that_show_the_person() -> None:
    clip, read = counted(100)
    part, tracks = take_excerpt(clip, people(range(20, 60), range(0, 100)), runs=2, run=4)
    assert numbers(part) == [28, 29, 30, 31, 48, 49, 50, 51]
    assert numbers(part) == numbers(part)
    assert part.times == tuple(index / 25 for index in numbers(part))
    assert len(tracks.tracks) == 1
    assert tracks.n_frames == 8
    assert [int(tracks.tracks[0].faces[at].box.left) for at in range(8)] == numbers(part)
    assert max(read) == 51  # what comes after the last run is not decoded


def test_a_short_clip_is_taken_whole() -> None:
    clip, _ = counted(5)
    part, tracks = take_excerpt(clip, people(range(5)))
    assert numbers(part) == [0, 1, 2, 3, 4]
    assert len(tracks.tracks[0]) == 5


def test_of_a_still_there_is_its_one_frame() -> None:
    still = Clip.still(np.zeros((4, 4, 3), np.uint8))
    part, tracks = take_excerpt(still, Tracks((Track({0: Face(Box(0, 0, 3, 3))}),), 1, "test"))
    assert part.is_still
    assert len(tracks.tracks[0]) == 1


def test_where_nobody_is_the_whole_clip_is_looked_at() -> None:
    clip, _ = counted(40)
    part, tracks = take_excerpt(clip, Tracks((), 40, "test"), runs=2, run=2)
    assert numbers(part) == [9, 10, 29, 30]
    assert tracks.main is None


def test_runs_without_gaps_are_preferred() -> None:
    found = [0, 1, 5, 6, 7, 8, 12, 15]
    assert spread(found, 1, 4) == (5, 6, 7, 8)
    assert spread([0, 2, 4, 6, 8, 10], 1, 3) in ((2, 4, 6), (4, 6, 8))


def test_an_excerpt_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no excerpt"):
        spread(range(9), 0, 8)


def test_gaps_in_time_part_runs() -> None:
    clip, _ = counted(100)
    part, _ = take_excerpt(clip, people(range(100)), runs=3, run=4)
    assert runs_of(part) == (slice(0, 4), slice(4, 8), slice(8, 12))
    assert runs_in([0.0], None) == (slice(0, 1),)
    assert runs_in([], None) == ()
    assert runs_in([0.0, 0.04, 0.08, 1.0, 1.04], None) == (slice(0, 3), slice(3, 5))
