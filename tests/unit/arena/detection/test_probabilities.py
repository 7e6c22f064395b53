"""What values are worth as probabilities."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss
from sklearn.metrics import log_loss as sk_log_loss

from prosopon.arena.detection.probabilities import (
    balanced,
    brier,
    calibration_error,
    calibration_error_by_chance,
    least_ratio_cost,
    log_loss,
    probability_at_even_odds,
    ratio_cost,
    reliability,
)

LABELS = (0, 0, 0, 0, 1, 1, 1, 1, 1, 1)
VALUES = (0.1, 0.4, 0.35, 0.8, 0.3, 0.65, 0.7, 0.9, 0.95, 0.6)


def test_the_check_vector() -> None:
    assert log_loss(LABELS, VALUES) == pytest.approx(0.5315317, abs=5e-8)
    assert log_loss((0, 1), (0.5, 0.5)) == pytest.approx(0.693, abs=2e-4)
    assert log_loss(LABELS, VALUES) == pytest.approx(sk_log_loss(LABELS, VALUES))
    assert brier(LABELS, VALUES) == pytest.approx(brier_score_loss(LABELS, VALUES))


def test_sure_and_wrong_is_dear_but_finite() -> None:
    assert log_loss((1,), (0.0,)) == pytest.approx(-math.log(1e-6))
    assert math.isnan(log_loss((), ()))


def test_calibration_is_told_bin_by_bin() -> None:
    labels, values = (0, 1, 1, 1, 0), (0.05, 0.95, 1.0, 0.65, 0.65)
    rows = reliability(labels, values)
    assert [row.items for row in rows] == [1, 0, 0, 0, 0, 0, 2, 0, 0, 2]
    assert rows[6].expected == pytest.approx(0.65) and rows[6].seen == 0.5 and math.isnan(rows[1].seen)
    assert calibration_error(labels, values) == pytest.approx((0.05 + 2 * 0.15 + 2 * 0.025) / 5)
    assert math.isnan(calibration_error((), ()))


def test_calibrated_values_have_little_error() -> None:
    rng = np.random.default_rng(0)
    values = rng.random(20_000)
    labels = (rng.random(20_000) < values).astype(int)
    assert calibration_error(labels, values) < 0.02 < calibration_error(labels, values**3)


def test_few_items_have_an_error_by_chance() -> None:
    rng = np.random.default_rng(1)
    few, many = rng.random(30), rng.random(3000)
    assert calibration_error_by_chance(few) > 0.08 and calibration_error_by_chance(many) < 0.03
    assert calibration_error_by_chance([0.0, 1.0, 1.0]) == 0
    # Where few bear all the weight there are few.
    assert calibration_error_by_chance(many, np.where(np.arange(3000) < 30, 100.0, 0.01)) > 0.08


def test_weights_make_classes_alike() -> None:
    labels = np.array([1, 1, 1, 0])
    assert balanced(labels).sum() == 1 and balanced(labels)[3] == 0.5
    # Of four clips with an answer of 0.5 three are fakes: an error, unless both classes count the same.
    assert calibration_error(labels, [0.5] * 4) == pytest.approx(0.25)
    assert calibration_error(labels, [0.5] * 4, balanced(labels)) == pytest.approx(0)


def test_what_ratios_cost() -> None:
    assert ratio_cost((0, 1, 1), (0, 0, 0)) == pytest.approx(1)
    assert ratio_cost((0, 1), (-6, 6)) < 1e-4 and ratio_cost((0, 1), (2, -2)) > 6
    assert math.isnan(ratio_cost((1, 1), (0, 0)))
    # Told apart perfectly, but by ratios that say the contrary: only the ratios are to blame.
    assert least_ratio_cost((0, 1), (0.1, 0.2)) == pytest.approx(0, abs=1e-9)
    assert least_ratio_cost((0, 1), (0.2, 0.1)) == pytest.approx(1)


def test_ratios_as_probabilities() -> None:
    assert probability_at_even_odds([0, 1, -400]) == pytest.approx([0.5, 10 / 11, 0])
