"""`prosopon bench animate` and `prosopon evaluate fomm` from the command line, on tiny nets and a tiny film."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prosopon.app.main import main
from prosopon.core.clip import Clip
from prosopon.create.fomm.config import CONFIGS
from prosopon.create.fomm.recipe import card_of
from prosopon.create.fomm.technique import FirstOrderMotion
from prosopon.faces.mediapipe import MODEL_VARIABLE
from prosopon.media.write.dispatch import encode
from prosopon.models.checkpoint import save
from prosopon.models.motion.config import DenseMotionConfig, GeneratorConfig, KeypointConfig, ModelConfig

TINY = ModelConfig(
    num_kp=3,
    size_px=64,
    kp_detector=KeypointConfig(block_expansion=4, max_features=16, num_blocks=3, scale_factor=0.5),
    generator=GeneratorConfig(
        block_expansion=4,
        max_features=16,
        num_bottleneck_blocks=1,
        head="blend",
        dense_motion=DenseMotionConfig(block_expansion=4, max_features=16, num_blocks=3, scale_factor=0.5),
    ),
)


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CONFIGS, "tiny", replace(CONFIGS["mini"], name="tiny", model=TINY))
    monkeypatch.delenv(MODEL_VARIABLE, raising=False)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    model = FirstOrderMotion.untrained("tiny")
    card = card_of(CONFIGS["tiny"], licence="CC0-1.0", origin="random numbers, for a test")
    save(model.state(), tmp_path / "fomm.tiny", card)
    return tmp_path / "fomm.tiny.safetensors"


@pytest.fixture
def films(tmp_path: Path) -> Path:
    folder = tmp_path / "films"
    (folder / "anna").mkdir(parents=True)
    y, x = np.mgrid[:80, :96]
    frames = [np.stack((x * 2, y * 2, 30 + x + 4 * t), axis=-1).astype(np.uint8) for t in range(5)]
    encode(Clip.of_frames(frames, 25), folder / "anna" / "one.mp4")
    return folder


def answer(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_bench(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["bench", "animate", "--config", "tiny", "--batch", "1", "2", "--rounds", "2", "--precision", "fp32"]
    assert main([*words, "--json"]) == 0
    found = answer(capsys)
    assert found["ratio"] == pytest.approx(found["plain_ms_per_frame"] / found["fast_ms_per_frame"])
    assert set(found["by_batch"]) == {"1", "2"}
    assert found["precision"] == "float32"
    assert found["random_weights"] is True
    assert found["difference"]["largest"] < 1e-4
    assert found["threads"] >= 1
    assert main(words) == 0
    assert "times as fast" in capsys.readouterr().out


def test_bench_refusals(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "animate", "--rounds", "0"]) == 2
    assert main(["bench", "animate", "--config", "no-such-one"]) == 4
    assert main(["bench", "animate", "--weights", "no-such-one"]) == 4
    assert capsys.readouterr().err.count("prosopon: error:") == 3


def test_evaluate(films: Path, weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "report.html"
    words = ["evaluate", "fomm", "--data", str(films), "--weights", str(weights), "--faces", "none", "--size", "96"]
    assert main([*words, "--every", "2", "-o", str(page), "--json"]) == 0
    captured = capsys.readouterr()
    assert "no keypoint distances" in captured.err
    found = json.loads(captured.out)
    assert found["total"]["frames"] == 3
    assert found["faces"] is None
    assert found["clips"]["anna/one.mp4"]["metrics"]["akd"] == {"value": None, "copy": None, "ratio": None}
    measured = found["people"]["anna"]["metrics"]["l1"]
    assert 0 < measured["copy"] < 0.2
    assert measured["ratio"] == pytest.approx(measured["value"] / measured["copy"])
    html = page.read_text(encoding="utf-8")
    assert "anna/one.mp4" in html
    assert f"{measured['value']:.4f}" in html
    assert main([*words, "-o", str(page)]) == 2  # it is there already
    assert main([*words, "-o", str(page), "--force"]) == 0
    assert "copied source" in capsys.readouterr().out


def test_evaluate_what_is_missing(
    films: Path, weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["evaluate", "fomm", "--data", str(films), "--weights", "no-such-one"]) == 4
    assert main(["evaluate", "fomm", "--data", str(tmp_path / "empty"), "--weights", str(weights)]) == 4
    assert main(["evaluate", "fomm", "--data", str(tmp_path / "absent"), "--weights", str(weights)]) == 4
    base = ["evaluate", "fomm", "--data", str(films), "--weights", str(weights)]
    assert main([*base, "--faces", "mediapipe"]) == 4
    assert main([*base, "--every", "0"]) == 2
    assert capsys.readouterr().err.count("prosopon: error:") == 5


def test_evaluate_faces(
    shared: Path, weights: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("mediapipe", reason="needs the extra mediapipe")
    monkeypatch.setenv(MODEL_VARIABLE, str(shared / "media/models/mp_face_landmarker.task"))
    data = shared / "media/video/grid_s1"
    words = ["evaluate", "fomm", "--data", str(data), "--weights", str(weights), "--max-clips", "1", "--every", "15"]
    assert main([*words, "--json"]) == 0
    found = answer(capsys)["total"]
    assert found["faces"] == found["frames"] == 5
    assert 0.1 < found["metrics"]["akd"]["copy"] < 10
    assert found["metrics"]["mkr"]["copy"] == 0
