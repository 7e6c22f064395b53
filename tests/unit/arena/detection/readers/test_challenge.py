"""The Deepfake Detection Challenge and its preview."""

from __future__ import annotations

from pathlib import Path

import pytest
from empty_clips import empty, picture, written

from prosopon.arena.detection.readers.recognise import read_data
from prosopon.arena.detection.videos import PicturesSource
from prosopon.core.errors import MediaError, UsageError

METADATA = {
    "aa.mp4": {"label": "FAKE", "split": "train", "original": "bb.mp4"},
    "bb.mp4": {"label": "REAL", "split": "train", "original": None},
    "cc.mp4": {"label": "REAL", "split": "train"},
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    part = tmp_path / "train" / "dfdc_train_part_07"
    empty(part, "aa.mp4", "bb.mp4")
    written(part / "metadata.json", METADATA)
    empty(tmp_path / "test", "videos/dd.mp4")
    picture(tmp_path / "test/frames/ee/0.png")
    written(tmp_path / "test" / "labels.csv", "filename,label\ndd.mp4,1\nee.mp4,0\nff.mp4,1\n")
    return tmp_path


def test_both_kinds_of_lists(root: Path) -> None:
    data = read_data(root)
    found = {video.key: (video.label, video.people, video.split) for video in data.videos}
    assert found == {
        "DFDC/test/dd": (1, (), "test"),
        "DFDC/test/ee": (0, (), "test"),
        "DFDC/train/dfdc_train_part_07/aa": (1, ("bb",), "train"),
        "DFDC/train/dfdc_train_part_07/bb": (0, ("bb",), "train"),
    }
    assert data.notes == ("2 of 6 listed videos are not there and were not measured",)
    pictures = next(video for video in data.videos if video.key.endswith("ee"))
    assert isinstance(pictures.source, PicturesSource) and len(data.split_off(None).videos) == 2


def test_a_part_alone(root: Path) -> None:
    data = read_data(root / "train" / "dfdc_train_part_07")
    assert [video.key for video in data.videos] == ["DFDC/aa", "DFDC/bb"] and len(data.split_off(None).videos) == 2


def test_labels_that_nobody_can_read(root: Path) -> None:
    written(root / "test" / "labels.csv", "filename,label\ndd.mp4,perhaps\n")
    with pytest.raises(UsageError, match="has the label 'perhaps'"):
        read_data(root)


def test_the_preview(tmp_path: Path) -> None:
    table = {
        "original_videos/12/12_A_001.mp4": {"label": "real", "set": "train"},
        "method_A/12/34/12_34_A_001.mp4": {"label": "fake", "set": "test", "target_id": 12, "swapped_id": 34},
        "method_B/56_B.mp4": {"label": "fake", "set": "test"},
        "method_B/78_B.mp4": {"label": "fake", "set": "test"},
    }
    written(tmp_path / "dataset.json", table)
    empty(tmp_path, *[*table][:2])
    picture(tmp_path / "method_B/frames/56_B/3.png")
    data = read_data(tmp_path)
    assert data.layout == "DFDCP"
    found = [(video.key, video.label, video.generator, video.people, video.split) for video in data.videos]
    assert found == [
        ("DFDCP/original_videos/12/12_A_001", 0, "original", ("12",), "train"),
        ("DFDCP/method_A/12/34/12_34_A_001", 1, "method_A", ("12", "34"), "test"),
        ("DFDCP/method_B/56_B", 1, "method_B", ("56",), "test"),
    ]
    assert data.notes == ("1 of 4 listed videos are not there and were not measured",)
    written(tmp_path / "dataset.json", {**table, "x.mp4": "fake"})
    with pytest.raises(MediaError, match=r"says nothing of x\.mp4"):
        read_data(tmp_path)
