"""`prosopon faces --parts`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from prosopon.app.main import main
from prosopon.core.clip import Clip, Frame
from prosopon.core.faces import Face
from prosopon.core.history import SourceType, Step
from prosopon.core.parts import Part
from prosopon.faces.alignment import read_alignment
from prosopon.faces.parsing.landmarks import LandmarkParser
from prosopon.faces.parsing.part_map import PartMap
from prosopon.media.part_maps import read_part_map
from prosopon.studio.person import Identity
from prosopon.studio.render import render
from prosopon.vouch.manifest.verify import verify
from prosopon.vouch.publish import publish

LANDMARKS = ["--parts", "--parser", "landmarks", "--backend", "builtin"]


def test_each_picture_has_its_map_of_the_same_name(shared: Path, tmp_path: Path) -> None:
    video = shared / "media/hard/video_identity_cut_s1_s2.mp4"
    output = tmp_path / "out"
    asked = ["--every", "30", "--size-px", "96", "--sort", "yaw", "--group", "none"]
    assert main(["faces", str(video), "-o", str(output), *LANDMARKS, *asked]) == 0
    found = read_alignment(output / "alignment.jsonl")
    assert found.about["parser"] == "landmarks"
    assert found.about["parts"]["7"] == "hair"
    assert len(found.faces) == 6 - 1
    for one in found.faces:
        assert one.crop is not None
        assert one.parts == one.crop.replace("crops/", "parts/")
        parts = read_part_map(output / one.parts)
        with Image.open(output / one.crop) as crop:
            picture = np.array(crop).astype(float)
        assert parts.shape == picture.shape[:2] == (96, 96)
        # The backdrop is blue, skin is not.
        blueness = picture[..., 2] - picture[..., 0]
        assert blueness[parts == Part.SKIN].mean() < 0 < blueness[:20, :5].mean()
        shares = {name: value for name, value in one.measures.items() if name.startswith("share_")}
        assert sum(shares.values()) == pytest.approx(1.0, abs=0.001)
        assert "share_hair" not in shares
    assert sorted(path.name for path in output.iterdir() if path.is_file()) == [
        "alignment.jsonl", "index.html", "parts.png", "sheet.png",
    ]  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_without_asking_there_are_none(shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = str(shared / "media/portrait/grid_s1.png")
    assert main(["faces", picture, "-o", str(tmp_path / "out"), "--backend", "builtin"]) == 0
    assert not (tmp_path / "out/parts").exists()
    assert not (tmp_path / "out/parts.png").exists()
    assert "share_" not in (tmp_path / "out/alignment.jsonl").read_text()
    capsys.readouterr()
    assert main(["faces", picture, "--parser", "landmarks", "--backend", "builtin"]) == 2
    assert "--parts" in capsys.readouterr().err


def test_shares_alone(shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = str(shared / "media/portrait/grid_s1.png")
    assert main(["faces", picture, "--json", *LANDMARKS]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["parser"] == "landmarks"
    assert answer["faces"][0]["measures"]["share_lip"] > 0.01
    assert main(["faces", picture, "-o", str(tmp_path / "out"), "--no-pictures", *LANDMARKS]) == 0
    assert [*(tmp_path / "out").rglob("*.png")] == []
    assert "share_lip" in (tmp_path / "out/alignment.jsonl").read_text()


def test_nothing_is_replaced_without_force(shared: Path, tmp_path: Path) -> None:
    words = ["faces", str(shared / "media/portrait/grid_s1.png"), "-o", str(tmp_path / "out"), *LANDMARKS]
    assert main(words) == 0
    before = (tmp_path / "out/parts.png").stat().st_mtime_ns
    assert main(words) == 2
    assert (tmp_path / "out/parts.png").stat().st_mtime_ns == before
    assert main([*words, "-f"]) == 0


def test_weights_that_are_missing_are_said_before_the_work(
    shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = str(shared / "media/portrait/grid_s1.png")
    assert main(["faces", picture, "-o", str(tmp_path / "out"), "--parts", "--parser", "bisenet"]) == 4
    said = capsys.readouterr().err
    assert "prosopon weights import" in said
    assert said.count("\n") == 1
    assert [*tmp_path.iterdir()] == []


def test_maps_of_synthetic_media_are_marked_and_stay_maps(tmp_path: Path) -> None:
    image = render(Identity.random(np.random.default_rng(3))).image
    step = Step("studio.render", source_type=SourceType.ALGORITHMIC)
    rendered = publish(Clip.still(image, step=step), tmp_path / "rendered.png").path
    assert main(["faces", str(rendered), "-o", str(tmp_path / "out"), *LANDMARKS]) == 0
    pictures = [*(tmp_path / "out").rglob("*.png")]
    assert {str(path.relative_to(tmp_path / "out")) for path in pictures} == {
        "drawn.png", "sheet.png", "parts.png", "crops/track_00/000000.png", "parts/track_00/000000.png",
    }  # fmt: skip
    for path in pictures:
        report = verify(path)
        assert report.synthetic, path
        assert {address.rpartition("/")[2] for address in report.source_types} == {"algorithmicMedia"}
    parts = read_part_map(tmp_path / "out/parts/track_00/000000.png")
    assert {int(Part.SKIN), int(Part.NOSE), int(Part.LIP)} <= set(np.unique(parts))


def test_a_stopped_run_goes_on_where_it_was(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Slow(LandmarkParser):
        """Is stopped after three faces, the first time."""

        name = "slow"
        asked, stops = 0, True

        def parse(self, frame: Frame, face: Face) -> PartMap:
            if Slow.stops and Slow.asked == 3:
                Slow.stops = False
                raise KeyboardInterrupt
            Slow.asked += 1
            return super().parse(frame, face)

    monkeypatch.setattr("prosopon.app.verbs.faces.open_parser", lambda _name: Slow())
    video = str(shared / "media/hard/video_identity_cut_s1_s2.mp4")
    words = ["faces", video, "-o", str(tmp_path / "out"), "--every", "30", "--parts", "--backend", "builtin"]
    assert main(words) == 130
    assert "the same command goes on" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert main(words) == 0
    assert "5 frames were looked at before" in capsys.readouterr().err
    assert Slow.asked == 5
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
