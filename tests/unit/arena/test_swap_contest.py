"""Swaps beside each other: the baselines before them, the ceilings after them, all by the same measures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from drawn_swaps import N_FRAMES, SIDE, SOURCE, MeanColour, NumberFinder, coloured, face_at, footage, points_of

from prosopon.arena import swap_contest
from prosopon.arena.landmark_warp import NAME as WARP
from prosopon.arena.swap_contest import SOURCE as ITSELF
from prosopon.arena.swap_contest import UNTOUCHED, Contestant, contest, ground_of, shown_frames
from prosopon.arena.swap_people import Footage
from prosopon.arena.swap_quality import Swap
from prosopon.core.clip import Clip
from prosopon.core.faces import Track, Tracks
from prosopon.datasets.face_set import FaceStore
from prosopon.faces.identity import Embedder
from prosopon.train.store import Column, Shot, write_store


class AsItIs:
    """Takes the place of the embedder of inner faces, to which one colour is like another."""

    def __new__(cls, embedder: Embedder) -> Embedder:  # type: ignore[misc]
        return embedder


@pytest.fixture
def store(tmp_path: Path) -> FaceStore:
    """Two films of the source."""
    grey = np.full((SIDE, SIDE, 3), 90, np.uint8)
    pictures = np.stack([coloured(grey, index, SOURCE) for index in range(4)])
    points = np.stack([points_of(index) for index in range(4)])
    rows = {"pictures": pictures, "masks": pictures, "landmarks": points, "yaws": np.zeros(4, np.float32)}
    square = Column("|u1", (SIDE, SIDE, 3))
    shots = [(Shot(name, "anna", "footage"), rows) for name in ("one", "two")]
    write_store(tmp_path / "store", {"pictures": square, "masks": square, **FaceStore.columns}, shots)
    return FaceStore.open(tmp_path / "store")


def painting(opened: list[str]) -> Callable[[], Swap]:
    def swap(clip: Clip, tracks: Tracks) -> Clip:
        assert tracks.main is not None
        frames = [coloured(frame, index, SOURCE) for index, frame in enumerate(clip.frames())]
        return Clip.of_frames(frames, 25, name="painted")

    def ready() -> Swap:
        opened.append("painted")
        return swap

    return ready


def test_a_swap_stands_between_what_it_must_beat_and_what_it_cannot(
    store: FaceStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(swap_contest, "InnerFace", AsItIs)
    opened: list[str] = []
    ground = ground_of(store, [footage()], (), NumberFinder(), MeanColour(), every=2)
    standings = contest(ground, [Contestant("painted", painting(opened), facts={"minutes": 3.0})])
    assert [one.name for one in standings] == [UNTOUCHED, WARP, "painted", ITSELF]
    assert [one.kind for one in standings] == ["baseline", "baseline", "swap", "ceiling"]
    assert opened == ["painted"]
    untouched, warp, painted, itself = (one.mean for one in standings)
    assert untouched["identity"] == pytest.approx(0, abs=0.05)
    assert painted["identity"] == pytest.approx(1, abs=0.05)
    assert itself["identity"] == pytest.approx(1, abs=0.05)
    assert untouched["changed"] == 0 < warp["changed"]
    assert {len(one.shown["film"]) for one in standings[:3]} == {4}
    told = standings[2].as_json()
    assert told["minutes"] == 3
    assert told["clips"]["film"] == told["mean"]
    assert told["exact"] == {}


def test_with_no_clips_nobody_is_told_apart(store: FaceStore) -> None:
    ground = ground_of(store, (), (), NumberFinder(), MeanColour())
    assert [one.name for one in contest(ground, [])] == [UNTOUCHED, WARP]


def test_shown_frames_are_spread_and_looked_at() -> None:
    assert shown_frames(footage(), 1) == [1, 3, 5, 7]
    assert shown_frames(footage(), 3) == [0, 3, 6]
    person = Track({5: face_at(5), 7: face_at(7)})
    some = Footage("film", footage().clip, Tracks((person,), N_FRAMES, "drawn"), person)
    assert shown_frames(some, 1) == [5, 7]
    assert shown_frames(some, 4) == [5, 7]  # none of them is looked at
