"""Videos of known truth: pictures as clips, splits, limits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from empty_clips import picture, tiny_clip

from prosopon.arena.detection.videos import FAKE, DataSet, FileSource, PicturesSource, Video, evenly
from prosopon.core.errors import MediaError, UsageError


def test_frames_are_spread_over_the_whole_and_not_the_first_ones() -> None:
    assert evenly(100, 4) == [12, 37, 62, 87] and evenly(3, 8) == [0, 1, 2] and evenly(5, 5) == [0, 1, 2, 3, 4]
    spread = evenly(300, 32)
    assert len(set(spread)) == 32 and spread[0] < 10 and spread[-1] > 290


def test_pictures_by_number_keep_their_times(tmp_path: Path) -> None:
    files = [picture(tmp_path / f"{number}.png", number) for number in (100, 9, 25, 50)]
    source = PicturesSource.of(files)
    assert source.numbers == (9, 25, 50, 100)
    shown = source.open(2)
    assert not shown.is_followed and shown.tracks is None
    greys = [int(frame[0, 0, 0]) for frame in shown.clip.frames()]
    assert greys == [25, 100] == [int(frame[0, 0, 0]) for frame in shown.clip.frames()]
    assert shown.clip.times == (0, 3.0)


def test_pictures_of_another_size_are_left_out(tmp_path: Path) -> None:
    files = [picture(tmp_path / "1.png"), picture(tmp_path / "2.png", side=40), picture(tmp_path / "3.png")]
    assert len(PicturesSource.of(files).open(8).clip) == 2
    with pytest.raises(MediaError):
        PicturesSource.of([tiny_clip(tmp_path / "clip.mp4")]).open(8)
    with pytest.raises(MediaError):
        PicturesSource((), ()).open(8)


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    assert len(FileSource(tiny_clip(tmp_path / "clip.mp4")).open(1).clip) == 3


def some(splits: str = "aab", label: int = FAKE) -> DataSet:
    source = FileSource(Path("x"))
    return DataSet("l", "n", tuple(Video(str(i), label, source, split=split) for i, split in enumerate(splits.strip())))


def test_splits() -> None:
    assert [video.key for video in some().split_off("b").videos] == ["2"]
    assert len(some().split_off(None).videos) == len(some().split_off("all").videos) == 3
    with pytest.raises(UsageError, match=r"no split 'test'.*a, b, all"):
        some().split_off("test")
    tested = replace(some(), videos=(replace(some().videos[0], split="test"), *some().videos[1:]))
    assert [video.key for video in tested.split_off(None).videos] == ["0"]


def test_two_of_one_name_are_refused() -> None:
    with pytest.raises(UsageError, match="lists 0 twice"):
        replace(some(), videos=(some().videos[0], some().videos[0])).split_off(None)


def test_a_limit_holds_for_each_generator() -> None:
    videos = tuple(replace(video, generator=video.split) for video in some("aaaaaab").videos)
    kept = replace(some(), videos=videos).limited(2).videos
    assert [video.generator for video in kept] == ["a", "a", "b"] and [video.key for video in kept] == ["1", "4", "6"]
    assert len(replace(some(), videos=videos).limited(None).videos) == 7


def test_what_is_told_of_a_set_changes_with_its_labels() -> None:
    about = some().about()
    assert (about["real"], about["fakes"], about["people"], about["without_people"]) == (0, 3, 0, 3)
    assert some().sha256() != some(label=0).sha256() and some().sha256() == some("bbb").sha256()
