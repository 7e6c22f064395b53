"""The comparison: what is made, where it is looked at, what comes of it, and that it goes on where it was stopped."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from notes import Notes
from small_heads import head, opponent
from small_nets_of_heads import HeadNet

from prosopon.arena.disruption import contest as contest_module
from prosopon.arena.disruption.attacks import named
from prosopon.arena.disruption.cells import cells, means, qualities, standard_errors
from prosopon.arena.disruption.contest import Contest, looked_at
from prosopon.arena.disruption.plan import Job
from prosopon.arena.disruption.records import Journal
from prosopon.arena.disruption.settings import Settings
from prosopon.core.clip import Frame
from prosopon.core.errors import MissingError, UsageError

WAYS = ("png", "blur")


def contest(
    *attacks: str, heads: int = 2, everywhere: bool = False, iterations: int = 2, launderings: tuple[str, ...] = WAYS
) -> Contest:
    opponents = [
        opponent("one", HeadNet("one")), opponent("one/code", HeadNet("one/code")),
        opponent("edits", HeadNet("edits", edits=True)),
    ]  # fmt: skip
    return Contest.of(
        [head(seed) for seed in range(heads)], opponents, [named(name) for name in attacks], launderings,
        settings=Settings(iterations=iterations), everywhere=everywhere,
    )  # fmt: skip


def test_every_attack_meets_every_net_that_it_suits() -> None:
    jobs = contest("pgd", "joint", "ensemble").plan.jobs
    assert [job.name for job in jobs] == [
        "none", "noise", "pgd/one", "pgd/one/code", "pgd/edits", "joint/edits", "ensemble/all",
    ]  # fmt: skip
    assert jobs[3].is_white_box("one") and not jobs[3].is_white_box("edits")
    assert jobs[-1].is_white_box("one") and jobs[-1].is_white_box("edits") and not jobs[1].weights
    assert contest("none", "noise", "pgd").plan.jobs == contest("pgd").plan.jobs
    alone = Contest.of([head()], [opponent("one", HeadNet("one"))], [named("joint")], WAYS)
    assert alone.unsuited == ["joint"]


def test_transfer_is_looked_at_after_the_first_laundering_only_unless_wanted_everywhere() -> None:
    plan = contest("pgd", "ensemble").plan
    by_name = {job.name: plan.looks(job) for job in plan.jobs}
    assert by_name["pgd/one"] == [("png", "one"), ("png", "edits"), ("blur", "one")]
    assert by_name["none"] == by_name["ensemble/all"] == [(way, on) for way in WAYS for on in ("one", "edits")]
    full = contest("pgd", everywhere=True).plan
    assert all(len(full.looks(job)) == 4 for job in full.jobs)
    assert "2 pictures, each protected in 4 ways" in plan.told(2)


def test_figures_are_those_of_the_net_and_stand_beside_both_baselines() -> None:
    one = contest("pgd", heads=3, iterations=4)
    records = one.run(Journal(None, {}))
    table = cells(one.plan, records)
    assert len(records) == 3 * 5 and not any(cell.job.attack == "none" for cell in table)
    (cell,) = [cell for cell in table if cell.job.name == "pgd/one" and cell.on == "one" and cell.laundering == "png"]
    wanted = [
        HeadNet(side_px=48).effect(subject.picture, one.protected(Job("pgd", "one"), subject))["l2"]
        for subject in one.subjects
    ]
    # The net looks at 24 pixels: what it is told lies below what was changed.
    assert 0 < cell.figures["l2"] < np.mean(wanted)
    assert cell.clean["l2"] == 0 and cell.figures["l2"] > cell.noise["l2"] > 0
    assert cell.pictures == cell.counts["l2"] == 3 and cell.errors["l2"] > 0 and cell.is_white_box
    told = cell.as_json()
    assert (told["against"], told["attack"], told["on"], told["white_box"]) == ("one", "pgd", "one", True)
    assert told["n"] == 3 and told["leading"] == "l2" and told["laundering"] == "png"
    blurred = next(other for other in table if other.job == cell.job and other.laundering == "blur")
    assert blurred.clean["l2"] > 0
    seen = qualities(one.plan, records)
    assert set(seen) == {"noise", "pgd/one", "pgd/one/code", "pgd/edits"}
    assert seen["noise"]["largest"] == 6 and 30 < seen["noise"]["psnr"] < 35 and seen["pgd/one"]["largest"] == 6


def test_a_stopped_comparison_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = contest("pgd").run(Journal(None, {}))
    one = contest("pgd")
    path, calls = tmp_path / "journal.jsonl", 0
    effect = contest_module.effect

    def stopped(*args: object) -> dict[str, float]:
        nonlocal calls
        calls += 1
        if calls > 26:
            raise KeyboardInterrupt
        return effect(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(contest_module, "effect", stopped)
    with pytest.raises(KeyboardInterrupt), Journal(path, one.about()) as journal:
        one.run(journal)
    monkeypatch.setattr(contest_module, "effect", effect)
    again = contest("pgd")
    with Journal(path, again.about()) as journal:
        assert 4 < journal.n_recalled < 10
        assert again.run(journal) == whole
    other = contest("pgd", iterations=3)
    assert other.about() != again.about()


def test_only_pictures_that_have_their_baselines_count(tmp_path: Path) -> None:
    one = contest("pgd")
    records = one.run(Journal(None, {}))
    second = one.subjects[1].key
    lacking = [record for record in records if not (record.job == "noise" and record.picture == second)]
    assert {cell.pictures for cell in cells(one.plan, lacking)} == {1}
    assert all(cell.errors == {} for cell in cells(one.plan, lacking))
    assert cells(one.plan, []) == [] and qualities(one.plan, []) == {}


def test_protected_heads_are_remembered_or_made_again_alike() -> None:
    one = contest("eot", heads=1)
    job = next(job for job in one.plan.jobs if job.against == "edits")
    before = one.protected(job, one.subjects[0])
    one.run(Journal(None, {}))
    assert np.array_equal(one.protected(job, one.subjects[0]), before)
    assert before.dtype == np.uint8 and np.abs(before.astype(int) - one.subjects[0].picture).max() == 6


def test_what_a_net_makes_of_a_head_is_shown_at_its_own_size() -> None:
    one = contest("pgd")
    ((caption, made),) = looked_at(one, "one", one.subjects[0], one.subjects[0].picture)
    assert caption == "edited" and made.shape == (24, 24, 3)


def test_it_is_told_how_long_it_will_take(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter(range(0, 100_000, 50))
    monkeypatch.setattr(contest_module.time, "monotonic", lambda: float(next(now)))
    heard = Notes()
    contest("pgd", heads=4).run(Journal(None, {}), progress=heard)
    assert len(heard.said) == 1 and "min" in heard.said[0]


def test_means_and_their_errors() -> None:
    several = [{"l2": 1.0}, {"l2": 2.0, "masked_l2": 5.0}, {"l2": 6.0}]
    assert means(several) == {"l2": 3.0, "masked_l2": 5.0}
    assert standard_errors(several) == {"l2": pytest.approx(math.sqrt(7 / 3))}


def test_a_cosine_disturbs_by_what_is_lacking_to_one() -> None:
    one = contest("pgd", heads=1)
    (cell, *_) = [cell for cell in cells(one.plan, one.run(Journal(None, {}))) if cell.is_white_box]
    assert cell.disturbance == cell.figures["l2"]
    alike = replace(cell, figures={"cosine": 0.25, "recognised": 0.0})
    assert alike.leading == "cosine" and alike.disturbance == 0.75


def test_nothing_to_compare_is_refused() -> None:
    with pytest.raises(MissingError, match="head"):
        Contest.of([], [opponent("one", HeadNet())], [], WAYS)
    with pytest.raises(MissingError, match="network"):
        Contest.of([head()], [], [], WAYS)
    with pytest.raises(UsageError, match="laundering"):
        Contest.of([head()], [opponent("one", HeadNet())], [], ("magic",))


class Alike:
    """Tells people apart by their mean colour."""

    name = "colours"

    def embed(self, frame: Frame, face: object) -> np.ndarray:
        mean = frame.mean((0, 1)).astype(np.float32)
        return mean / np.linalg.norm(mean)


def test_whether_it_is_still_the_same_person_is_told_where_somebody_can() -> None:
    one = contest("pgd", heads=1)
    seen = qualities(one.plan, one.run(Journal(None, {}), embedder=Alike()))
    assert seen["pgd/one"]["identity"] == pytest.approx(1, abs=1e-3)


def test_every_attack_is_compared_with_itself_upside_down() -> None:
    one = contest("pgd")
    table = cells(one.plan, one.run(Journal(None, {})))
    aimed = [cell for cell in table if cell.job.against and cell.is_white_box]
    assert aimed and all(cell.turned.keys() == cell.figures.keys() for cell in aimed)
    # Nets with weights of their own at every place mind where a change is.
    assert any(cell.turned["l2"] < cell.figures["l2"] for cell in aimed if "l2" in cell.figures)
    assert all(not cell.turned for cell in table if not cell.job.against)
    told = aimed[0].as_json()
    assert told["turned"] == aimed[0].turned
