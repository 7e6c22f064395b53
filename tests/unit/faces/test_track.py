from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from prosopon.core.clip import Clip, Frame
from prosopon.core.faces import Box, Face
from prosopon.faces.mediapipe import MediaPipeFinder
from prosopon.faces.track import track


class Scripted:
    """A finder that reads the faces off a frame number which is written into the first pixel."""

    name = "scripted"

    def __init__(self, places: dict[int, list[Box]]) -> None:
        self.places = places

    def find(self, frame: Frame) -> list[Face]:
        return [Face(box, _points(box)) for box in self.places.get(int(frame[0, 0, 0]), [])]


def _points(box: Box) -> np.ndarray:
    unit = np.random.default_rng(0).random((68, 2))
    return (np.array(box[:2]) + unit * (box.width, box.height)).astype(np.float32)


def film(n: int, *, cut_at: int | None = None, fps: int = 25) -> Clip:
    frames = np.full((n, 48, 64, 3), 60, np.uint8)
    if cut_at is not None:
        frames[cut_at:] = 160
    frames[:, 0, 0] = np.arange(n)[:, None]
    return Clip.of_frames(frames, fps)


def at(x: float, y: float = 10, side: float = 10) -> Box:
    return Box(x, y, x + side, y + side)


def test_two_people_who_pass_each_other_stay_apart() -> None:
    places = {i: [at(i * 2.0, 5, 16), at(40 - i * 2.0, 25)] for i in range(20)}
    for i in range(0, 20, 2):
        places[i].reverse()
    tracks = track(film(20), Scripted(places)).tracks
    assert [len(one) for one in tracks] == [20, 20]
    assert all(face.box.width == 16 for face in tracks[0].faces.values())


def test_the_most_prominent_comes_first() -> None:
    places = {i: [at(2, 2, 6), *([at(30, 10, 20)] if i >= 10 else [])] for i in range(20)}
    tracks = track(film(20), Scripted(places))
    assert tracks.main is not None
    assert tracks.main.faces[12].box.width == 20
    assert tracks.n_frames == 20
    assert tracks.back_end == "scripted"


def test_a_jump_begins_a_new_track() -> None:
    places = {i: [at(2 if i < 10 else 45)] for i in range(20)}
    assert [len(one) for one in track(film(20), Scripted(places)).tracks] == [10, 10]


def test_a_cut_begins_a_new_track_at_the_same_place() -> None:
    places = {i: [at(20)] for i in range(20)}
    assert [len(one) for one in track(film(20, cut_at=8), Scripted(places)).tracks] == [12, 8]
    assert [len(one) for one in track(film(20), Scripted(places)).tracks] == [20]


def test_a_blink_of_the_finder_is_bridged_but_a_long_absence_is_not() -> None:
    short = {i: [at(20)] for i in range(40) if i not in (10, 11, 12)}
    assert [len(one) for one in track(film(40), Scripted(short)).tracks] == [37]
    long = {i: [at(20)] for i in range(40) if not 10 <= i < 30}
    assert [len(one) for one in track(film(40), Scripted(long)).tracks] == [10, 10]


def test_every_nth_frame() -> None:
    places = {i: [at(20)] for i in range(40)}
    slow = track(film(40, fps=2), Scripted(places), every=5)
    assert slow.n_frames == 8
    assert [sorted(one.faces) for one in slow.tracks] == [[0, 5, 10, 15, 20, 25, 30, 35]]


def test_nobody() -> None:
    tracks = track(film(3), Scripted({}))
    assert tracks.main is None
    assert tracks.n_frames == 3


def test_a_still(finder: MediaPipeFinder, portrait: np.ndarray) -> None:
    tracks = track(Clip.still(portrait), finder)
    assert tracks.main is not None
    assert len(tracks.main) == 1


@pytest.mark.parametrize(
    ("name", "spans"),
    [
        ("video_identity_cut_s1_s2.mp4", {(0, 74), (75, 149)}),
        ("video_face_noface_face.mp4", {(0, 74), (125, 199)}),
        ("video_no_audio.mp4", {(0, 74)}),
    ],
)
def test_footage(finder: MediaPipeFinder, shared: Path, name: str, spans: set[tuple[int, int]]) -> None:
    clip = decoded(shared / "media/hard" / name)
    tracks = track(clip, finder)
    assert {(min(one.faces), max(one.faces)) for one in tracks.tracks} == spans


def decoded(path: Path) -> Clip:
    av = pytest.importorskip("av")
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return Clip.of_frames(frames, Fraction(25))
