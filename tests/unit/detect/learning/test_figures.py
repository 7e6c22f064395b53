"""AUC, equal error rate and calibration error against values that are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from prosopon.detect.learning.figures import auc, ece, eer

FAKE = np.array([0, 0, 0, 0, 1, 1, 1, 1, 1, 1], bool)
VALUES = np.array([0.1, 0.4, 0.35, 0.8, 0.3, 0.65, 0.7, 0.9, 0.95, 0.6])


def test_the_check_vector() -> None:
    assert auc(VALUES, FAKE) == pytest.approx(0.75)
    assert eer(VALUES, FAKE) == pytest.approx(0.25)


def test_ties_count_half() -> None:
    rng = np.random.default_rng(0)
    values, fake = rng.integers(0, 5, 200) / 5.0, rng.random(200) < 0.4
    assert auc(values, fake) == pytest.approx(roc_auc_score(fake, values))
    assert auc(np.zeros(4), np.array([0, 1, 1, 0], bool)) == 0.5
    assert eer(np.zeros(4), np.array([0, 1, 1, 0], bool)) == pytest.approx(0.5)


def test_values_that_tell_everything_and_their_opposite() -> None:
    values, fake = np.array([0.1, 0.2, 0.8, 0.9]), np.array([0, 0, 1, 1], bool)
    assert (auc(values, fake), eer(values, fake)) == (1.0, 0.0)
    assert (auc(-values, fake), eer(-values, fake)) == (0.0, 1.0)


def test_calibration_error_is_of_equally_many_fakes_and_real_ones() -> None:
    """Values that are true for equal numbers stay so when there are ten times as many fakes."""
    rng = np.random.default_rng(1)
    truth = rng.random(40_000)
    fake = rng.random(40_000) < truth
    assert ece(truth, fake) < 0.02
    kept = fake | (rng.random(40_000) < 0.1)
    assert ece(truth[kept], fake[kept]) < 0.03
    assert ece(np.full(4, 0.9), np.array([0, 1, 0, 1], bool)) == pytest.approx(0.4)


def test_one_kind_alone_has_no_figures() -> None:
    one = np.ones(3, bool)
    assert all(math.isnan(figure(np.ones(3), one)) for figure in (auc, eer, ece))
