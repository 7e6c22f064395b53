"""Which files the words of a command line stand for."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from prosopon.app.detecting.sources import files_of
from prosopon.core.errors import MediaError


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a/deep").mkdir(parents=True)
    Path("a/video").mkdir()
    for name in ("a/b.png", "a/a.jpg", "a/deep/c.png", "a/.hidden.png", "a/face1.png", "a/face2.png"):
        Image.new("RGB", (8, 8)).save(name)
    for index in range(3):
        Image.new("RGB", (8, 8)).save(f"a/video/{index}.png")
    Path("a/video/timestamps.txt").write_text("# timestamp format v2\n0\n40\n80\n")
    Path("a/notes.txt").write_text("no picture")
    Path("a/broken.jpg").write_text("no picture either")
    Path("a/what[1].png").write_bytes(Path("a/b.png").read_bytes())


def names(*words: str) -> list[str]:
    return [str(path) for path in files_of([Path(word) for word in words])]


def test_a_folder_is_all_media_in_it_and_numbered_pictures_are_no_video() -> None:
    assert names("a") == [
        "a/a.jpg", "a/b.png", "a/broken.jpg", "a/deep/c.png", "a/face1.png", "a/face2.png", "a/video", "a/what[1].png",
    ]  # fmt: skip
    assert names("a/video") == ["a/video"]


def test_a_pattern_and_a_name_that_looks_like_one() -> None:
    assert names("a/*.png") == ["a/b.png", "a/face1.png", "a/face2.png", "a/what[1].png"]
    assert "a/deep/c.png" in names("a/**/*.png")
    assert names("a/what[1].png") == ["a/what[1].png"]


def test_each_file_once_and_whatever_is_named() -> None:
    assert names("a/b.png", "a/*.png", "a/notes.txt", str(Path("a/b.png").absolute()))[0] == "a/b.png"
    assert len(names("a/b.png", "a/*.png", "a/notes.txt", str(Path("a/b.png").absolute()))) == 5


def test_nothing_there_is_said() -> None:
    Path("empty").mkdir()
    with pytest.raises(MediaError, match="neither"):
        names("empty")
    with pytest.raises(MediaError, match="pattern"):
        names("a/*.gif")
    with pytest.raises(MediaError, match="there is no file a/nothing"):
        names("a/b.png", "a/nothing.png")
