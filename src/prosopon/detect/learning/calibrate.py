"""What a detector's values are worth, found out on people whom it has not learnt from.

A straight line is fitted to the logits of the values (Platt, "Probabilistic outputs for support vector machines", 1999)
with fakes and real clips of the same weight in all, so that the line is a likelihood ratio and knows no prior.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from prosopon.core.calibration import Calibration
from prosopon.core.clip import Clip
from prosopon.core.errors import UsageError
from prosopon.core.faces import Tracks
from prosopon.core.progress import SILENT, Progress
from prosopon.core.protocols import Detector
from prosopon.detect.learning.figures import auc, ece, effective_number, evened
from prosopon.detect.learning.material import material_measures

_EDGE = 1e-6
"""Values are kept so far from 0 and 1, as `core.calibration` keeps them."""
_SLACK = 0.01
"""Share of the clips beyond each end of the ranges of what was seen."""
_ROUNDS = 100
_FADING: Mapping[str, bool] = MappingProxyType({"sharpness": False, "fine_detail_db": False, "blockiness": True})
"""Measures of material along which what detectors look at gets lost, and whether that is at their upper ends."""
_PARTS = 8
"""Such an end is cut in parts of so much of the clips."""
_FEWEST = 8
"""Of either kind: with fewer clips in a part nothing is known of it."""

LabelledClip = tuple[Clip, Tracks, int, str]
"""Frames, who is where in them, 1 for a fake and 0 for a real one, and whom they show."""


@dataclass(frozen=True)
class Answers:
    """What a detector said about clips of known truth.

    Attributes:
        values: `float64 (N,)`, 0 real to 1 fake; NaN where it abstained.
        fake: `bool (N,)`.
        people: whom each shows.
        measures: of each one's material.
        weights: `float64 (N,)`, how much each counts among its kind; alike where None.
    """

    values: NDArray[np.float64]
    fake: NDArray[np.bool_]
    people: tuple[str, ...]
    measures: tuple[dict[str, float], ...]
    weights: NDArray[np.float64] | None = None

    @property
    def given(self) -> NDArray[np.bool_]:
        """Which got an answer."""
        return np.isfinite(self.values)


def answers_of(detector: Detector, clips: Iterable[LabelledClip], progress: Progress = SILENT) -> Answers:
    """Ask a detector about clips of known truth."""
    values, fake, people, measures = [], [], [], []
    for clip, tracks, label, person in clips:
        value = detector.score(clip, tracks).value
        values.append(math.nan if value is None else value)
        fake.append(label == 1)
        people.append(person)
        measures.append(material_measures(clip, tracks))
        progress.advance()
    return Answers(np.array(values, np.float64), np.array(fake, bool), tuple(people), tuple(measures))


def calibrated(
    detector: Detector, clips: Iterable[LabelledClip], data: str, progress: Progress = SILENT
) -> Calibration:
    """Ask a detector about clips of known truth, and find out what its values are worth.

    Args:
        detector: its own calibration, if it has one, plays no part.
        clips: of people whom it has not learnt from, real ones and fakes.
        data: what clips these are, in plain English.
        progress: hears of every clip.

    Raises:
        UsageError: it answered about no real clip, or no fake.
    """
    return calibration_of(answers_of(detector, clips, progress), data)


def calibration_of(answers: Answers, data: str) -> Calibration:
    """What values are worth, by what was answered; see `calibrated`.

    The errors of calibration are measured on each half of the people with a line from the other half. No ratio is
    larger than as many people as there are can show: where some count less than others, as many as they are worth.
    Material that takes away what the detector goes by plays no part, and lies beyond the ranges.
    """
    given = answers.given
    of_fakes = answers.fake[given]
    if not of_fakes.any() or of_fakes.all():
        raise UsageError(
            f"{int(of_fakes.sum())} of {len(of_fakes)} answers are about fakes: one kind alone calibrates nothing",
            "give clips of both kinds with faces in them",
        )
    most = _most(answers, given)
    given[given] = _telling(answers, given)
    most = min(most, _most(answers, given))
    values, fake = answers.values[given], answers.fake[given]
    weights = np.ones(len(values)) if answers.weights is None else answers.weights[given]
    people = [person for person, there in zip(answers.people, given, strict=True) if there]
    slope, offset = platt(values, fake, weights)
    names = np.array(people)
    different = sorted(set(people))
    measures = [one for one, there in zip(answers.measures, given, strict=True) if there]
    return Calibration(
        slope=slope,
        offset=offset,
        most_log10_lr=most,
        data=data,
        real=int((~fake).sum()),
        fakes=int(fake.sum()),
        people=len(different),
        ece_before=ece(values, fake, weights),
        ece_after=_error_on_others(values, fake, names, weights),
        ranges=_ranges(measures),
    )


def _telling(answers: Answers, given: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """`(answers given,)`, which clips are not so soft or so compressed that the values tell hardly anything.

    From such an end on, an eighth of the clips after the other is left out as long as the area under its own ROC is,
    for certain, less than half as far above chance as that of all. Where detectors see nothing, real clips look like
    fakes to many of them: a line over everything would accuse those.
    """
    values, fake = answers.values[given], answers.fake[given]
    rows = [one for one, there in zip(answers.measures, given, strict=True) if there]
    enough = (0.5 + auc(values, fake)) / 2
    kept = np.ones(len(values), bool)
    for name, at_top in _FADING.items():
        measured = np.array([row.get(name, math.nan) for row in rows])
        known = np.flatnonzero(np.isfinite(measured))
        parts = np.array_split(known[np.argsort(-measured[known] if at_top else measured[known])], _PARTS)
        for part in parts[: _PARTS // 2]:
            n_fake, n_real = int(fake[part].sum()), int((~fake[part]).sum())
            if min(n_fake, n_real) < _FEWEST:
                break
            area = auc(values[part], fake[part])
            if area + _doubt(area, n_fake, n_real) >= enough:
                break
            kept[part] = False
    return kept


def _doubt(area: float, n_fake: int, n_real: int) -> float:
    """Standard error of an area under the ROC (Hanley and McNeil, Radiology 143, 1982)."""
    both_fakes, both_real = area / (2 - area), 2 * area**2 / (1 + area)
    spread = area * (1 - area) + (n_fake - 1) * (both_fakes - area**2) + (n_real - 1) * (both_real - area**2)
    return math.sqrt(max(0.0, spread) / (n_fake * n_real))


def _most(answers: Answers, given: NDArray[np.bool_]) -> float:
    """The largest ratio that as many people can show as were asked about, in powers of ten."""
    people = np.array(answers.people)[given]
    if answers.weights is None:
        return math.log10(len(set(people.tolist())) + 1)
    real = ~answers.fake[given]
    names, weights = people[real], answers.weights[given][real]
    worth = effective_number(np.array([weights[names == name].sum() for name in sorted(set(names.tolist()))]))
    return math.log10(worth + 1)


def platt(
    values: NDArray[np.float64], fake: NDArray[np.bool_], weights: NDArray[np.float64] | None = None
) -> tuple[float, float]:
    """Slope and offset of ln LR over the logits of values, by Newton's method.

    The truth is taken as a little less than certain, as Platt does, so that kinds that lie wholly apart do not make
    the line infinitely steep. Values that are larger for real clips than for fakes are worth nothing, not their
    opposite: (0, 0).

    Args:
        values: `(N,)` in [0, 1].
        fake: `(N,)`; both kinds must be there.
        weights: `(N,)`, how much each counts among its kind; alike where None.
    """
    logits = logits_of(values)
    weights = evened(fake, weights)
    n_fake, n_real = effective_number(weights[fake]), effective_number(weights[~fake])
    wanted = np.where(fake, (n_fake + 1) / (n_fake + 2), 1 / (n_real + 2))
    spread = float(logits.std()) or 1.0
    inputs = np.column_stack((logits / spread, np.ones_like(logits)))
    line = np.zeros(2)
    for _ in range(_ROUNDS):
        said = _sigmoid(inputs @ line)
        slant = inputs.T @ (weights * (said - wanted))
        bend = inputs.T @ (inputs * (weights * said * (1 - said))[:, None]) + 1e-9 * np.eye(2)
        step = np.linalg.solve(bend, slant)
        # Far from the optimum a whole step may overshoot; the loss is convex, so that halving finds its way.
        length = 1.0
        before = _loss(inputs @ line, wanted, weights)
        while _loss(inputs @ (line - length * step), wanted, weights) > before and length > 1e-6:
            length /= 2
        line = line - length * step
        if float(np.abs(length * step).max()) < 1e-9:
            break
    slope, offset = float(line[0]) / spread, float(line[1])
    return (slope, offset) if slope > 0 else (0.0, 0.0)


def logits_of(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logits of values in [0, 1], finite."""
    kept = np.clip(values, _EDGE, 1 - _EDGE)
    return np.asarray(np.log(kept / (1 - kept)))


def _error_on_others(
    values: NDArray[np.float64], fake: NDArray[np.bool_], people: NDArray[np.str_], weights: NDArray[np.float64]
) -> float:
    """The calibration error where each half of the people is judged by the other half's line."""
    first = np.isin(people, sorted(set(people.tolist()))[::2])
    said = np.full(len(values), 0.5)
    for half in (first, ~first):
        others = ~half
        if fake[others].any() and not fake[others].all():
            slope, offset = platt(values[others], fake[others], weights[others])
            said[half] = _sigmoid(slope * logits_of(values[half]) + offset)
    return ece(said, fake, weights)


def _ranges(measures: list[dict[str, float]]) -> dict[str, tuple[float, float]]:
    names = sorted({name for one in measures for name in one})
    seen = {name: np.array([one[name] for one in measures if name in one]) for name in names}
    return {
        name: (float(np.quantile(held, _SLACK)), float(np.quantile(held, 1 - _SLACK))) for name, held in seen.items()
    }


def _sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(0.5 * (1 + np.tanh(logits / 2)))


def _loss(logits: NDArray[np.float64], wanted: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    return float(weights @ (np.logaddexp(0, logits) - wanted * logits))
