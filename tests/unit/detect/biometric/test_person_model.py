"""A person is learnt, told from others, kept and opened."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from drawn_movements import recorded
from sklearn.svm import OneClassSVM

from prosopon.core.errors import CheckpointError, UsageError
from prosopon.detect.biometric.correlations import windows
from prosopon.detect.biometric.learn import GAMMAS, NUS, Learnt, learn
from prosopon.detect.biometric.model import PersonModel


@pytest.fixture(scope="module")
def learnt() -> Learnt:
    return learn(recorded(1, 24), [recorded(2, 8), recorded(3, 8)])


def test_it_is_the_machine_of_scikit_learn(learnt: Learnt) -> None:
    features = windows(recorded(1, 24)).features
    theirs = OneClassSVM(kernel="rbf", nu=learnt.nu, gamma=learnt.gamma).fit(features)
    assert learnt.model.likeness(features) == pytest.approx(theirs.decision_function(features), abs=1e-6)


def test_more_of_the_person_is_alike_and_others_are_not(learnt: Learnt) -> None:
    same = learnt.model.logits(windows(recorded(1, 8, seed=5)).features)
    other = learnt.model.logits(windows(recorded(4, 8, seed=5)).features)
    assert same.mean() < 0 < other.mean()
    assert same.max() < other.min()


def test_nu_and_gamma_are_searched_with_the_others(learnt: Learnt) -> None:
    assert len(learnt.tried) == len(NUS) * len(GAMMAS)
    best = max(learnt.tried, key=lambda one: (round(one.auc, 3), one.apart))
    assert (learnt.nu, learnt.gamma) == (best.nu, best.gamma)
    assert best.auc > 0.95


def test_values_are_worth_no_more_than_so_few_people_can_show(learnt: Learnt) -> None:
    assert learnt.calibration is not None
    assert learnt.calibration.people == 3
    assert learnt.calibration.most_log10_lr == pytest.approx(math.log10(4))
    assert learnt.calibration.log10_lr(0.999) > 0 > learnt.calibration.log10_lr(0.02)
    # Eight clips of 3 s are two windows that do not overlap.
    assert learnt.calibration.fakes == 4


def test_alone_a_person_gets_a_model_without_calibration() -> None:
    alone = learn(recorded(1, 24))
    assert alone.calibration is None and alone.tried == ()
    assert (alone.nu, alone.gamma) == (0.1, 0.1)
    held_out = alone.model.logits(windows(recorded(1, 8, seed=3)).features)
    assert abs(held_out.mean() + 2) < 1.5  # what is usual for a person has -2


@pytest.mark.parametrize("clips", [3, 5])
def test_too_little_of_a_person_is_refused(clips: int) -> None:
    with pytest.raises(UsageError, match=f"{3 * clips} s"):
        learn(recorded(1, clips))


def test_a_minute_cut_into_parts_is_needed() -> None:
    with pytest.raises(UsageError, match="parts"):
        learn(recorded(1, 8))


def test_it_is_kept_as_tensors_and_opened(learnt: Learnt, tmp_path: Path) -> None:
    again = PersonModel.of(learnt.model.state(), "the test's")
    features = windows(recorded(2, 6, seed=8)).features
    assert again.logits(features) == pytest.approx(learnt.model.logits(features), abs=1e-3)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("numbers", torch.tensor([0.0, -1.0, 0.0, 1.0])),
        ("numbers", torch.tensor([0.0, 1.0, 0.0])),
        ("vectors", torch.zeros(5, 189)),
        ("usual", torch.full((190,), float("nan"))),
        ("spread", None),
    ],
)
def test_arrays_that_do_not_fit_together_are_refused(learnt: Learnt, name: str, value: torch.Tensor | None) -> None:
    state = learnt.model.state()
    del state[name]
    if value is not None:
        state[name] = value
    with pytest.raises(CheckpointError, match="the test's"):
        PersonModel.of(state, "the test's")


def test_many_windows_are_judged_in_batches(learnt: Learnt) -> None:
    features = np.random.default_rng(0).uniform(-1, 1, (600, 190))
    assert learnt.model.likeness(features)[599] == pytest.approx(learnt.model.likeness(features[599:])[0])
    assert learnt.model.likeness(features[:0]).shape == (0,)
