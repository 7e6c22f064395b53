"""Whom portraits show, among people who are all a little like each other."""

from __future__ import annotations

import numpy as np

from prosopon.core.faces import Box, Face, Track, Tracks
from prosopon.faces.identity import told_apart


def vector(degrees: float) -> np.ndarray:
    return np.array((np.cos(np.radians(degrees)), np.sin(np.radians(degrees))), np.float32)


def track(degrees: float, frames: range) -> Track:
    return Track({index: Face(Box(0, 0, 9, 9), embedding=vector(degrees)) for index in frames})


ANNA, BERT = vector(0), vector(60)


def test_each_track_goes_to_whom_it_is_most_like() -> None:
    tracks = Tracks((track(50, range(10)), track(10, range(10)), track(5, range(20, 30))), 30, "drawn")
    anna, bert = told_apart(tracks, [ANNA, BERT], same_person=0.5)
    assert anna == (tracks.tracks[2], tracks.tracks[1]) and bert == (tracks.tracks[0],)


def test_nobody_is_twice_in_a_frame() -> None:
    tracks = Tracks((track(20, range(10)), track(10, range(5, 15))), 15, "drawn")
    assert told_apart(tracks, [ANNA], same_person=0.5) == ((tracks.tracks[1],),)


def test_who_is_like_nobody_is_nobodys() -> None:
    tracks = Tracks((track(170, range(10)),), 10, "drawn")
    assert told_apart(tracks, [ANNA, BERT], same_person=0.5) == ((), ())
    bare = Tracks((Track({0: Face(Box(0, 0, 9, 9))}),), 1, "drawn")
    assert told_apart(bare, [ANNA], same_person=0.5) == ((),)
