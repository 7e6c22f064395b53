"""Fusions: what is worth nothing gets no weight, what says the same twice counts once, and others' people decide."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from prosopon.arena.detection.answers import Answer, Said
from prosopon.arena.detection.fusing import fit_fusion
from prosopon.arena.detection.ratios import Table, weights_of
from prosopon.arena.detection.videos import FileSource, Video
from prosopon.core.errors import UsageError
from prosopon.detect.judging.fusion import Fusion


def drawn(count: int = 400, people: int = 40, seed: int = 0) -> Table:
    """`good` and `twin` say the same and are right as to its worth, `noise` knows nothing, `liar` says the contrary."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    natural = rng.normal(0, 2, count) + 4 * (labels - 0.5)  # of normals 4 apart, 2 wide: ln LR is the value itself
    good = natural / math.log(10)
    noise = rng.normal(0, 1, count)
    ratios = np.column_stack((good, -0.5 * good, noise, good))
    who = tuple((f"p{number % people}",) for number in range(count))
    return Table(("good", "liar", "noise", "twin"), ratios, labels, who, np.ones(count))


def test_weights() -> None:
    found = fit_fusion(drawn(), "drawn clips")
    weights = found.fusion.weights
    assert set(weights) <= {"good", "twin", "noise"} and weights.get("noise", 0) < 0.1
    # Together as much as one of them; more only because either is missing at times.
    assert 0.8 < weights["good"] + weights["twin"] < 1.6 and weights["good"] == pytest.approx(weights["twin"], abs=0.1)
    fusion = found.fusion
    assert (fusion.real, fusion.fakes, fusion.people, fusion.data) == (200, 200, 40, "drawn clips")
    assert fusion.most_log10_lr == pytest.approx(math.log10(21), abs=1e-4) and abs(fusion.offset) < 0.1
    assert fusion.log10_lr({"good": 9.0}) == fusion.most_log10_lr


def test_the_fit_is_better_than_the_mean_on_others() -> None:
    found = fit_fusion(drawn(), "drawn clips")
    mean, fitted = found.figures["mean"], found.figures["fitted"]
    assert fitted["cllr"] < mean["cllr"] and fitted["auc"] > mean["auc"] and fitted["ece"] < 0.1
    assert (found.fusion.ece_before, found.fusion.ece_after) == (mean["ece"], fitted["ece"])


def test_what_is_known_of_one_person_only_is_worth_little() -> None:
    """Everything that one detector says depends on who it is: it is not believed on others."""
    rng = np.random.default_rng(0)
    labels = np.arange(240) % 2
    person = np.arange(240) // 6 % 20
    lucky = rng.normal(0, 2, (20, 2))[person, labels]
    table = Table(("lucky",), lucky[:, None], labels, tuple((f"p{one}",) for one in person), np.ones(240))
    figures = fit_fusion(table, "").figures["fitted"]
    assert figures["cllr"] > 0.9


def test_nothing_known_is_said_to_be_nothing() -> None:
    rng = np.random.default_rng(0)
    table = Table(("liar",), -(np.arange(60) % 2)[:, None] + rng.normal(0, 0.3, (60, 1)), np.arange(60) % 2,
                  tuple((f"p{n % 10}",) for n in range(60)), np.ones(60))  # fmt: skip
    fusion = fit_fusion(table, "").fusion
    assert fusion.weights == {"liar": 0.0} and fusion.log10_lr({"liar": 2.0}) is None


def test_abstentions_are_no_opinion() -> None:
    table = drawn()
    table.ratios[::3, 0] = np.nan
    table.ratios[1::4, :] = np.where(np.arange(4) == 3, table.ratios[1::4, :], np.nan)
    fusion = fit_fusion(table, "").fusion
    assert all(math.isfinite(weight) for weight in fusion.weights.values()) and fusion.weights["good"] > 0.2


def test_the_same_again(tmp_path: Path) -> None:
    first, second = fit_fusion(drawn(), "x"), fit_fusion(drawn(), "x")
    assert first == second and first != fit_fusion(drawn(), "x", seed=1)
    path = tmp_path / "fusion.toml"
    path.write_text(first.fusion.as_toml(), encoding="utf-8")
    assert Fusion.read(path) == first.fusion


def test_tables_hold_what_counts() -> None:
    def video(key: str, label: int, *people: str, generator: str = "swap") -> Video:
        return Video(key, label, FileSource(Path(key)), people, generator if label else "original")

    videos = [video("a", 0, "ann"), video("b", 1, "ann", "bob"), video("c", 1, "cid", generator="edit"), video("d", 0)]
    answers = [
        Answer("a", "none", "no-evidence", detectors={"x": Said(0.2, -0.6, True), "y": Said(0.9, 1.0, False)}),
        Answer("b", "none", "weak", detectors={"x": Said(0.8, 0.6, True), "z": Said(0.9, 1.0, True, judges=False)}),
        Answer("c", "none", "weak", detectors={"x": Said(0.8, 0.6, True)}),
        Answer("d", "none", "inconclusive", detectors={"x": Said(None)}),
    ]
    table = Table.of(videos, answers, held_out=("edit",))
    assert table.names == ("x",) and table.ratios.tolist() == [[-0.6], [0.6]]
    assert table.people == (("ann",), ("ann", "bob")) and table.everybody == ("ann", "bob")
    with pytest.raises(UsageError, match="1 real clips and 1 fakes of 2 people by 1 detectors"):
        fit_fusion(table, "")


def test_no_material_counts_for_more_than_it_stands_for() -> None:
    def real(number: int, who: str, domain: str) -> Video:
        return Video(str(number), 0, FileSource(Path("x")), (who,), domain=domain)

    videos = [real(0, "a", "footage"), real(1, "a", "footage"), real(2, "b", "footage")]
    videos += [real(3 + number, f"r{number}", "rendered") for number in range(100)]
    weights = weights_of(videos)
    assert weights[:3] == pytest.approx([0.1, 0.1, 0.2]) and weights[3:].sum() == pytest.approx(0.2)
    table = Table(("x",), np.zeros((103, 1)), np.zeros(103, np.int_), tuple(video.people for video in videos), weights)
    # Two people of footage bear two thirds of the weight: a hundred rendered ones hardly add to what they can show.
    assert 3.5 < table.worth < 5
    odd = weights_of([real(0, "a", "x"), real(1, "b", "y"), real(2, "c", "y")])
    assert odd == pytest.approx([0.5, 0.25, 0.25])


def test_rendered_people_do_not_drown_footage() -> None:
    """A detector that is right on a few people of footage and wrong on many rendered ones is not worth nothing."""
    rng = np.random.default_rng(0)
    labels = np.arange(600) % 2
    footage = np.arange(600) < 100
    ratio = np.where(footage, 1.0, -0.1) * (2.0 * labels - 1) + rng.normal(0, 0.5, 600)
    people = tuple((f"f{n % 20 // 2}" if n < 100 else f"r{n // 2}",) for n in range(600))
    counted = np.where(footage, 0.8 / 50, 0.2 / 250)
    alike = fit_fusion(Table(("x",), ratio[:, None], labels, people, np.ones(600)), "").fusion
    shares = fit_fusion(Table(("x",), ratio[:, None], labels, people, counted), "").fusion
    assert shares.weights["x"] > 2 * alike.weights["x"]
