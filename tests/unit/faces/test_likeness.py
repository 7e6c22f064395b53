"""Likeness of faces, and one person's tracks across cuts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from prosopon.core.faces import Box, Face, Track, Tracks
from prosopon.faces.finder import open_finder
from prosopon.faces.likeness import joined_across_cuts, most_alike, normalised
from prosopon.faces.track import track
from prosopon.media.read import read

RNG = np.random.default_rng(1)
SHAPE = RNG.random((68, 2)).astype(np.float32)
OTHER = RNG.random((68, 2)).astype(np.float32)


def seen(shape: NDArray[np.float32], frames: range, size: float = 50) -> Track:
    return Track({i: Face(Box(0, 0, size, size), landmarks=shape * size + i) for i in frames})


def test_normalised_forgets_place_and_size() -> None:
    np.testing.assert_allclose(normalised(SHAPE), normalised(SHAPE * 9 + 40), atol=1e-4)


def test_most_alike_ignores_place_and_size() -> None:
    assert most_alike(SHAPE, {3: OTHER, 8: SHAPE * 7 + 20}) == 8


def test_the_same_face_is_joined_across_a_cut_and_another_is_not() -> None:
    tracks = Tracks((seen(SHAPE, range(10)), seen(SHAPE, range(20, 25), 80), seen(OTHER, range(12, 15))), 25, "test")
    joined = joined_across_cuts(tracks)
    assert joined.main is not None
    assert list(joined.main.faces) == [*range(10), *range(20, 25)]
    assert len(joined.tracks) == 2


def test_who_is_seen_at_the_same_time_is_somebody_else() -> None:
    tracks = Tracks((seen(SHAPE, range(10)), seen(SHAPE, range(5, 12))), 12, "test")
    assert len(joined_across_cuts(tracks).tracks) == 2


def test_nobody_stays_nobody() -> None:
    assert joined_across_cuts(Tracks((), 5, "test")).main is None


@pytest.mark.parametrize(("name", "people"), [("video_face_noface_face.mp4", 1), ("video_identity_cut_s1_s2.mp4", 2)])
def test_real_cuts(name: str, people: int, shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROSOPON_FACE_LANDMARKER", str(shared / "media" / "models" / "mp_face_landmarker.task"))
    pytest.importorskip("mediapipe")
    finder = open_finder("mediapipe")
    assert finder is not None
    clip = read(shared / "media" / "hard" / name)
    assert len(joined_across_cuts(track(clip, finder, every=6)).tracks) == people
