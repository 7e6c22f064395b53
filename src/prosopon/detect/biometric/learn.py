"""Learns one person: a one-class machine, its nu and gamma searched with other people, and what its values are worth.

As published, the machine is fitted on the person alone; other people only decide between nus and gammas. They must be
other ones than it is tested with.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prosopon.core.calibration import Calibration
from prosopon.core.errors import UsageError
from prosopon.core.progress import SILENT, Progress
from prosopon.detect.biometric.correlations import WINDOW_S, Windows, windows
from prosopon.detect.biometric.model import PersonModel, sigmoid
from prosopon.detect.biometric.recording import Joins, Recording, blocks
from prosopon.detect.learning.calibrate import Answers, calibration_of
from prosopon.detect.learning.figures import auc

NUS = (0.01, 0.05, 0.1, 0.2)
GAMMAS = (0.01, 0.03, 0.1, 0.3, 1.0)
_ALONE = (0.1, 0.1)
"""Nu and gamma where there are no other people to choose them with."""
_BLOCKS = 5
"""The person's recording is cut into so many parts, each of which is held out once."""
_LEAST_WINDOWS = 20
_LEAST_SPREAD = 1e-3
_DIGITS = 3
"""AUCs that agree to so many digits are taken as equal."""


@dataclass(frozen=True)
class Tried:
    """One nu and gamma, on parts of the person that were held out and on other people.

    Attributes:
        nu, gamma: of the machine.
        auc: the chance that a window of somebody else is less alike than one of the person.
        apart: distance between both means, in their mean standard deviations: decides between equal AUCs.
    """

    nu: float
    gamma: float
    auc: float
    apart: float


@dataclass(frozen=True)
class Learnt:
    """What came of it.

    Attributes:
        model: fitted on all of the person.
        nu, gamma: the chosen ones.
        tried: all of them; empty without other people.
        calibration: what values are worth; None without other people.
        n_windows: windows of the person, which overlap.
        n_apart: how many do not.
        still: mean number of signals that did not move in them.
    """

    model: PersonModel
    nu: float
    gamma: float
    tried: tuple[Tried, ...]
    calibration: Calibration | None
    n_windows: int
    n_apart: int
    still: float

    def as_json(self) -> dict[str, Any]:
        """What the card says about it."""
        return {
            "nu": self.nu,
            "gamma": self.gamma,
            "tried": [
                {"nu": one.nu, "gamma": one.gamma, "auc": round(one.auc, 4), "apart": round(one.apart, 2)}
                for one in self.tried
            ],
            "windows": self.n_windows,
            "windows_that_do_not_overlap": self.n_apart,
            "signals_that_did_not_move": round(self.still, 2),
        }


def learn(
    person: Recording, others: Sequence[Recording] = (), joins: Joins = "centred", progress: Progress = SILENT
) -> Learnt:
    """Fit a model of a person.

    Args:
        person: half a minute or more of one person.
        others: other people, to choose nu and gamma and to calibrate with; none: fixed ones, and no calibration.
        joins: how pieces are joined.
        progress: hears of every nu and gamma.

    Raises:
        UsageError: there is too little of the person.
    """
    own = windows(person, joins)
    if len(own) < _LEAST_WINDOWS:
        raise UsageError(
            f"{person.name} can be seen for {person.seconds:.0f} s: that gives {len(own)} windows of {WINDOW_S:.0f} s, "
            f"and {_LEAST_WINDOWS} are needed",
            "give half a minute or more in which one face is found nearly always",
        )
    folds = _folds(person, joins)
    strangers = [found for other in others if len(found := windows(other, joins))]
    tried = []
    if strangers:
        progress.start("choosing nu and gamma", len(NUS) * len(GAMMAS))
        for nu, gamma in product(NUS, GAMMAS):
            tried.append(_tried(nu, gamma, folds, strangers))
            progress.advance()
    best = max(tried, key=lambda one: (round(one.auc, _DIGITS), one.apart), default=None)
    nu, gamma = _ALONE if best is None else (best.nu, best.gamma)
    held_out = np.concatenate([_fitted(learnt, nu, gamma).likeness(rest.features) for learnt, rest in folds])
    scale = max(float(held_out.std()), _LEAST_SPREAD * abs(float(held_out.mean())), 1e-9)
    model = _fitted(own.features, nu, gamma, float(held_out.mean()), scale)
    calibration = _calibrated(nu, gamma, (model.centre, model.scale), folds, strangers) if strangers else None
    return Learnt(model, nu, gamma, tuple(tried), calibration, len(own), len(own.apart()), float(own.still.mean()))


def _folds(person: Recording, joins: Joins) -> list[tuple[NDArray[np.float64], Windows]]:
    """What is learnt from, and windows of the part that is held out, for each part.

    The parts are cut before windows are laid, so that no window reaches into both.
    """
    cut = blocks(person, WINDOW_S)
    pieces = cut.pieces
    parts = [part for part in np.array_split(np.arange(len(pieces)), _BLOCKS) if len(part)]
    folds = []
    for part in parts:
        rest = [index for index in range(len(pieces)) if index not in part]
        learnt, held_out = (windows(cut.taken(chosen), joins) for chosen in (rest, part.tolist()))
        if len(learnt) and len(held_out):
            folds.append((learnt.features, held_out))
    if not folds:
        raise UsageError(
            f"{person.name} can be seen for {person.seconds:.0f} s, which cannot be cut into {_BLOCKS} parts of "
            f"{WINDOW_S:.0f} s",
            "give a minute or more",
        )
    return folds


def _fitted(
    features: NDArray[np.float64], nu: float, gamma: float, centre: float = 0.0, scale: float = 1.0
) -> PersonModel:
    from sklearn.svm import OneClassSVM  # noqa: PLC0415 - slow to import

    machine = OneClassSVM(kernel="rbf", nu=nu, gamma=gamma).fit(features)
    return PersonModel(
        np.asarray(machine.support_vectors_, np.float64),
        np.asarray(machine.dual_coef_[0], np.float64),
        -float(machine.intercept_[0]),
        gamma,
        centre,
        scale,
        features.mean(0),
        features.std(0),
    )


def _tried(
    nu: float, gamma: float, folds: list[tuple[NDArray[np.float64], Windows]], strangers: list[Windows]
) -> Tried:
    same, other = [], []
    for learnt, held_out in folds:
        model = _fitted(learnt, nu, gamma)
        same.append(model.likeness(held_out.features))
        other += [model.likeness(one.features) for one in strangers]
    alike, unlike = np.concatenate(same), np.concatenate(other)
    fake = np.repeat([False, True], (len(alike), len(unlike)))
    spread = math.hypot(float(alike.std()), float(unlike.std())) / math.sqrt(2)
    apart = float(alike.mean() - unlike.mean()) / max(spread, 1e-9)
    return Tried(nu, gamma, auc(-np.concatenate((alike, unlike)), fake), apart)


def _calibrated(
    nu: float,
    gamma: float,
    usual: tuple[float, float],
    folds: list[tuple[NDArray[np.float64], Windows]],
    strangers: list[Windows],
) -> Calibration:
    """By windows that do not overlap: those held out of the person, and those of the others by one model."""
    values: list[float] = []
    fake: list[bool] = []
    people: list[str] = []
    for number, (learnt, held_out) in enumerate(folds):
        model = _fitted(learnt, nu, gamma, *usual)
        rows = [(held_out, False, "the person")]
        if number == 0:
            rows += [(one, True, f"other {index}") for index, one in enumerate(strangers)]
        for found, is_other, who in rows:
            logits = model.logits(found.features[found.apart()])
            values += sigmoid(logits).tolist()
            fake += [is_other] * len(logits)
            people += [who] * len(logits)
    n_people = len(set(people))
    answers = Answers(np.array(values), np.array(fake), tuple(people), tuple({} for _ in values))
    data = (
        f"windows of {WINDOW_S:.0f} s that do not overlap: {fake.count(False)} of the person, held out, and "
        f"{fake.count(True)} of {n_people - 1} other people"
    )
    return calibration_of(answers, data)
