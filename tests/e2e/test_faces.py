"""`prosopon faces` on real footage."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from prosopon.app.main import main
from prosopon.core.clip import Clip
from prosopon.core.history import SourceType, Step
from prosopon.faces.alignment import read_alignment
from prosopon.faces.mediapipe import MODEL_VARIABLE
from prosopon.studio.person import Identity
from prosopon.studio.render import render
from prosopon.vouch.manifest.verify import verify
from prosopon.vouch.publish import publish


@pytest.fixture(autouse=True)
def model(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("mediapipe", reason="needs the extra mediapipe")
    monkeypatch.setenv(MODEL_VARIABLE, str(shared / "media/models/mp_face_landmarker.task"))


def test_a_video(shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    video = shared / "media/hard/video_identity_cut_s1_s2.mp4"
    output = tmp_path / "out"
    assert main(["faces", str(video), "-o", str(output), "--every", "15", "--size-px", "64", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["frames_looked_at"] == 10
    assert [one["frames"] for one in answer["tracks"]] == [5, 5]
    assert answer["crops"] == 10
    found = read_alignment(output / "alignment.jsonl")
    assert found.about["frames"] == 150
    first = [one.frame for one in found.faces if one.track == 0]
    assert first in ([0, 15, 30, 45, 60], [75, 90, 105, 120, 135])
    assert sorted(one.crop for one in found.faces if one.crop) == sorted(
        str(path.relative_to(output)) for path in (output / "crops").rglob("*.png")
    )
    assert (output / "index.html").read_text(encoding="utf-8").count("<svg") >= 10
    for path in (output / "crops").rglob("*.png"):
        with Image.open(path) as picture:
            middle = np.array(picture)[20:44, 20:44].astype(float)
        assert picture.size == (64, 64)
        assert middle[..., 0].mean() > middle[..., 2].mean()  # skin, not the blue backdrop


def test_nothing_is_replaced_without_force_nor_what_is_not_ours(shared: Path, tmp_path: Path) -> None:
    picture = str(shared / "media/portrait/grid_s1.png")
    output = tmp_path / "out"
    assert main(["faces", picture, "-o", str(output)]) == 0
    assert main(["faces", picture, "-o", str(output)]) == 2
    assert main(["faces", picture, "-o", str(output), "-f"]) == 0
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    assert main(["faces", picture, "-o", str(mine), "-f"]) == 2
    assert (mine / "thesis.txt").exists()


def test_no_face_is_exit_code_4_and_no_folder(shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "out"
    assert main(["faces", str(shared / "media/hard/noface_cartoon_mtcnn.jpg"), "-o", str(output)]) == 4
    assert "no face was found" in capsys.readouterr().err
    assert [*tmp_path.iterdir()] == []


def test_without_a_face_json_is_an_empty_list(shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["faces", str(shared / "media/hard/noface_cartoon_mtcnn.jpg"), "--json"]) == 4
    heard = capsys.readouterr()
    assert json.loads(heard.out)["faces"] == []
    assert "no face was found" in heard.err


def test_a_still_as_json(shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = shared / "media/hard/two_faces_sfhq.jpg"
    for words in ([], ["-o", str(tmp_path / "out")]):
        assert main(["faces", str(picture), "--json", *words]) == 0
        faces = json.loads(capsys.readouterr().out)["faces"]
        assert [len(face["landmarks"]) for face in faces] == [68, 68]
        for face in faces:
            x0, y0, x1, y1 = face["box"]
            points = np.array(face["landmarks"])
            assert 0 < x0 < x1 < 1024
            assert 0 < y0 < y1 < 512
            assert ((points >= (x0 - 2, y0 - 2)) & (points <= (x1 + 2, y1 + 2))).all()
            assert 0 < face["score"] <= 1
    with Image.open(tmp_path / "out/drawn.png") as drawn:
        assert drawn.size == (1024, 512)


def test_what_is_cut_out_of_synthetic_media_is_marked(tmp_path: Path) -> None:
    image = render(Identity.random(np.random.default_rng(3))).image
    step = Step("studio.render", source_type=SourceType.ALGORITHMIC)
    rendered = publish(Clip.still(image, step=step), tmp_path / "rendered.png").path
    assert main(["faces", str(rendered), "-o", str(tmp_path / "out")]) == 0
    pictures = [*(tmp_path / "out").rglob("*.png")]
    assert {path.name for path in pictures} == {"drawn.png", "sheet.png", "000000.png"}
    for path in pictures:
        report = verify(path)
        assert report.synthetic, path
        assert [address.rpartition("/")[2] for address in report.source_types] == ["algorithmicMedia"] * len(
            report.source_types
        )


def test_without_the_model_the_line_to_run_is_shown(
    tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(MODEL_VARIABLE)
    assert main(["faces", str(shared / "media/portrait/grid_s1.png"), "--backend", "mediapipe", "--json"]) == 4
    assert "curl" in capsys.readouterr().err
