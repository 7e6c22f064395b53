"""Figures of rankings: by the check vector, by scikit-learn, and by counting."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from prosopon.arena.detection.ranking import Ranking

LABELS = (0, 0, 0, 0, 1, 1, 1, 1, 1, 1)
VALUES = (0.1, 0.4, 0.35, 0.8, 0.3, 0.65, 0.7, 0.9, 0.95, 0.6)


def test_the_check_vector() -> None:
    found = Ranking(LABELS, VALUES)
    assert found.auc[0] == pytest.approx(0.75, abs=1e-12)
    assert found.average_precision[0] == pytest.approx(0.8416667, abs=5e-8)
    assert found.eer[0] == pytest.approx(0.25, abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_as_scikit_learn_with_ties_and_weights(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels, values = rng.integers(0, 2, 60), rng.integers(0, 12, 60) / 11
    weights = rng.integers(0, 3, (4, 60)).astype(float)
    found = Ranking(labels, values, weights)
    for number, row in enumerate(weights):
        auc = roc_auc_score(labels, values, sample_weight=row)
        precision = average_precision_score(labels, values, sample_weight=row)
        assert found.auc[number] == pytest.approx(auc) and found.average_precision[number] == pytest.approx(precision)
    assert Ranking(labels, values).auc[0] == pytest.approx(roc_auc_score(labels, values))


def test_the_equal_error_rate_lies_between_vertices() -> None:
    # Vertices (0, 0), (0, .5), (.5, .5), (.5, 1), (1, 1): the line x + y = 1 is met on the level piece.
    assert Ranking((1, 0, 1, 0), (0.9, 0.8, 0.7, 0.6)).eer[0] == pytest.approx(0.5)
    # All the same: the ROC is the diagonal. One third of the real above all fakes but one of four.
    assert Ranking((1, 0), (0.5, 0.5)).eer[0] == pytest.approx(0.5)
    assert Ranking((1, 1, 1, 0, 1, 0, 0), (7, 6, 5, 4, 3, 2, 1)).eer[0] == pytest.approx(0.25)
    assert Ranking((0, 1), (0.1, 0.9)).eer[0] == 0 and Ranking((1, 0), (0.1, 0.9)).eer[0] == 1


def test_hits_at_few_alarms_are_not_interpolated() -> None:
    labels = [0] * 100 + [1] * 4
    values = [*np.linspace(0, 0.5, 99), 0.8, 0.9, 0.7, 0.6, 0.1]
    found = Ranking(labels, values)
    assert found.hits_at(0.005)[0] == 0.25 and found.hits_at(0.01)[0] == 0.75
    assert Ranking(labels, [0.5] * 104).hits_at(0.05)[0] == 0


def test_one_class_is_no_figure() -> None:
    for labels in ((), (1, 1), (0, 0)):
        found = Ranking(labels, [0.5] * len(labels))
        assert all(np.isnan(figure[0]) for figure in (found.auc, found.eer, found.average_precision, found.hits_at(0)))
    weighted = Ranking((0, 1), (0.2, 0.8), [[1, 1], [0, 1]])
    assert weighted.auc[0] == 1 and np.isnan(weighted.auc[1])


def test_nonsense_is_refused() -> None:
    for labels, values in (((0, 1), (0.5,)), ((0, 2), (0.5, 0.5)), ((0, 1), (0.5, np.nan))):
        with pytest.raises(ValueError):
            Ranking(labels, values)
