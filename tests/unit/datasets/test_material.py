"""From a user's folders to prepared faces: who is who, what is left out, what is kept."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from notes import Notes
from PIL import Image

from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import MissingError, ProsoponError, UsageError
from prosopon.core.faces import Box, Face
from prosopon.datasets import material
from prosopon.datasets.face_pairs import PairConfig
from prosopon.datasets.material import face_material, prepare_footage
from prosopon.datasets.prepared import FRAME_PX, Cutting, Store, write_cuttings
from prosopon.media.write import encode
from prosopon.train.store import Shot


class Finder:
    """Sees a face in the middle of every picture that is not black."""

    name = "test"

    def __init__(self) -> None:
        self.looked = 0

    def find(self, frame: Frame) -> list[Face]:
        self.looked += 1
        if frame.max() < 20:
            return []
        height, width = frame.shape[:2]
        turn = np.linspace(0, 2 * np.pi, 68)
        points = np.stack((width / 2 + 12 * np.cos(turn), height / 2 + 15 * np.sin(turn)), axis=1).astype(np.float32)
        return [Face(Box(width / 2 - 12, height / 2 - 15, width / 2 + 12, height / 2 + 15), points)]


@pytest.fixture
def finder(monkeypatch: pytest.MonkeyPatch) -> Finder:
    made = Finder()
    monkeypatch.setattr(material, "open_finder", lambda name: made)
    return made


def video(path: Path, level: int = 120, n: int = 4) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    frames = np.full((n, 64, 64, 3), level, np.uint8)
    frames[:, 20:40, 20:40] = level // 2
    encode(Clip.of_frames(frames, Fraction(25)), path)


def still(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((64, 64, 3), 90, np.uint8)).save(path)


def test_people_are_folders_or_names_and_every_picture_is_one(tmp_path: Path, finder: Finder) -> None:
    video(tmp_path / "anna" / "one.mp4")
    video(tmp_path / "anna" / "two.mp4")
    still(tmp_path / "anna" / "portrait.png")
    video(tmp_path / "id7#a.mp4")
    video(tmp_path / "id7#b.mp4")
    video(tmp_path / "walk.mp4")
    still(tmp_path / "x.png")
    still(tmp_path / "y.png")
    store = prepare_footage([tmp_path], every=2)
    people = {clip.name: (clip.person, clip.kind, clip.stop - clip.start) for clip in store.shots}
    assert people["one.mp4"] == people["two.mp4"] == ("anna", "footage", 2)
    assert people["id7#a.mp4"] == people["id7#b.mp4"] == ("id7", "footage", 2)
    assert people["walk.mp4"] == ("walk", "footage", 2)
    stills = [people[name] for name in ("portrait.png", "x.png", "y.png")]
    assert [(kind, n) for _, kind, n in stills] == [("still", 1)] * 3
    assert len({person for person, _, _ in stills}) == 3
    assert all(clip.sha256 for clip in store.shots)


def test_what_cannot_be_used_is_left_out_with_a_word(tmp_path: Path, finder: Finder) -> None:
    video(tmp_path / "good.mp4")
    video(tmp_path / "dark.mp4", level=4)
    (tmp_path / "broken.mp4").write_text("not a video")
    (tmp_path / "notes.txt").write_text("passed over")
    (tmp_path / ".hidden.mp4").write_text("not looked at")
    notes = Notes()
    store = prepare_footage([tmp_path], every=1, progress=notes)
    assert [clip.name for clip in store.shots] == ["good.mp4"]
    assert len(notes.said) == 2
    assert any("dark.mp4" in line for line in notes.said)
    assert any("broken.mp4" in line for line in notes.said)


def test_the_same_files_are_cut_once(tmp_path: Path, finder: Finder) -> None:
    video(tmp_path / "a.mp4")
    first = prepare_footage([tmp_path], every=1)
    looked = finder.looked
    assert prepare_footage([tmp_path], every=1).folder == first.folder
    assert finder.looked == looked
    assert prepare_footage([tmp_path], every=2).folder != first.folder
    video(tmp_path / "b.mp4")
    assert len(prepare_footage([tmp_path], every=1).shots) == 2


def test_a_folder_without_faces_is_an_error_and_nothing_is_kept(tmp_path: Path, finder: Finder, own_home: Path) -> None:
    video(tmp_path / "dark.mp4", level=4)
    for _ in range(2):
        with pytest.raises(ProsoponError, match="no faces"):
            prepare_footage([tmp_path], every=1)
    assert not [path for path in (own_home / "prepared").iterdir() if path.is_dir()]
    with pytest.raises(MissingError, match="nowhere"):
        prepare_footage([tmp_path / "nowhere"], every=1)


def test_without_a_face_finder_the_way_to_one_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise MissingError("mediapipe is not installed", "pip install 'prosopon-lab[mediapipe]'")

    monkeypatch.setattr(material, "open_finder", absent)
    video(tmp_path / "a.mp4")
    with pytest.raises(MissingError, match="pip install"):
        prepare_footage([tmp_path], every=1)


def noise(folder: Path) -> None:
    frames = [np.zeros((FRAME_PX, FRAME_PX, 3), np.uint8)] * 2
    cutting = Cutting(frames, [np.full((68, 2), 50, np.float32)] * 2)
    write_cuttings(folder, [(Shot("c", "p", "footage"), cutting)])


def test_material_names_what_it_is_made_of(tmp_path: Path) -> None:
    noise(tmp_path / "one")
    noise(tmp_path / "two")
    one, two = Store.open(tmp_path / "one"), Store.open(tmp_path / "two")
    material = face_material([one, two], [one], PairConfig(size_px=64))
    assert set(material.inputs) == {"learnt 0 one", "learnt 1 two", "held out 0 one"}
    assert material.held_out == (one,)
    assert material.dataset.item(0, np.random.default_rng(0))["source"].shape == (64, 64, 3)
    with pytest.raises(UsageError, match="--data"):
        face_material([], [], PairConfig(size_px=64))
