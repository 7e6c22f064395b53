"""Footage that is followed once: people, what is passed over, and that nothing is looked for twice."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from notes import Notes
from PIL import Image

from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import MissingError
from prosopon.core.faces import Box, Face
from prosopon.core.home import home
from prosopon.datasets.followed import followed
from prosopon.media.write import encode


class Finder:
    """Sees a face in the middle of every picture, opener the brighter it is."""

    name = "test"

    def __init__(self) -> None:
        self.looked = 0

    def find(self, frame: Frame) -> list[Face]:
        self.looked += 1
        points = np.random.default_rng(0).uniform(16, 48, (68, 2)).astype(np.float32)
        return [Face(Box(16, 16, 48, 48), points, blendshapes={"jawOpen": float(frame.mean() / 255)})]


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    """Two people in folders of their own, one flat, a still and something damaged."""
    folder = tmp_path / "footage"
    for place, level in (("anna/a.mp4", 60), ("anna/b.mp4", 90), ("bert/c.mp4", 120), ("carla#2.mp4", 150)):
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        encode(Clip.of_frames(np.full((3, 64, 64, 3), level, np.uint8), Fraction(25)), folder / place)
    Image.fromarray(np.zeros((64, 64, 3), np.uint8)).save(folder / "still.png")
    (folder / "damaged.mp4").write_bytes((folder / "carla#2.mp4").read_bytes()[:300])
    return folder


def test_every_video_has_its_person_and_every_frame_its_face(footage: Path) -> None:
    notes = Notes()
    found = [*followed([footage], finder=Finder(), progress=notes)]
    assert [one.person for one in found] == ["anna", "anna", "bert", "carla"]
    assert all(len(one.tracks.main or ()) == len(one.clip) == 3 for one in found)
    assert any("damaged.mp4" in note for note in notes.said)


def test_nothing_is_looked_for_twice_and_all_comes_back(footage: Path) -> None:
    finder = Finder()
    first = [*followed([footage], finder=finder)]
    looked = finder.looked
    again = [*followed([footage], finder=finder)]
    assert finder.looked == looked == 12
    for one, other in zip(first, again, strict=True):
        assert one.tracks.main is not None
        assert other.tracks.main is not None
        for index, face in one.tracks.main.faces.items():
            kept = other.tracks.main.faces[index]
            assert face.landmarks is not None
            np.testing.assert_array_equal(face.landmarks, kept.landmarks)
            assert face.blendshapes == kept.blendshapes


def test_damaged_memories_are_made_anew(footage: Path) -> None:
    finder = Finder()
    [*followed([footage], finder=finder)]
    for path in (home() / "prepared" / "followed").iterdir():
        path.write_text("[0, [{")
    [*followed([footage], finder=finder)]
    assert finder.looked == 24


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="no footage"):
        [*followed([tmp_path / "nowhere"], finder=Finder())]
