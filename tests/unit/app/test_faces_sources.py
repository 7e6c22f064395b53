"""Which clips a folder stands for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from prosopon.app.faces_sources import sources_of
from prosopon.core.errors import MediaError


def picture(path: Path, side: int = 20) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.zeros((side, side, 3), np.uint8)).save(path)


def names(folder: Path) -> list[tuple[str, str]]:
    return [(one.file, one.label) for one in sources_of(folder)]


def test_a_file_stands_for_itself(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    assert names(tmp_path / "a.png") == [("a.png", "")]
    assert names(tmp_path) == [("a.png", "")]  # alone in its folder


def test_numbered_pictures_of_one_size_are_one_clip(tmp_path: Path) -> None:
    for i in range(3):
        picture(tmp_path / f"shot_{i:04d}.png")
    (only,) = sources_of(tmp_path)
    assert only.path == tmp_path
    assert only.label == ""


def test_numbered_pictures_of_several_sizes_are_pictures(tmp_path: Path) -> None:
    picture(tmp_path / "1.png")
    picture(tmp_path / "2.png", 30)
    assert names(tmp_path) == [("1.png", "1"), ("2.png", "2")]


def test_pictures_with_names_are_pictures_unless_there_are_times(tmp_path: Path) -> None:
    picture(tmp_path / "anna.png")
    picture(tmp_path / "berta.png")
    assert names(tmp_path) == [("anna.png", "anna"), ("berta.png", "berta")]
    (tmp_path / "timestamps.txt").write_text("# timestamp format v2\n0\n40\n")
    assert [one.path for one in sources_of(tmp_path)] == [tmp_path]


def test_clips_lie_in_sub_folders_and_beside_files(tmp_path: Path) -> None:
    for i in range(2):
        picture(tmp_path / f"b/shots/{i}.png")
    picture(tmp_path / "a.jpg")
    picture(tmp_path / "b/a.jpg")
    picture(tmp_path / "b/shots/beside.jpg")
    picture(tmp_path / ".hidden/x.jpg")
    (tmp_path / "notes.txt").write_text("nothing to see")
    assert names(tmp_path) == [
        ("a.jpg", "a"),
        ("b/a.jpg", "b-a"),
        ("b/shots", "b-shots"),
        ("b/shots/beside.jpg", "b-shots-beside"),
    ]


def test_labels_differ_whatever_the_names(tmp_path: Path) -> None:
    for name in ("x y.jpg", "x-y.jpg", "X_Y.jpg", "x y.png", "!!!.jpg", "a" * 80 + ".jpg"):
        picture(tmp_path / name)
    labels = [label for _, label in names(tmp_path)]
    assert len({label.casefold() for label in labels}) == len(labels)
    assert all(label and len(label) <= 44 and "/" not in label and " " not in label for label in labels)


def test_what_is_about_to_be_replaced_is_passed_over(tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    picture(tmp_path / "out/sheet.png")
    assert [one.file for one in sources_of(tmp_path, tmp_path / "out")] == ["a.jpg"]


def test_empty_folders_and_missing_ones(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="neither pictures nor videos"):
        sources_of(tmp_path)
    # A file that is not there is told by whoever reads it.
    assert names(tmp_path / "nowhere.mp4") == [("nowhere.mp4", "")]
