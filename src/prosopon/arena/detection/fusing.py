"""Fits how detectors' answers become one: weights, an offset and a bound, on people whom no detector has learnt from.

What is fitted is a logistic regression on the ratios of the detectors, with fakes and real ones of the same weight in
all, so that its logit is a likelihood ratio. No weight is negative: a detector may be worth nothing, but not the
contrary of what it says. Detectors abstain at random while it is fitted, so that it also holds where some do. As in the
calibrations of the detectors, no kind of material and nobody counts for more than it stands for, and no ratio is larger
than as many people as there are can show, counted as they are worth.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.optimize import minimize

from prosopon.arena.detection.probabilities import (
    calibration_error,
    calibration_error_by_chance,
    probability_at_even_odds,
    ratio_cost,
)
from prosopon.arena.detection.ranking import Ranking
from prosopon.arena.detection.ratios import Floats, Table
from prosopon.core.errors import UsageError
from prosopon.detect.judging.fusion import Fusion

STRENGTHS = (0.003, 0.01, 0.03, 0.1, 0.3)
"""Of the L2 penalty, of which the one is taken that is best on held-out people."""
COPIES, ABSENCE = 8, 0.25
"""Every clip comes so often, each time with every answer missing by such a chance."""
UNDERS = ("none", "crf28", "half", "jpeg50")
"""What is done to the clips, drawn by chance, so that ratios hold for such material."""
_FOLDS = 5
_FEWEST_PEOPLE = 4
_LEAST_WEIGHT = 1e-3
"""Smaller weights are none: such a detector takes no part."""


@dataclass(frozen=True)
class Fitted:
    """A fusion, and what it is worth on people whom it was not fitted on.

    Attributes:
        fusion: fitted on all.
        strength: of its penalty.
        figures: by `mean`, the mean of all answers, and `fitted`; then by name.
    """

    fusion: Fusion
    strength: float
    figures: dict[str, dict[str, float]]

    def as_json(self) -> dict[str, Any]:
        """JSON-able."""
        return {"fusion": self.fusion.as_json(), "strength": self.strength, "held_out_people": self.figures}


def fit_fusion(table: Table, data: str, *, seed: int = 0) -> Fitted:
    """Fit a fusion, and measure it by leaving people out.

    Args:
        table: what detectors said, each by its own calibration.
        data: what clips these are, in plain English.
        seed: of folds and random abstentions.

    Raises:
        UsageError: nobody judged, or the clips are of too few people or of one kind.
    """
    if not table.names or not table.has_both or len(table.everybody) < _FEWEST_PEOPLE:
        raise UsageError(
            f"answers that count are there of {int((table.labels == 0).sum())} real clips and "
            f"{int((table.labels == 1).sum())} fakes of {len(table.everybody)} people by {len(table.names)} detectors",
            f"give an arena whose calibrate split has both, of {_FEWEST_PEOPLE} people or more, and detectors with "
            "calibrations",
        )
    folds = _folds(table, seed)
    said = {strength: _held_out(table, folds, strength, seed) for strength in STRENGTHS}
    strength = min(STRENGTHS, key=lambda one: ratio_cost(table.labels, said[one], table.weights))
    mean = Fusion(most_log10_lr=math.log10(table.worth + 1))
    by_mean = _applied(mean, table)
    before, after = _figures(table, by_mean), _figures(table, said[strength])
    fusion = replace(
        _fitted(table, strength, seed),
        data=data,
        real=int((table.labels == 0).sum()),
        fakes=int((table.labels == 1).sum()),
        people=len(table.everybody),
        ece_before=before["ece"],
        ece_after=after["ece"],
    )
    return Fitted(fusion, strength, {"mean": before, "fitted": after})


def _fitted(table: Table, strength: float, seed: int) -> Fusion:
    """Weights, offset and bound for all clips of a table."""
    rng = np.random.default_rng(seed)
    ratios = np.repeat(table.ratios, COPIES, 0)
    labels = np.repeat(table.labels, COPIES)
    absent = np.isnan(ratios) | (rng.random(ratios.shape) < ABSENCE)
    absent[::COPIES] = np.isnan(table.ratios)  # once as it is
    inputs = np.where(absent, 0.0, ratios) * math.log(10)
    even = np.repeat(table.even, COPIES) / COPIES
    sign = np.where(labels == 1, -1.0, 1.0)

    def loss(line: Floats) -> tuple[float, Floats]:
        against = sign * (inputs @ line[:-1] + line[-1])
        slant = even * sign * _sigmoid(against)
        value = float(even @ np.logaddexp(0.0, against)) + strength / 2 * float(line @ line)
        return value, np.append(inputs.T @ slant, slant.sum()) + strength * line

    start = np.append(np.full(len(table.names), 1 / len(table.names)), 0.0)
    bounds = [(0.0, None)] * len(table.names) + [(None, None)]
    line = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    weights = {
        name: round(float(weight), 4)
        for name, weight in zip(table.names, line[:-1], strict=True)
        if weight >= _LEAST_WEIGHT
    }
    if not weights:  # a fusion without weights is the mean: what is worth nothing must say so
        weights = dict.fromkeys(table.names, 0.0)
    most = math.log10(table.worth + 1)
    return Fusion(weights, round(float(line[-1]) / math.log(10), 4), round(most, 4))


def _sigmoid(logits: Floats) -> Floats:
    return np.asarray(0.5 * (1 + np.tanh(logits / 2)))


def _folds(table: Table, seed: int) -> dict[str, int]:
    """A fold for every person."""
    names = np.random.default_rng(seed).permutation(table.everybody)
    return {str(name): number % _FOLDS for number, name in enumerate(names)}


def _held_out(table: Table, folds: dict[str, int], strength: float, seed: int) -> Floats:
    """What is said of each clip by a fusion that was fitted without any of its people; 0 where that cannot be."""
    said = np.zeros(len(table.labels))
    for fakes_and_real in _combinations(table, folds):
        mine = np.array([{folds[one] for one in who} == fakes_and_real for who in table.people])
        others = np.array([not ({folds[one] for one in who} & fakes_and_real) for who in table.people])
        rest = table.of_rows(others)
        if rest.has_both:
            said[mine] = _applied(_fitted(rest, strength, seed), table.of_rows(mine))
    return said


def _combinations(table: Table, folds: dict[str, int]) -> list[frozenset[int]]:
    """Which folds the people of one clip are of: a fake may have people of two."""
    return sorted({frozenset(folds[one] for one in who) for who in table.people}, key=sorted)


def _applied(fusion: Fusion, table: Table) -> Floats:
    said = []
    for row in table.ratios:
        answers = {name: float(value) for name, value in zip(table.names, row, strict=True) if not math.isnan(value)}
        said.append(fusion.log10_lr(answers) or 0.0)
    return np.array(said)


def _figures(table: Table, said: Floats) -> dict[str, float]:
    likely = probability_at_even_odds(said)
    return {
        "auc": float(Ranking(table.labels, said, table.weights).auc[0]),
        "ece": calibration_error(table.labels, likely, table.even),
        "ece_by_chance": calibration_error_by_chance(likely, table.even),
        "cllr": ratio_cost(table.labels, said, table.weights),
    }
