"""Celeb-DF: 1 is real in its list."""

from __future__ import annotations

from pathlib import Path

import pytest
from empty_clips import empty, tiny_clip, written

from prosopon.arena.detection.readers.recognise import read_data
from prosopon.core.errors import MediaError

LIST = """1 YouTube-real/00170.mp4
1 Celeb-real/id0_0001.mp4
0 Celeb-synthesis/id0_id1_0001.mp4
0 Celeb-synthesis/id3_id1_0002.mp4
"""


@pytest.fixture(params=("", "videos/"))
def root(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    inside = request.param
    empty(tmp_path, f"YouTube-real/{inside}00170.mp4", f"YouTube-real/{inside}00001.mp4")
    empty(tmp_path, *(f"Celeb-real/{inside}{name}.mp4" for name in ("id0_0001", "id0_0002", "id27_0005")))
    empty(tmp_path, *(f"Celeb-synthesis/{inside}{name}.mp4" for name in ("id0_id1_0001", "id2_id0_0000")))
    written(tmp_path / "List_of_testing_videos.txt", LIST)
    return tmp_path


def test_one_is_real_in_the_list_and_fake_here(root: Path) -> None:
    test = read_data(root).split_off(None)
    found = {video.key.partition("/")[2]: (video.label, video.people) for video in test.videos}
    assert found == {
        "YouTube-real/00170": (0, ("YouTube-real 00170",)),
        "Celeb-real/id0_0001": (0, ("id0",)),
        "Celeb-synthesis/id0_id1_0001": (1, ("id0", "id1")),
    }
    assert "1 of 4 listed videos are not there and were not measured" in test.notes
    assert len(read_data(root).split_off("train").videos) == 4


def test_a_list_turned_round_is_refused(root: Path) -> None:
    written(root / "List_of_testing_videos.txt", LIST.replace("1 Celeb-real", "0 Celeb-real"))
    with pytest.raises(MediaError, match=r"says of Celeb-real/id0_0001.mp4 that it is fake.*1 is real"):
        read_data(root)
    written(root / "List_of_testing_videos.txt", "what\n")
    with pytest.raises(MediaError, match="has the line 'what'"):
        read_data(root)


def test_without_a_list_everything_counts(root: Path) -> None:
    (root / "List_of_testing_videos.txt").unlink()
    data = read_data(root).split_off(None)
    assert len(data.videos) == 7 and "meant for training" in data.notes[0]


def test_a_video_of_one_frame_is_read(root: Path) -> None:
    path = tiny_clip(next(root.glob("Celeb-real/**/id27_0005.mp4")), frames=1)
    video = next(video for video in read_data(root).videos if video.people == ("id27",))
    assert video.source.id == str(path) and len(video.source.open(32).clip) == 1
