"""DeepfakeBench's lists: which label is what, where pictures are, which videos are the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from empty_clips import picture, written

from prosopon.arena.detection.readers.bench_json import LABELS, label_of
from prosopon.arena.detection.readers.recognise import read_data
from prosopon.arena.detection.videos import PicturesSource, Wanted
from prosopon.core.errors import MediaError, UsageError

PLACE = "FaceForensics++\\{kind}\\c23\\frames\\{video}\\{frame:03d}.png"


def entry(label: str, kind: str, video: str, frames: range = range(40)) -> dict[str, Any]:
    return {"label": label, "frames": [PLACE.format(kind=kind, video=video, frame=frame) for frame in frames]}


@pytest.fixture
def table() -> dict[str, Any]:
    fakes = {
        label: {"test": {"c23": {"000_003": entry(label, kind, "000_003")}}, "train": {}, "val": {}}
        for label, kind in (("FF-DF", "Deepfakes"), ("FF-F2F", "Face2Face"))
    }
    real = {"FF-real": {"test": {"c23": {"000": entry("FF-real", "youtube", "000")}, "c40": {}}, "train": {"c23": {}}}}
    return {"FaceForensics++": {**real, **fakes}}


@pytest.fixture
def root(tmp_path: Path, table: dict[str, Any]) -> Path:
    for kind, video in (("youtube", "000"), ("Deepfakes", "000_003"), ("Face2Face", "000_003")):
        for frame in range(40):
            picture(tmp_path / f"datasets/FaceForensics++/{kind}/c23/frames/{video}/{frame:03d}.png", frame, 8)
    return written(tmp_path / "datasets" / "json" / "FaceForensics++.json", table)


def test_fakes_of_one_pair_are_two_videos(root: Path) -> None:
    data = read_data(root)
    assert [(video.key, video.label, video.generator, video.people) for video in data.videos] == [
        ("FaceForensics++/FF-real/c23/000", 0, "original", ("youtube 000",)),
        ("FaceForensics++/FF-DF/c23/000_003", 1, "FF-DF", ("youtube 000", "youtube 003")),
        ("FaceForensics++/FF-F2F/c23/000_003", 1, "FF-F2F", ("youtube 000", "youtube 003")),
    ]
    assert data.layout == "DeepfakeBench" and data.notes == ()


def test_frames_are_spread_evenly_and_not_the_first(root: Path) -> None:
    source = read_data(root).videos[1].source
    assert isinstance(source, PicturesSource) and "Deepfakes" in source.files[0].parts
    assert [int(frame[0, 0, 0]) for frame in source.open(4).clip.frames()] == [5, 15, 25, 35]


def test_paths_that_begin_on_another_machine(root: Path, table: dict[str, Any]) -> None:
    text = root.read_text().replace("FaceForensics++\\\\", "D:\\\\data\\\\rgb\\\\FaceForensics++\\\\")
    written(root, text)
    assert len(read_data(root).videos) == 3
    moved = written(root.parents[2].joinpath(*"abcdef", "list.json"), table)
    with pytest.raises(MediaError, match=r"none of the pictures.*--pictures"):
        read_data(moved)
    assert len(read_data(moved, Wanted(pictures=root.parents[1])).videos) == 3


def test_pictures_of_one_method_are_never_taken_for_anothers(root: Path) -> None:
    for file in root.parents[1].glob("FaceForensics++/Face2Face/**/*.png"):
        file.unlink()
    data = read_data(root)
    assert [video.generator for video in data.videos] == ["original", "FF-DF"]
    assert data.notes == ("1 of 3 listed videos are not there and were not measured",)


def test_without_compression_and_several_splits(tmp_path: Path) -> None:
    for name in ("id1_0000", "id1_id2_0000", "id9_0000"):
        picture(tmp_path / f"rgb/Celeb-DF-v2/x/frames/{name}/000.png")
    row = {name: {"label": "", "frames": [f"Celeb-DF-v2/x/frames/{name}/000.png"]} for name in ("id1_0000", "id9_0000")}
    fake = {"id1_id2_0000": {"label": "", "frames": ["Celeb-DF-v2/x/frames/id1_id2_0000/000.png"]}}
    test = {"id1_0000": row["id1_0000"]}
    table = {
        "Celeb-DF-v2": {
            "CelebDFv2_real": {"train": row, "test": test, "val": test},
            # Written over by the benchmark's own script, as for DFDC.
            "CelebDFv2_fake": {"train": fake, "test": fake, "val": {"label": "CelebDFv2_fake", "frames": ["x"]}},
        }
    }
    data = read_data(written(tmp_path / "json" / "Celeb-DF-v2.json", table))
    assert sorted((video.key, video.split, video.people) for video in data.videos) == [
        ("Celeb-DF-v2/CelebDFv2_fake/id1_id2_0000", "test", ("id1", "id2")),
        ("Celeb-DF-v2/CelebDFv2_real/id1_0000", "test", ("id1",)),
        ("Celeb-DF-v2/CelebDFv2_real/id9_0000", "train", ("id9",)),
    ]
    assert data.notes == ("3 videos are listed for several splits, and count for test before val before train",)


def test_labels() -> None:
    assert len(LABELS) == 24 and label_of("UADFV_Fake") == label_of("some_fake") == 1 and label_of("OtherReal") == 0
    for name in ("deeper", "fake_or_real"):
        with pytest.raises(UsageError, match="nobody can tell"):
            label_of(name)


def test_a_compression_that_is_not_there(root: Path) -> None:
    with pytest.raises(UsageError, match="compression 'raw'"):
        read_data(root, Wanted(compression="raw"))
