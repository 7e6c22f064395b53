"""`prosopon evaluate detect`, with stand-ins for detectors."""

from __future__ import annotations

import io
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_arena import drawn_person
from stand_in_detectors import RedDots, StandIn, calibration, dotted, roster

from prosopon.app.console import Console
from prosopon.app.unit_square import Line, unit_square
from prosopon.app.verbs import evaluate_detect as verb
from prosopon.app.verbs.evaluate_detect import EvaluateDetect
from prosopon.arena.detection import experts
from prosopon.core.clip import Clip
from prosopon.core.errors import FileExistsAlready, MissingError, UsageError
from prosopon.core.faces import Tracks
from prosopon.datasets.arena.arena import ArenaClip, Split
from prosopon.datasets.arena.writing import About, write_arena
from prosopon.detect.judging.fusion import Fusion
from prosopon.detect.judging.roster import Asked
from prosopon.media.write import encode
from prosopon.train.store import Rows


def good(clip: Clip, tracks: Tracks) -> float:
    """Knows fakes by their names; those that were swapped less well."""
    rng = np.random.default_rng([*clip.name.encode()])
    fake = "fake" in clip.name or "-" in clip.name
    return float(1 / (1 + np.exp(-rng.normal((1.5 if "swap" in clip.name else 3) if fake else -3, 1))))


def blind(clip: Clip, tracks: Tracks) -> float:
    return float(np.random.default_rng([1, *clip.name.encode()]).random())


@pytest.fixture(autouse=True)
def stand_ins(monkeypatch: pytest.MonkeyPatch) -> dict[str, StandIn]:
    found = {"good": StandIn(good, worth=calibration(1.3)), "blind": StandIn(blind, worth=calibration(1.3))}
    monkeypatch.setattr(experts, "open_roster", lambda asked: roster(**found))
    monkeypatch.setattr("prosopon.faces.finder.open_finder", lambda name: RedDots())
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(6):
        path = (
            tmp_path / "data" / ("fake" if number % 2 else "real") / f"{'fake' if number % 2 else 'real'}{number}.mp4"
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        encode(dotted(9, 100 if number != 4 else 1), path)
    return tmp_path / "data"


@pytest.fixture(scope="module")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five people to fit on, five others to measure on; they all look alike, and stand-ins go by names."""
    folder = tmp_path_factory.mktemp("arena")
    frames, landmarks = drawn_person(np.random.default_rng(0), 8)
    scale = np.ones(8, np.float32)
    rows: Rows = {"frames": frames, "landmarks": landmarks, "times": np.arange(8) / 25, "scale": scale}
    split: dict[str, Split] = {**dict.fromkeys("abcde", "calibrate"), **dict.fromkeys("vwxyz", "test")}
    clips = [
        ArenaClip(
            who if made == "original" else f"{who}-{made}", made, (who,), split[who], who, "footage", Fraction(25)
        )
        for who in split
        for made in ("original", "animate", "swap")
    ]
    write_arena(folder, ((clip, rows) for clip in clips), About(split))
    return folder


def told(args: EvaluateDetect) -> dict[str, Any]:
    out = io.StringIO()
    console = Console(as_json=True, out=out, err=io.StringIO())
    assert verb.run(args, console) == 0
    console.close()
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


def test_everything_is_told(folder: Path) -> None:
    answer = told(EvaluateDetect(folder, quick=True))
    assert answer["data"]["layout"] == "folders" and answer["data"]["without_people"] == 6
    rows = {(row["name"], row["under"]): row for row in answer["rows"] if row["part"] == "all"}
    assert set(rows) == {(name, "none") for name in ("good", "blind", "chance", "the whole tool")}
    row = rows["good", "none"]
    assert row["video_auc"] == pytest.approx(1) and row["answered"] == 5 and row["unanswered"] == {"no-face": 1}
    assert rows["chance", "none"]["log_loss"] == pytest.approx(0.693, abs=1e-3)
    assert answer["faces"]["none"]["real"]["hits"] == 2 and answer["faces"]["none"]["real"]["of"] == 3
    assert answer["declined"]["none"]["no-face"] == 1
    assert answer["published"]["frame_auc"]["Xception"][0] == 0.964
    assert {"fake = 1", "0.5"} <= {answer["positive"][:8], answer["without_an_answer"][10:13]}


def test_real_ones_alone_tell_how_often_they_are_accused(folder: Path) -> None:
    (folder / "list.csv").write_text("path,label,domain\nreal/real0.mp4,0,here\nreal/real2.mp4,0,there\n")
    answer = told(EvaluateDetect(folder / "list.csv", quick=True))
    assert any("only real videos" in note for note in answer["data"]["notes"])
    row = next(row for row in answer["rows"] if row["name"] == "good" and row["part"] == "all")
    assert row["video_auc"] is None and row["words"]["real"]["no-evidence"] == 2 and row["intervals_95"] == {}
    assert {row["part"] for row in answer["rows"]} == {"all", "here", "there"}


def test_broken_off_and_gone_on_with(folder: Path, stand_ins: dict[str, StandIn], own_home: Path) -> None:
    asked: list[str] = []

    def tired(clip: Clip, tracks: Tracks) -> float:
        asked.append(clip.name)
        if len(asked) == 4:
            raise KeyboardInterrupt
        return 0.5

    stand_ins["good"].value = tired
    err = io.StringIO()
    with pytest.raises(KeyboardInterrupt):
        verb.run(EvaluateDetect(folder, quick=True), Console(out=io.StringIO(), err=err))
    assert "of 6 answers are kept" in err.getvalue() and len([*own_home.glob("evaluations/*.jsonl")]) == 1
    err = io.StringIO()
    assert verb.run(EvaluateDetect(folder, quick=True), Console(out=io.StringIO(), err=err)) == 0
    assert "answers were given before" in err.getvalue() and len(asked) == len(set(asked)) + 1
    assert not [*own_home.glob("evaluations/*.jsonl")]


def test_text_and_page(arena: Path, tmp_path: Path) -> None:
    out, page = io.StringIO(), tmp_path / "page.html"
    args = EvaluateDetect(arena, quick=True, report=page, hold_out=("swap",))
    assert verb.run(args, Console(out=out, err=io.StringIO())) == 0
    text = out.getvalue()
    assert "5 real, 10 fakes, 5 people" in text and "held-out generators (5)" in text
    assert "strong" in text and "none of them tells" in text
    html = page.read_text(encoding="utf-8")
    assert html.count("<svg") > 4 and "ROC" in html and "Risk over coverage" in html and "UCF" in html
    assert "animate" in html and "learnt generators" in html
    with pytest.raises(FileExistsAlready):
        verb.run(args, Console(out=out, err=io.StringIO()))


def test_held_out_is_what_nobody_learnt_from(arena: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One detector's own choice does not keep fakes from the others."""
    said = {"good": ("swap", "animate"), "blind": ("swap",)}
    monkeypatch.setattr(experts, "held_out_by", lambda expert: said[expert.name])
    assert told(EvaluateDetect(arena, quick=True, limit=1))["how"]["held_out"] == ["swap"]
    monkeypatch.setattr(experts, "held_out_by", lambda expert: ())
    assert told(EvaluateDetect(arena, quick=True, limit=1))["how"]["held_out"] == []


def test_a_fusion_is_fitted_on_the_calibration_split(arena: Path, tmp_path: Path) -> None:
    output = tmp_path / "fusion.toml"
    answer = told(EvaluateDetect(arena, fit_fusion=output, hold_out=("swap",)))
    fusion = Fusion.read(output)
    assert fusion.weights["good"] > 3 * fusion.weights.get("blind", 0) and (fusion.real, fusion.fakes) == (5, 5)
    assert fusion.people == 5 and "without those of swap" in fusion.data and "jpeg50" in fusion.data
    assert answer["fusion"]["weights"] == fusion.weights and answer["held_out_people"]["fitted"]["auc"] > 0.9
    with pytest.raises(FileExistsAlready):
        told(EvaluateDetect(arena, fit_fusion=output))
    used = told(EvaluateDetect(arena, fusion=output, quick=True, limit=1))
    assert used["how"]["fusion"]["weights"] == fusion.weights


@pytest.mark.parametrize("wrong", [{"frames": 0}, {"limit": 0}, {"seed": -1}])
def test_nonsense_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        EvaluateDetect(Path("x"), **wrong)  # type: ignore[arg-type]


def test_what_cannot_be_measured_is_refused(folder: Path, tmp_path: Path) -> None:
    for args, what in (
        (EvaluateDetect(folder, under="boiled"), "no degradation"),
        (EvaluateDetect(folder, under=","), "nothing that is done"),
        (EvaluateDetect(folder, split="test"), "no split"),
        (EvaluateDetect(folder, report=tmp_path / "page.txt"), "suffix"),
    ):
        with pytest.raises(UsageError, match=what):
            told(args)
    for path in (folder / "fake").iterdir():
        path.rename(folder / "real" / path.name)
    (folder / "list.csv").write_text("path,label\nreal/real0.mp4,0\n")
    with pytest.raises(UsageError, match="1 real clips and 0 fakes"):
        told(EvaluateDetect(folder / "list.csv", split="all", fit_fusion=tmp_path / "f.toml"))
    with pytest.raises(UsageError):
        EvaluateDetect(folder, report=tmp_path / "p.html", fit_fusion=tmp_path / "f.toml")


def test_the_baseline_needs_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    with pytest.raises(UsageError, match="plain=RUN"):
        experts.open_roster(Asked.parse("plain"))
    with pytest.raises(MissingError, match="no detector called 'nobody'"):
        experts.open_roster(Asked.parse("nobody"))


def test_the_baseline_stands_beside() -> None:
    detector = StandIn(0.9)
    beside = experts.Beside(detector)  # type: ignore[arg-type]
    assert not beside.judges and beside.needs == detector.needs
    assert beside.score(dotted(3), Tracks((), 3, "x")).value == 0.9


def test_drawings_are_of_what_there_is() -> None:
    drawn = unit_square("A & B", "x", "y", {"one": Line([(0, 0), (0.5, 1), (1, 1)], (1, 0, 1), True), "none": Line(())})
    assert drawn.count("<circle") == 3 and "A &amp; B" in drawn and "none" not in drawn.replace('fill="none"', "")
    many = unit_square("t", "x", "y", {"one": Line([(n / 5000, n / 5000) for n in range(5001)])})
    assert len(many) < 12_000 and "240.0,8.0" in many
    with pytest.raises(ValueError, match="nothing to draw"):
        unit_square("t", "x", "y", {"none": Line(())})
