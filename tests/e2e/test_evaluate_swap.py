"""`prosopon evaluate swap` from the command line: tiny nets, rendered people, a report with curves."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from face_folder import face_folder

from prosopon.app.main import main
from prosopon.arena.landmark_warp import NAME as WARP
from prosopon.arena.swap_contest import ANSWER, SOURCE, UNTOUCHED
from prosopon.arena.swap_figures import FIGURES
from prosopon.arena.swap_truth import EXACT, ON_TARGET
from prosopon.create.swap.model import SwapModel
from prosopon.create.swap.plans.plan import table_of
from prosopon.models.checkpoint import save
from prosopon.vouch.manifest.verify import verify


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people of the same performance."""
    folder = tmp_path_factory.mktemp("studio") / "alike"
    words = ["--people", "2", "--seconds", "0.2", "--size", "160", "--voice", "none", "--same-motion"]
    assert main(["studio", "render", "-o", str(folder), *words]) == 0
    return folder


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return face_folder(tmp_path / "faces", tracks=2, count=8)


def snapshot(path: Path, minutes: float, *, noise: float = 0.0, **card: object) -> str:
    """Random weights that say how long they were trained."""
    model = SwapModel.tiny()
    state = {name: value + noise * torch.ones_like(value) for name, value in model.state().items()}
    about = {
        "technique": "swap", "config": model.plan.name, "plan": table_of(model.plan), "face_type": model.face_type,
        "licence": "CC0-1.0", "origin": "random numbers, for a test",
        "training": {"steps": int(minutes * 10), "time_s": minutes * 60, "config": {"swap": {"perceptual": 0.0}}},
    }  # fmt: skip
    save(state, path, {**about, **card})
    return str(path.with_suffix(".safetensors"))


def evaluate(source: Path, *words: object) -> int:
    common = ("--faces", "builtin", "--device", "cpu", "--precision", "fp32")
    return main(["evaluate", "swap", "--source", str(source), *common, *map(str, words)])


def film(studio: Path, number: int) -> Path:
    return studio / f"person-{number:04d}" / f"person-{number:04d}.mp4"


def test_clips_truth_and_a_learning_curve(
    studio: Path, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    early, late = snapshot(tmp_path / "early", 5), snapshot(tmp_path / "late", 15, noise=0.01)
    report = tmp_path / "report"
    capsys.readouterr()
    words = ["-m", early, late, "--target", film(studio, 1), "--truth", studio, "--as", 0, 1, "--every", 2]
    assert evaluate(source, *words, "--size", 64, "--report", report, "--json") == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    swaps = answer["swaps"]
    plan = SwapModel.tiny().plan.name
    assert [*swaps] == [UNTOUCHED, WARP, f"{plan}, 5 min", f"{plan}, 15 min", SOURCE, ON_TARGET, ANSWER]
    assert swaps[UNTOUCHED]["mean"]["changed"] == 0
    assert swaps[UNTOUCHED]["mean"]["expression"] == 0
    for name in (WARP, f"{plan}, 5 min"):
        assert swaps[name]["mean"]["changed"] > 0.01
        assert swaps[name]["mean"]["outside_equal"] == swaps[name]["mean"]["outside_ssim"] == 1
        assert set(swaps[name]["mean"]) <= set(FIGURES)
        assert set(swaps[name]["exact_mean"]) == set(EXACT)
    assert swaps[f"{plan}, 15 min"]["minutes"] == 15
    assert swaps[f"{plan}, 15 min"]["weights"] == "late"
    assert swaps[ON_TARGET]["exact_mean"]["exact_l1"] < swaps[UNTOUCHED]["exact_mean"]["exact_l1"] + 0.05
    assert answer["the target is known by"] == "the clip itself"
    page = (report / "index.html").read_text(encoding="utf-8")
    assert answer["report"] == str(report / "index.html")
    assert page.count("minutes of training") >= 5
    assert page.count("<polyline") == page.count("minutes of training")
    assert f"{swaps[WARP]['mean']['expression']:.3f}" in page
    sheets = sorted(report.glob("*.png"))
    assert [one.name for one in sheets] == ["alike-person-0000-on-person-0001.png", "person-0001-mp4.png"]
    assert verify(sheets[0]).generator is not None
    assert len(re.findall(r'src="data:image/png', page)) == 2


def test_baselines_alone_and_an_earlier_report(
    studio: Path, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--target", film(studio, 0), film(studio, 1), "--every", 3, "-o", tmp_path / "report"]
    assert evaluate(source, *words) == 0
    said = capsys.readouterr().out
    for line in (UNTOUCHED, WARP, SOURCE, "expression of a face that does not move", "index.html"):
        assert line in said
    assert "<polyline" not in (tmp_path / "report/index.html").read_text(encoding="utf-8")
    assert evaluate(source, *words) == 2
    assert "is there already" in capsys.readouterr().err
    assert evaluate(source, *words, "--force", "--json") == 0
    assert json.loads(capsys.readouterr().out)["the target is known by"] == "the other clips"


def test_who_was_taught_by_the_judge_is_named(
    studio: Path, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    training = {"steps": 1, "time_s": 60.0, "config": {"swap": {"perceptual": 0.05}}}
    judged = snapshot(tmp_path / "judged", 1, training=training)
    assert evaluate(source, "-m", judged, "--truth", studio, "--every", 5, "--size", 64, "--json") == 0
    assert "may flatter it" in capsys.readouterr().err


def test_refusals(studio: Path, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clip = film(studio, 0)
    many = snapshot(tmp_path / "many", 1, pretrained=True)
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("no folder")
    capsys.readouterr()
    refused = {
        "nothing to swap": ([], 2),
        "every is 0": (["--target", clip, "--every", 0], 2),
        "size is 8": (["--target", clip, "--size", 8], 2),
        "the same name": (["--target", clip, tmp_path / clip.name], 2),
        "is no folder": (["--target", clip, "-o", tmp_path / "file"], 2),
        "no weights called": (["--target", clip, "-m", "no-such-one"], 4),
        "holds no weights": (["--target", clip, "-m", tmp_path / "empty"], 4),
        "nobody's in particular": (["--target", clip, "-m", many, "--every", 5], 2),
        "not of swap": (["--target", clip, "-m", "faces.reader"], 4),
        "no person 5": (["--truth", studio, "--as", 5, 0], 4),
        "is not there": (["--truth", tmp_path / "empty"], 4),
        "is text": (["--target", tmp_path / "file"], 1),
    }
    for said, (words, code) in refused.items():
        assert evaluate(source, *words) == code, said
        err = capsys.readouterr().err
        assert said in err, err
        assert "Traceback" not in err
    assert evaluate(tmp_path / "empty", "--target", clip) == 4
    assert "alignment.jsonl" in capsys.readouterr().err
