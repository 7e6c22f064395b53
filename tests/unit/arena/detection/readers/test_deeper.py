"""DeeperForensics-1.0: its real part lies elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from empty_clips import empty, written

from prosopon.arena.detection.readers.recognise import read_data


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "DeeperForensics-1.0"
    for variant in ("end_to_end", "end_to_end_level_3"):
        empty(folder, *(f"manipulated_videos/{variant}/{name}.mp4" for name in ("000_M101", "001_W010")))
    empty(folder, "source_videos/M101/light_up/happy/camera_front/M101_light_up_happy_camera_front.mp4")
    written(folder / "lists/splits/test.txt", "000_M101.mp4\n")
    written(folder / "lists/splits/train.txt", "001_W010.mp4\n002_W010.mp4\n")
    return folder


def test_originals_of_faceforensics_are_its_real_part(root: Path) -> None:
    empty(root.parent, *(f"FaceForensics++/original_sequences/youtube/c23/videos/{n}.mp4" for n in ("000", "001")))
    test = read_data(root).split_off(None)
    assert [(video.label, video.people) for video in test.videos] == [
        (0, ("youtube 000",)), (1, ("youtube 000", "M101")), (1, ("youtube 000", "M101")),
    ]  # fmt: skip
    assert [video.generator for video in test.videos] == ["original", "DF-VAE", "DF-VAE level 3"]
    assert test.notes == ("1 of 3 listed videos are not there and were not measured",)


def test_the_studio_stands_for_it_only_where_there_is_nothing_else(root: Path) -> None:
    data = read_data(root).split_off(None)
    real = [video for video in data.videos if not video.is_fake]
    assert [video.people for video in real] == [("M101",)] and "may be the studio" in data.notes[-1]
