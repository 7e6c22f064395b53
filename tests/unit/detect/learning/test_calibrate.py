"""Calibration: the line that the data were made with is found again."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from prosopon.core.calibration import Calibration
from prosopon.core.clip import Clip
from prosopon.core.errors import UsageError
from prosopon.core.faces import Face, Track, Tracks
from prosopon.core.score import Reason, Score
from prosopon.detect.learning.calibrate import Answers, answers_of, calibrated, calibration_of, platt
from prosopon.faces.aligned.mean_face import OWN

TRACKS = Tracks((Track({0: Face.around((OWN * 40 + 10).astype(np.float32))}),), 1, "drawn")


def made(n: int, *, apart: float, people: int = 20, share: float = 0.5, seed: int = 0) -> Answers:
    """Logits normal with variance `2 apart` around plus and minus `apart`, then spoilt: times 3, plus 1.

    Of normal logits with means `m` and `-m` and variance `2 m` the true log likelihood ratio is the logit itself.
    """
    rng = np.random.default_rng(seed)
    fake = rng.random(n) < share
    logits = rng.normal(np.where(fake, apart, -apart), math.sqrt(2 * apart))
    spoilt = 1 / (1 + np.exp(-(3 * logits + 1)))
    names = tuple(f"person {number % people}" for number in range(n))
    return Answers(spoilt, fake, names, tuple({"face_px": float(number)} for number in range(n)))


@pytest.mark.parametrize("share", [0.5, 0.85])
def test_the_line_is_recovered_whatever_the_share_of_fakes(share: float) -> None:
    answers = made(20_000, apart=0.7, share=share)
    slope, offset = platt(answers.values, answers.fake)
    assert slope == pytest.approx(1 / 3, rel=0.06)
    assert offset == pytest.approx(-1 / 3, abs=0.06)


def test_calibration_lowers_the_error_on_people_it_was_not_fitted_on() -> None:
    calibration = calibration_of(made(3000, apart=0.7), "drawn numbers")
    assert calibration.ece_before > 0.15
    assert calibration.ece_after < 0.05
    assert calibration.people == 20
    assert calibration.most_log10_lr == pytest.approx(math.log10(21))
    assert calibration.ranges["face_px"] == pytest.approx((30, 2969), abs=1)
    assert Calibration.of(calibration.as_json()) == calibration


@pytest.mark.parametrize(("name", "lost_at_top"), [("sharpness", False), ("blockiness", True)])
def test_where_nothing_is_told_nothing_is_known(name: str, lost_at_top: bool) -> None:
    """Real clips that are soft or coded hard look like fakes: they are beyond the ranges rather than accused."""
    good = made(1600, apart=0.7)
    rng = np.random.default_rng(1)
    measured = rng.random(1600)
    lost = measured > 0.8 if lost_at_top else measured < 0.2
    blind = replace(
        good,
        values=np.where(lost, 1 / (1 + np.exp(-rng.normal(4, 1, 1600))), good.values),
        measures=tuple({name: float(value)} for value in measured),
    )
    low, high = calibration_of(blind, "").ranges[name]
    assert (0.8 < high < 0.9 and low < 0.02) if lost_at_top else (0.1 < low < 0.2 and high > 0.98)
    seeing = replace(blind, values=good.values)
    low, high = calibration_of(seeing, "").ranges[name]
    assert low < 0.02 and high > 0.98
    few = replace(blind, weights=np.ones(1600) / 1600)
    assert calibration_of(few, "").most_log10_lr <= math.log10(21)


def test_kinds_that_lie_wholly_apart_give_a_finite_line() -> None:
    slope, _ = platt(np.array([0.01] * 10 + [0.99] * 10), np.arange(20) >= 10)
    assert 0.2 < slope < 1.0


def test_values_that_are_the_wrong_way_round_are_worth_nothing() -> None:
    answers = made(500, apart=0.7)
    assert platt(1 - answers.values, answers.fake) == (0.0, 0.0)


def test_values_without_any_difference_are_worth_nothing() -> None:
    slope, offset = platt(np.full(20, 0.3), np.arange(20) >= 10)
    assert slope * math.log(0.3 / 0.7) + offset == pytest.approx(0, abs=1e-6)


class Says:
    """Answers what a clip is called."""

    def score(self, clip: Clip, tracks: Tracks) -> Score:
        if clip.name == "nobody":
            return Score.abstain(Reason.NO_FACE, "nobody is there")
        return Score(float(clip.name))


def clips(*rows: tuple[str, int, str]) -> Iterator[tuple[Clip, Tracks, int, str]]:
    frame = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    return ((Clip.still(frame, name=name), TRACKS, label, person) for name, label, person in rows)


def test_clips_without_an_answer_are_left_out() -> None:
    detector: object = Says()
    rows = [("0.2", 0, "ann"), ("0.9", 1, "ann"), ("0.1", 0, "bob"), ("0.7", 1, "bob"), ("nobody", 1, "cid")]
    calibration = calibrated(detector, clips(*rows), "drawn clips")  # type: ignore[arg-type]
    assert (calibration.real, calibration.fakes, calibration.people) == (2, 2, 2)
    assert calibration.log10_lr(0.95) > 0 > calibration.log10_lr(0.05)
    assert abs(calibration.log10_lr(1.0)) <= math.log10(3) + 1e-9
    assert set(calibration.ranges) == {
        "face_px",
        "sharpness",
        "fine_detail_db",
        "motion_blur",
        "brightness",
        "blockiness",
    }


def test_one_kind_alone_cannot_be_calibrated() -> None:
    detector: object = Says()
    answers = answers_of(detector, clips(("0.2", 0, "ann"), ("0.3", 0, "bob")))  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="one kind"):
        calibration_of(answers, "drawn clips")
