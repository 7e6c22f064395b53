"""FaceForensics++: methods stay apart, pairs own both people, the lists make the splits."""

from __future__ import annotations

from pathlib import Path

import pytest
from empty_clips import empty, picture, written

from prosopon.arena.detection.readers.recognise import read_data
from prosopon.arena.detection.videos import PicturesSource, Wanted
from prosopon.core.errors import MediaError, UsageError

METHODS = ("Deepfakes", "Face2Face", "FaceSwap", "NeuralTextures")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for level in ("c23", "c40"):
        for name in ("000", "003", "071", "054", "999"):
            empty(tmp_path, f"original_sequences/youtube/{level}/videos/{name}.mp4")
        for method in METHODS:
            for name in ("000_003", "003_000", "071_054"):
                empty(tmp_path, f"manipulated_sequences/{method}/{level}/videos/{name}.mp4")
    empty(tmp_path, "manipulated_sequences/Deepfakes/masks/videos/000_003.mp4")
    written(tmp_path / "test.json", [["000", "003"]])
    written(tmp_path / "splits" / "train.json", [["071", "054"]])
    return tmp_path


def test_every_method_is_a_video_of_its_own(root: Path) -> None:
    data = read_data(root)
    test = data.split_off(None)
    assert data.layout == "FaceForensics++" and data.name.endswith("c23")
    assert sorted(video.key for video in test.videos if video.is_fake and "000_003" in video.key) == [
        f"FaceForensics++/{method}/c23/000_003" for method in METHODS
    ]
    assert len(test.videos) == 2 + 4 * 2 and {video.split for video in test.videos} == {"test"}
    fake = next(video for video in test.videos if video.is_fake)
    assert fake.people == ("youtube 000", "youtube 003") and fake.generator in METHODS
    assert [video.people for video in test.videos if not video.is_fake] == [("youtube 000",), ("youtube 003",)]


def test_what_is_in_no_list_is_told(root: Path) -> None:
    data = read_data(root)
    assert any("1 videos are in no list" in note for note in data.notes)
    assert any("1 of 8 listed videos are not there" in note for note in data.notes)  # 054_071


def test_the_compression_that_is_asked_for(root: Path) -> None:
    found = read_data(root, Wanted(compression="c40")).videos
    assert all("/c40/" in video.key and "c40" in video.source.id for video in found)
    with pytest.raises(UsageError, match="no videos of compression 'raw'; there are: c23, c40"):
        read_data(root, Wanted(compression="raw"))


def test_without_lists_everything_counts_and_that_is_told(root: Path) -> None:
    (root / "test.json").unlink()
    (root / "splits" / "train.json").unlink()
    data = read_data(root)
    assert len(data.split_off(None).videos) == 5 + 12 and "also of training" in data.notes[0]


def test_actors_are_people_and_a_domain_of_their_own(root: Path) -> None:
    empty(root, "original_sequences/actors/c23/videos/01__exit_phone_room.mp4")
    empty(root, "manipulated_sequences/DeepFakeDetection/c23/videos/01_02__exit_phone_room__YVGY8LOK.mp4")
    data = read_data(root).split_off(None)
    actors = [video for video in data.videos if video.domain == "actors"]
    assert [video.people for video in actors] == [("actors 01",), ("actors 01", "actors 02")]
    assert [video.label for video in actors] == [0, 1] and any("published without a split" in n for n in data.notes)


def test_processed_copies_have_pictures(tmp_path: Path) -> None:
    empty(tmp_path, "original_sequences/youtube/c23/landmarks/000/1.npy")
    for number in (5, 40):
        picture(tmp_path / f"original_sequences/youtube/c23/frames/000/{number:03d}.png")
        picture(tmp_path / f"manipulated_sequences/FaceSwap/c23/frames/000_003/{number:03d}.png")
    videos = read_data(tmp_path).videos
    assert [video.key.split("/")[1] for video in videos] == ["youtube", "FaceSwap"]
    assert all(isinstance(video.source, PicturesSource) and video.source.numbers == (5, 40) for video in videos)


def test_damage_is_told(root: Path) -> None:
    written(root / "test.json", {"000": "003"})
    with pytest.raises(MediaError, match="no list of pairs"):
        read_data(root)
    written(root / "test.json", "[[")
    with pytest.raises(MediaError, match="cannot be read"):
        read_data(root)
