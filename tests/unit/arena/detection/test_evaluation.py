"""From answers to rows: the check vector again, missing answers in both ways, words, generators and domains."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from prosopon.arena.detection.answers import Answer, Said
from prosopon.arena.detection.evaluation import Evaluation, evaluated
from prosopon.arena.detection.figures import CHANCE
from prosopon.arena.detection.heard import WHOLE, risk_of
from prosopon.arena.detection.probabilities import balanced, calibration_error
from prosopon.arena.detection.ranking import Ranking
from prosopon.arena.detection.videos import DataSet, FileSource, Video
from prosopon.detect.judging.verdict import Verdict
from prosopon.detect.learning import figures as learning

LABELS = (0, 0, 0, 0, 1, 1, 1, 1, 1, 1)
VALUES = (0.1, 0.4, 0.35, 0.8, 0.3, 0.65, 0.7, 0.9, 0.95, 0.6)


def video(number: int, label: int, **more: str) -> Video:
    generator = more.pop("generator", "swap") if label else "original"
    return Video(str(number), label, FileSource(Path(str(number))), (f"p{number}",), generator, **more)


def said(value: float | None, log10_lr: float | None = None, frames: int = 2) -> Said:
    counts = log10_lr is not None
    why = "" if counts else "not-calibrated" if value is not None else "no-face"
    return Said(value, log10_lr, counts, True, why, per_frame=() if value is None else (value,) * frames)


def answer(number: int, value: float | None, log10_lr: float | None = None, under: str = "none") -> Answer:
    verdict = "inconclusive" if log10_lr is None else "strong" if log10_lr >= 2 else "no-evidence"
    reasons = ("no-face",) if value is None else () if log10_lr is not None else ("not-calibrated",)
    found = 0 if value is None else 4
    return Answer(str(number), under, verdict, reasons, log10_lr, {"one": said(value, log10_lr)}, 4, 4, found, 90)


def check_vector() -> Evaluation:
    videos = tuple(video(number, label) for number, label in enumerate(LABELS))
    answers = [answer(number, value) for number, value in enumerate(VALUES)]
    return evaluated(DataSet("table", "check", videos), answers)


def test_the_check_vector_comes_out_exactly() -> None:
    row = check_vector().row("one", "none")
    wanted = {"video_auc": 0.75, "frame_auc": 0.75, "ap": 0.8416667, "log_loss": 0.5315317, "eer": 0.25}
    for name, value in wanted.items():
        assert row.figures[name].value == pytest.approx(value, abs=5e-8), name
    assert (row.real, row.fakes, row.people, row.answered, row.coverage) == (4, 6, 10, 10, 1)
    low, high = row.figures["video_auc"].low, row.figures["video_auc"].high
    assert low is not None and high is not None and low < 0.75 < high


def test_faces_that_were_not_found_count_and_are_left_out() -> None:
    videos = tuple(video(number, label) for number, label in enumerate(LABELS))
    # Of the two videos that spoil the ranking most, nobody finds the faces.
    answers = [answer(n, None if n in (3, 4) else value) for n, value in enumerate(VALUES)]
    found = evaluated(DataSet("table", "check", videos), answers)
    row = found.row("one", "none")
    filled = np.where(np.isin(np.arange(10), (3, 4)), 0.5, VALUES)
    assert row.figures["video_auc"].value == pytest.approx(Ranking(LABELS, filled).auc[0]) != 1
    assert row.figures["video_auc_found"].value == 1 and row.coverage == 0.8
    assert row.unanswered == {"no-face": 2, "not-calibrated": 8}
    faces = found.faces["none"]
    assert (faces.real.hits, faces.real.of, faces.fake.hits, faces.fake.of) == (3, 4, 5, 6)
    assert found.declined["none"] == {"no-face": 2, "not-calibrated": 8}


def test_words_are_counted_by_what_is_true() -> None:
    ratios = (-1.0, -0.5, 0.4, 2.0, 2.0, 1.0, 0.0, None, 2.0, -2.0)
    videos = tuple(video(number, label) for number, label in enumerate(LABELS))
    answers = [answer(n, value, ratio) for n, (value, ratio) in enumerate(zip(VALUES, ratios, strict=True))]
    found = evaluated(DataSet("table", "check", videos), answers)
    row = found.row("one", "none")
    assert row.words["real"] == {"strong": 1, "moderate": 0, "weak": 1, "no-evidence": 2, "inconclusive": 0}
    assert row.words["fake"] == {"strong": 2, "moderate": 1, "weak": 0, "no-evidence": 2, "inconclusive": 1}
    assert row.share("real", Verdict.STRONG, Verdict.WEAK).hits == 2
    whole = found.row(WHOLE, "none")
    assert whole.words["real"]["strong"] == 1 and whole.answered == 9
    assert whole.figures["video_auc"].value == pytest.approx(
        Ranking(LABELS, [0 if ratio is None else ratio for ratio in ratios]).auc[0]
    )
    assert risk_of(found.heard["one", "none"]).answered == pytest.approx(0.9)


def test_calibration_before_and_after() -> None:
    rng = np.random.default_rng(0)
    labels = np.arange(400) % 2
    ratios = np.clip(rng.normal(0, 1, 400) + (labels - 0.5), -2, 2)  # of two normals one apart: ln LR is themselves
    values = 1 / (1 + np.exp(-6 * ratios))  # far too sure
    videos = tuple(video(number, int(label)) for number, label in enumerate(labels))
    answers = [answer(n, float(v), float(r / np.log(10))) for n, (v, r) in enumerate(zip(values, ratios, strict=True))]
    row = evaluated(DataSet("table", "check", videos), answers).row("one", "none")
    assert row.figures["ece"].value > 0.2 and row.figures["ece_calibrated"].value < 0.1
    assert row.figures["cllr_least"].value <= row.figures["cllr"].value < 1
    assert row.figures["log_loss_calibrated"].value < row.figures["log_loss"].value
    # The same figures as those that training writes onto cards.
    assert row.figures["ece"].value == pytest.approx(learning.ece(values, labels == 1))
    assert row.figures["eer"].value == pytest.approx(learning.eer(values, labels == 1))
    assert row.figures["video_auc"].value == pytest.approx(learning.auc(values, labels == 1))
    assert calibration_error(labels, values, balanced(labels)) == row.figures["ece"].value


def test_generators_are_compared_with_the_real_ones_of_their_domain() -> None:
    videos = (
        video(0, 0, domain="footage"), video(1, 0, domain="rendered"),
        video(2, 1, domain="footage", generator="swap"), video(3, 1, domain="rendered", generator="animate"),
        video(4, 1, domain="footage", generator="animate"),
    )  # fmt: skip
    answers = [answer(number, value) for number, value in enumerate((0.5, 0.9, 0.6, 0.7, 0.4))]
    found = evaluated(DataSet("arena", "check", videos), answers)
    parts = {
        row.part: (row.kind, row.real, row.fakes, row.figures["video_auc"].value)
        for row in found.rows
        if row.name == "one"
    }
    assert parts == {
        "all": ("all", 2, 3, pytest.approx(2 / 6)),
        "footage": ("domain", 1, 2, 0.5),
        "rendered": ("domain", 1, 1, 0),
        "swap": ("generator", 1, 1, 1),
        "animate": ("generator", 2, 2, 0.25),
    }


def test_chance_and_degradations_stand_beside() -> None:
    videos = tuple(video(number, label) for number, label in enumerate(LABELS))
    answers = [answer(n, value, under=under) for under in ("none", "half") for n, value in enumerate(VALUES)]
    found = evaluated(DataSet("table", "check", videos), answers, unasked={"two": "no weights"})
    assert found.unders == ("none", "half") and found.names == ("one", WHOLE)
    chance = found.row(CHANCE, "half")
    figures = {name: estimate.value for name, estimate in chance.figures.items()}
    assert figures["video_auc"] == figures["eer"] == 0.5 and figures["ap"] == figures["ap_of_chance"] == 0.6
    assert figures["log_loss"] == pytest.approx(np.log(2)) and figures["tpr_at_fpr_0.01"] == 0
    told = json.loads(json.dumps(found.as_json(), default=str).replace("NaN", "null"))
    assert told["not_asked"] == {"two": "no weights"} and told["data"]["fakes"] == 6
    assert {row["under"] for row in told["rows"]} == {"none", "half"}
    with pytest.raises(KeyError):
        found.row("three", "none")
