"""Intervals over people."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from prosopon.arena.detection.ranking import Ranking
from prosopon.arena.detection.resampling import Estimate, drawn_weights, estimated, interval


def test_people_are_drawn_and_not_clips() -> None:
    people = [("a",), ("a",), ("b",), ("c",), ("d",), ("e",), ("a", "b")]
    weights = drawn_weights(people, rounds=300)
    assert weights is not None and weights.shape == (300, 7)
    assert np.array_equal(weights[:, 0], weights[:, 1]) and np.array_equal(weights[:, 6], weights[:, 0] * weights[:, 2])
    assert np.allclose(weights[:, [0, 2, 3, 4, 5]].sum(1), 5)
    again, other = drawn_weights(people, rounds=300), drawn_weights(people, seed=1, rounds=300)
    assert again is not None and other is not None
    assert np.array_equal(weights, again) and not np.array_equal(weights, other)


def test_too_few_people_say_nothing_of_others() -> None:
    assert drawn_weights([("a",), ("b",)] * 50) is None
    assert estimated(lambda weights: np.array([0.7]), None) == Estimate(0.7)


def test_items_of_nobody_are_people_of_their_own() -> None:
    weights = drawn_weights([()] * 6, rounds=50)
    assert weights is not None and np.allclose(weights.sum(1), 6) and len(np.unique(weights[:, 0])) > 1


def test_many_clips_of_few_people_are_few() -> None:
    """Clips of a person that all get the same answer: the interval is that of the people."""
    rng = np.random.default_rng(0)
    means = rng.normal(0, 1, 24)
    labels = np.repeat(np.arange(24) % 2, 40)
    values = np.repeat(means, 40) + 0.5 * labels
    by_person = [(f"{number // 40}",) for number in range(len(labels))]

    def width(people: Sequence[tuple[str, ...]]) -> float:
        found = estimated(lambda weights: Ranking(labels, values, weights).auc, drawn_weights(people, rounds=400))
        assert found.low is not None and found.high is not None and found.low <= found.value <= found.high
        return found.high - found.low

    assert width(by_person) > 4 * width([()] * len(labels))


def test_intervals_cover() -> None:
    """Of 60 samples whose true AUC is known, hardly more than one in twenty has it outside its interval."""
    covered = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        labels = np.arange(40) % 2
        values = rng.normal(0, 1, 40) + labels  # the true AUC is Phi(1 / sqrt 2)
        weights = drawn_weights([()] * 40, seed=seed, rounds=200)
        found = estimated(lambda weights, y=labels, s=values: Ranking(y, s, weights).auc, weights)  # type: ignore[misc]
        assert found.low is not None and found.high is not None
        covered += found.low <= 0.7602 <= found.high
    assert covered >= 52


def test_what_is_seldom_defined_has_no_interval() -> None:
    assert interval(np.r_[np.full(30, np.nan), np.linspace(0, 1, 70)]) == (None, None)
    assert interval(np.linspace(0, 1, 101)) == pytest.approx((0.025, 0.975))


def test_told() -> None:
    assert Estimate(0.91234, 0.8, 0.97).told == "0.912 (0.80 to 0.97)" and Estimate(math.nan).told == "-"
    assert Estimate(0.5).as_json() == {"value": 0.5, "interval_95": None}
