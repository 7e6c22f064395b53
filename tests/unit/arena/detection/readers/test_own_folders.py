"""Folders, tables and UADFV; and what is no data set at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from empty_clips import empty, picture, tiny_clip, written
from small_arena import small_arena

from prosopon.arena.detection.readers.recognise import READERS, read_data
from prosopon.core.errors import MediaError, MissingError, UsageError


def told(path: Path) -> dict[str, tuple[int, str]]:
    return {video.key: (video.label, video.generator) for video in read_data(path).videos}


def test_two_folders(tmp_path: Path) -> None:
    empty(tmp_path, "Real/a.mp4", "Real/deep/b.mp4", "fake/gan/c.mp4", "fake/d.mp4", "fake/d.jpg", "fake/.hidden.mp4")
    written(tmp_path / "fake" / "notes.txt", "hello")
    for number in range(3):
        picture(tmp_path / f"fake/frames/e/{number}.png")
    assert told(tmp_path) == {
        "Real/a": (0, "original"),
        "Real/deep/b": (0, "original"),
        "fake/d.jpg": (1, "unknown"),
        "fake/d.mp4": (1, "unknown"),
        "fake/frames/e": (1, "unknown"),
        "fake/gan/c": (1, "gan"),
    }


def test_names_that_tell(tmp_path: Path) -> None:
    empty(tmp_path, "real_ffhq_1.jpg", "fake_stylegan_1.jpg", "fake_x.jpg", "other.jpg")
    assert told(tmp_path) == {
        "fake_stylegan_1.jpg": (1, "stylegan"), "fake_x.jpg": (1, "unknown"), "real_ffhq_1.jpg": (0, "original"),
    }  # fmt: skip
    assert read_data(tmp_path).notes == ("1 files are neither called real_ nor fake_ and were left out",)


def test_uadfv_names_who_was_replaced(tmp_path: Path) -> None:
    empty(tmp_path, "real/0000.mp4", "real/0001.mp4", "fake/0000_fake.mp4")
    videos = read_data(tmp_path).videos
    assert [(video.key, video.label, video.people) for video in videos] == [
        ("UADFV/real/0000", 0, ("0000",)), ("UADFV/real/0001", 0, ("0001",)), ("UADFV/fake/0000_fake", 1, ("0000",)),
    ]  # fmt: skip


def test_a_table(tmp_path: Path) -> None:
    tiny_clip(tmp_path / "clips" / "a.mp4")
    empty(tmp_path, "b.jpg", "c.jpg")
    table = written(
        tmp_path / "list.csv",
        "\ufeffFile, Label, person, method, split\nclips/a.mp4,fake,ann; bob,swap,test\nb.jpg,0,cid,,test\n"
        f"{tmp_path / 'c.jpg'},REAL,,,train\ngone.mp4,1,,,test\n",
    )
    data = read_data(table)
    assert [(v.label, v.people, v.generator, v.split) for v in data.videos] == [
        (1, ("ann", "bob"), "swap", "test"), (0, ("cid",), "original", "test"), (0, (), "original", "train"),
    ]  # fmt: skip
    assert data.notes == ("1 of 4 listed videos are not there and were not measured",)
    assert len(data.videos[0].source.open(4).clip) == 3


@pytest.mark.parametrize(
    ("text", "what"),
    [("path,who\na,b\n", "no column 'label'"), ("path,label\na.mp4,7\n", "the label '7'"), ("", "no column 'path'")],
)
def test_tables_that_cannot_be_read(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(UsageError, match=what):
        read_data(written(tmp_path / "list.csv", text))


def test_an_arena(tmp_path: Path) -> None:
    small_arena(tmp_path / "arena", generators=("swap",))
    data = read_data(tmp_path / "arena")
    test = data.split_off(None)
    assert data.layout == "arena" and [(v.key, v.label, v.generator, v.domain) for v in test.videos] == [
        ("arena/gus", 0, "original", "footage"), ("arena/gus-swap", 1, "swap", "footage"),
        ("arena/hal", 0, "original", "footage"), ("arena/hal-swap", 1, "swap", "footage"),
    ]  # fmt: skip
    shown = test.videos[0].source.open(1)
    assert shown.tracks is not None and len(shown.tracks.tracks) == 1 and len(shown.clip) == 2
    assert len(data.split_off("calibrate").videos) == 4


def test_what_is_no_data_set(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="nothing is downloaded"):
        read_data(tmp_path / "nowhere")
    with pytest.raises(MediaError, match="no data set of a known layout"):
        read_data(tmp_path)
    with pytest.raises(MediaError, match="no data set of a known layout"):
        read_data(written(tmp_path / "x.json", {"a": 1}))
    (tmp_path / "real").mkdir()
    (tmp_path / "fake").mkdir()
    with pytest.raises(MediaError, match="none of its videos"):
        read_data(tmp_path)


def test_all_layouts_are_known() -> None:
    assert {reader.layout for reader in READERS} == {
        "FaceForensics++", "Celeb-DF", "DFDC", "DFDCP", "DeeperForensics-1.0", "UADFV", "DeepfakeBench", "folders",
        "table", "arena",
    }  # fmt: skip
