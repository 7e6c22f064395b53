"""`prosopon faces` as face swapping needs it: folders of footage, aligned crops, masks, the best faces, no bad ones."""

from __future__ import annotations

import itertools
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from prosopon.app.main import main
from prosopon.core.clip import Clip, Frame
from prosopon.core.faces import Face
from prosopon.core.history import SourceType, Step
from prosopon.faces.aligned.maps import apply
from prosopon.faces.alignment import read_alignment
from prosopon.faces.builtin.finder import BuiltinFinder
from prosopon.studio.person import Identity
from prosopon.studio.render import render
from prosopon.vouch.manifest.verify import verify
from prosopon.vouch.publish import publish

BUILTIN = ["--backend", "builtin"]


@pytest.fixture
def footage(shared: Path, tmp_path: Path) -> Path:
    """Two videos, a still with two people, a clip of numbered pictures, and things that are none of it."""
    folder = tmp_path / "footage"
    (folder / "more/shot").mkdir(parents=True)
    shutil.copy(shared / "media/hard/video_no_audio.mp4", folder / "first.mp4")
    shutil.copy(shared / "media/hard/video_identity_cut_s1_s2.mp4", folder / "more/second.mp4")
    shutil.copy(shared / "media/hard/two_faces_sfhq.jpg", folder / "two.jpg")
    shutil.copy(shared / "media/hard/not_an_image.jpg", folder / "broken.jpg")
    (folder / "notes.txt").write_text("take three was the best")
    with Image.open(shared / "media/portrait/grid_s1.png") as portrait:
        for i in range(3):
            portrait.save(folder / f"more/shot/{i:06d}.png")
    return folder


def run(capsys: pytest.CaptureFixture[str], *words: object, code: int = 0) -> Any:
    capsys.readouterr()
    assert main(["faces", *map(str, words), *BUILTIN, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_a_folder_of_footage(footage: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert main(["faces", str(footage), "-o", str(out), "--every", "30", "--size-px", "64", *BUILTIN, "--json"]) == 0
    heard = capsys.readouterr()
    assert heard.err.count("left out") == 1
    assert "broken.jpg" in heard.err
    answer = json.loads(heard.out)
    assert [one["file"] for one in answer["sources"]] == ["first.mp4", "more/second.mp4", "more/shot", "two.jpg"]
    assert [*answer["unreadable"]] == ["broken.jpg"]
    found = read_alignment(out / "alignment.jsonl")
    assert [one.file for one in found.sources] == [one["file"] for one in answer["sources"]]
    assert [one.frames for one in found.sources] == [75, 150, 3, 1]
    assert "file" not in found.about
    tracks = {(one.source, one.track) for one in found.faces}
    assert sorted(track for _, track in tracks) == [*range(len(tracks))]  # numbered through all sources
    assert sum(one.source == 3 for one in found.faces) == 2
    crops = sorted(str(path.relative_to(out)) for path in (out / "crops").rglob("*.png"))
    assert sorted(one.crop for one in found.faces if one.crop) == crops
    labels = ["first", "more-second", "more-shot", "two"]
    assert all(Path(one.crop).name.startswith(labels[one.source]) for one in found.faces if one.crop)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["footage", "out"]


def test_people_are_told_apart_across_files(footage: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    run(capsys, footage / "more", "-o", out, "--every", 25, "--size-px", 64, "--group", "identity")
    groups = [{path.name.split("_")[1] for path in folder.iterdir()} for folder in sorted((out / "crops").iterdir())]
    # The first speaker is in the video and in the numbered pictures, the second one in the video alone.
    assert sorted(map(sorted, groups)) == [["second"], ["second", "shot"]]


def test_nothing_readable_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "footage"
    folder.mkdir()
    for name in ("a.mp4", "b.jpg"):
        (folder / name).write_text("no")
    assert main(["faces", str(folder), "-o", str(tmp_path / "out"), *BUILTIN]) == 1
    said = capsys.readouterr().err
    assert "none of the 2 files" in said
    assert said.count("left out: ") == 2
    assert not (tmp_path / "out").exists()


def test_a_stopped_run_through_a_folder_goes_on(
    footage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    looked, find = [0], BuiltinFinder.find

    def counting(self: BuiltinFinder, frame: Frame) -> list[Face]:
        if looked[0] == 4:
            looked[0] += 1
            raise KeyboardInterrupt
        looked[0] += 1
        return find(self, frame)

    monkeypatch.setattr(BuiltinFinder, "find", counting)
    words = ["faces", str(footage), "-o", str(tmp_path / "out"), "--every", "30", "--no-pictures", *BUILTIN]
    assert main(words) == 130
    assert "4 frames are kept" in capsys.readouterr().err
    assert main(words) == 0
    assert "4 frames were looked at before" in capsys.readouterr().err
    assert looked[0] == 4 + 1 + (3 + 5 + 1 + 1 - 4)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["footage", "out"]


def test_aligned_faces_with_masks(shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, video = tmp_path / "out", shared / "media/hard/video_no_audio.mp4"
    asked = ["--align", "full", "--masks", "hull,parsed", "--parser", "landmarks", "--every", 20, "--size-px", 96]
    answer = run(capsys, video, "-o", out, *asked)
    assert answer["parser"] == "landmarks"
    found = read_alignment(out / "alignment.jsonl")
    assert (found.about["align"], found.about["crop_px"]) == ("full", 96)
    assert "parts" not in found.about
    eyes = []
    for one in found.faces:
        assert one.matrix is not None
        assert one.face.landmarks is not None
        assert [*one.masks] == ["hull", "parsed"]
        with Image.open(out / one.masks["hull"]) as hull, Image.open(out / (one.crop or "")) as crop:
            mask, picture = np.array(hull), np.array(crop).astype(float)
        # The backdrop is blue, skin is not.
        blueness = picture[..., 2] - picture[..., 0]
        assert blueness[mask > 200].mean() < 0 < blueness[:8, :8].mean()
        eyes.append(apply(one.matrix, one.face.landmarks)[36:48].mean(0))
    assert np.ptp(eyes, axis=0).max() < 1.5
    assert not (out / "parts").exists()


def test_steady_crops_keep_the_landmarks_that_were_found(
    shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    video = shared / "media/video/grid_s1/bbaf2n.mp4"
    for name, steady in (("as", ()), ("steady", ("--steady", 4))):
        run(capsys, video, "-o", tmp_path / name, "--align", "whole", "--every", 2, "--size-px", 32, *steady)
    plain, smooth = (read_alignment(tmp_path / name / "alignment.jsonl").faces for name in ("as", "steady"))
    trembling = []
    for faces in (plain, smooth):
        matrices = np.array([one.matrix for one in faces])
        trembling.append(np.abs(np.diff(matrices, n=2, axis=0)).mean())
    assert trembling[1] < 0.4 * trembling[0]
    for one, other in zip(plain, smooth, strict=True):
        np.testing.assert_array_equal(one.face.landmarks, other.face.landmarks)  # type: ignore[arg-type]


def test_what_is_left_out_is_counted(shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = shared / "media/hard/two_faces_sfhq.jpg"
    assert run(capsys, picture)["left_out"] == {}
    one = run(capsys, picture, "--most", 1)
    assert (len(one["faces"]), one["left_out"]) == (1, {"less prominent": 1})
    out = tmp_path / "out"
    none = run(capsys, picture, "--min-sharpness", 1e9, "-o", out, code=4)
    assert none["left_out"] == {"blur": 2}
    assert none["faces"] == []
    assert not out.exists()
    assert main(["faces", str(picture), "--min-size", "2000", *BUILTIN]) == 4
    assert "every face" in capsys.readouterr().err
    video = shared / "media/hard/video_no_audio.mp4"
    best = run(capsys, video, "-o", out, "--every", 5, "--best", 4, "--sort", "best", "--size-px", 64)
    assert (best["crops"], best["left_out"]) == (4, {"not among the best": 11})
    assert len([*(out / "crops").rglob("*.png")]) == 4
    assert read_alignment(out / "alignment.jsonl").about["left_out"] == best["left_out"]


@pytest.mark.parametrize("key", ["hist", "hist-dissim", "motion-blur", "distance", "identity-dissim"])
def test_orders(key: str, shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    video = shared / "media/hard/video_identity_cut_s1_s2.mp4"
    run(capsys, video, "-o", tmp_path / "out", "--every", 30, "--size-px", 48, "--sort", key, "--group", "none")
    names = sorted(path.name for path in (tmp_path / "out/crops/faces").iterdir())
    assert [int(name[:6]) for name in names] == [*range(5)]
    if key == "hist":  # the two rooms are not mixed
        frames = [int(name[-10:-4]) for name in names]
        assert frames[0] == 0
        assert sum((a < 75) != (b < 75) for a, b in itertools.pairwise(frames)) == 1


def test_realigned_faces_say_so(shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = shared / "media/portrait/grid_s1.png"
    once, again = run(capsys, picture), run(capsys, picture, "--realign")
    assert again["back_end"] == "builtin, realigned"
    moved = np.abs(np.subtract(once["faces"][0]["landmarks"], again["faces"][0]["landmarks"]))
    assert 0 < moved.mean() < 1.5


def test_masks_of_synthetic_media_are_marked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = render(Identity.random(np.random.default_rng(3))).image
    folder = tmp_path / "both"
    folder.mkdir()
    step = Step("studio.render", source_type=SourceType.ALGORITHMIC)
    publish(Clip.still(image, step=step), folder / "rendered.png")
    Image.fromarray(image).save(folder / "unmarked.jpg")
    run(capsys, folder, "-o", tmp_path / "out", "--masks", "hull", "--align", "full", "--size-px", 64)
    marked = {
        str(path.relative_to(tmp_path / "out")): bool(verify(path).synthetic)
        for path in (tmp_path / "out").rglob("*.png")
    }
    assert marked == {
        "crops/track_00/rendered_000000.png": True,
        "masks/hull/track_00/rendered_000000.png": True,
        "crops/track_01/unmarked_000000.png": False,
        "masks/hull/track_01/unmarked_000000.png": False,
        "sheet.png": True,
    }
    with Image.open(tmp_path / "out/masks/hull/track_00/rendered_000000.png") as mask:
        values = np.array(mask)
    # As it is without a mark: a watermark would move each value by a few levels.
    assert values.shape == (64, 64)
    assert values[32, 32] == 255
    assert values[0, 0] == 0


@pytest.mark.parametrize(
    "words",
    [
        ("--best", "0"),
        ("--masks", "nose"),
        ("--masks", "hull", "--no-pictures"),
        ("--mean-face", "published"),
        ("--steady", "-1"),
        ("--sort", "hist", "--no-pictures"),
        ("--max-yaw", "-3"),
        ("--align", "elbow"),
        ("--parser", "landmarks", "--masks", "hull"),
    ],
)
def test_mistakes_are_told_before_the_work(words: tuple[str, ...], tmp_path: Path) -> None:
    assert main(["faces", str(tmp_path / "nowhere.png"), *words, *BUILTIN]) == 2
