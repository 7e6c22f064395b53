"""What is marked: rendered people, and the user's files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from prosopon.arena.watermarking.subjects import given, held, rendered
from prosopon.core.clip import Clip
from prosopon.core.errors import MediaError, MissingError
from prosopon.core.progress import Silent
from prosopon.media.write import encode


def clip(count: int) -> Clip:
    return Clip.of_frames([np.full((64, 80, 3), 9 * n, np.uint8) for n in range(count)], 25, name="clip")


class Heard(Silent):
    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Image.new("RGB", (70, 90), (9, 99, 200)).save(tmp_path / "a.png")
    Image.new("RGB", (70, 90)).save(tmp_path / "b.jpg")
    encode(clip(12), tmp_path / "c.mp4")
    encode(clip(3), tmp_path / "short.mp4")
    (tmp_path / "broken.png").write_bytes((tmp_path / "a.png").read_bytes()[:60])
    return tmp_path


def test_files_are_told_apart(folder: Path) -> None:
    heard = Heard()
    found = given([folder], progress=heard)
    assert [one.name for one in found.pictures] == ["a.png", "b.jpg"]
    assert [one.name for one in found.clips] == ["c.mp4"]
    assert any("broken.png" in note for note in heard.notes) and any("short.mp4" in note for note in heard.notes)
    assert found.pictures[0].frame.shape == (90, 70, 3)
    few = given([folder / "c.mp4", folder], limit=1)
    assert (len(few.pictures), len(few.clips)) == (0, 1)


def test_what_is_named_must_be_readable(folder: Path) -> None:
    with pytest.raises(MediaError):
        given([folder / "broken.png"])
    with pytest.raises(MissingError, match="there is no"):
        given([folder / "nothing.png"])
    empty = folder / "empty"
    empty.mkdir()
    with pytest.raises(MissingError, match="nothing to mark"):
        given([empty])


def test_only_the_start_is_held() -> None:
    start = held(clip(20), 0.4)
    assert len(start) == len(list(start.frames())) == 10 and start.times[-1] == pytest.approx(0.36)
    assert len(held(clip(20), 0.001)) == 1
    assert len(held(clip(20), 100)) == 20


def test_rendered_people_are_the_same_every_time() -> None:
    one, again = (rendered(1, 1, seconds=0.12) for _ in range(2))
    assert np.array_equal(one.pictures[0].frame, again.pictures[0].frame)
    frames, same = (list(found.clips[0].frames()) for found in (one, again))
    assert len(frames) == 3 and all(map(np.array_equal, frames, same))
    assert one.pictures[0].frame.shape[0] >= 400
