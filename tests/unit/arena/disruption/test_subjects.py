"""Heads that are protected: rendered ones are always the same, portraits are cut around their face."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from notes import Notes
from PIL import Image

from prosopon.arena.disruption.subjects import Subject, portraits, rendered_people
from prosopon.core.clip import Frame
from prosopon.core.errors import MediaError, MissingError
from prosopon.core.faces import Face
from prosopon.core.history import SourceType, source_type_of


class Finder:
    """Sees one face in the middle of every picture that is not dark."""

    name = "middle"

    def find(self, frame: Frame) -> list[Face]:
        if frame.mean() < 20:
            return []
        height, width = frame.shape[:2]
        angles = np.linspace(0, 2 * np.pi, 68, endpoint=False)
        circle = np.stack([np.cos(angles), np.sin(angles)], 1) * height / 8 + (width / 2, height / 2)
        return [Face.around(circle.astype(np.float32))]


@pytest.fixture(scope="module")
def people() -> list[Subject]:
    return rendered_people(2, 64)


def test_rendered_people_are_always_the_same_and_differ(people: list[Subject]) -> None:
    again = rendered_people(1, 64)[0]
    assert np.array_equal(again.picture, people[0].picture) and again.key == people[0].key
    assert people[0].key != people[1].key
    for one in people:
        assert one.picture.shape == (64, 64, 3) and one.side_px == 64 and one.is_rendered
        assert one.landmarks.shape == (68, 2)
        assert (one.landmarks > 4).all() and (one.landmarks < 60).all()
        assert np.array_equal(one.landmarks_at(128), 2 * one.landmarks)
        assert source_type_of(one.clip.history) is SourceType.ALGORITHMIC


def test_the_most_prominent_face_of_a_portrait_is_cut_out(tmp_path: Path) -> None:
    picture = np.full((200, 300, 3), 90, np.uint8)
    picture[90:110, 140:160] = (250, 20, 20)
    Image.fromarray(picture).save(tmp_path / "photo.png")
    (one,) = portraits([tmp_path / "photo.png"], Finder(), 96)
    assert one.name == "photo.png" and not one.is_rendered and one.clip.sha256
    # The face's middle is a little below that of the head's square.
    middle = one.landmarks.mean(0)
    assert middle[0] == pytest.approx(48, abs=0.5) and 48 < middle[1] < 60
    assert one.picture[round(middle[1]), 48, 0] > 200


def test_what_shows_nobody_is_left_out_and_said(tmp_path: Path) -> None:
    for name, level in (("a.png", 90), ("b.png", 0), ("c.png", 120), ("d.png", 130)):
        Image.fromarray(np.full((120, 120, 3), level, np.uint8)).save(tmp_path / name)
    (tmp_path / "text.txt").write_text("no picture")
    heard = Notes()
    found = portraits([tmp_path], Finder(), 48, limit=2, progress=heard)
    assert [one.name for one in found] == ["a.png", "c.png"]
    assert len(heard.said) == 1 and "b.png" in heard.said[0] and "no face" in heard.said[0]


def test_what_was_named_has_to_be_there_and_a_picture(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="nowhere"):
        portraits([tmp_path / "nowhere.png"], Finder())
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(MediaError):
        portraits([tmp_path / "broken.png"], Finder())
    heard = Notes()
    assert portraits([tmp_path], Finder(), progress=heard) == [] and "broken.png" in heard.said[0]
