"""How well a person's model tells them from others, by recording: AUC of windows, with intervals over clips."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prosopon.core.errors import UsageError
from prosopon.core.progress import SILENT, Progress
from prosopon.detect.biometric.correlations import WINDOW_S, windows
from prosopon.detect.biometric.model import PersonModel
from prosopon.detect.biometric.recording import Joins, Recording, blocks
from prosopon.detect.learning.figures import auc

ALL = "all"
_LEVEL = 0.95
_BLOCK_S = 3.0
"""Long clips are cut into pieces of about so many seconds, which are drawn like clips."""

Values = NDArray[np.float64]
Judge = Callable[[Values], Values]


@dataclass(frozen=True)
class Against:
    """The person against one other recording, or all others together.

    Attributes:
        name: of the other recording.
        auc: the chance that one of its windows is less like the person than one of the person's own.
        low, high: where 95 % of the AUCs lie when clips (of all: people, and then their clips) are drawn anew.
        auc_of_distance: the same by the mere distance of a window's correlations from the person's mean: the baseline.
        clips, seconds: how much of the other recording there is.
        windows: how many it gave, overlapping.
        windows_apart: how many of them do not overlap.
    """

    name: str
    auc: float
    low: float
    high: float
    auc_of_distance: float
    clips: int
    seconds: float
    windows: int
    windows_apart: int

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {key: round(value, 4) if isinstance(value, float) else value for key, value in asdict(self).items()}


@dataclass(frozen=True)
class Trial:
    """What came of it.

    Attributes:
        same: clips, seconds, windows and windows apart of the person's own recording, and its name.
        against: each other recording, and all of them where there are several.
        left_out: recordings that are too short for a single window.
    """

    same: dict[str, Any]
    against: tuple[Against, ...]
    left_out: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "same": self.same,
            "against": [one.as_json() for one in self.against],
            "left_out": list(self.left_out),
        }


def trial(
    model: PersonModel,
    same: Recording,
    others: Sequence[Recording],
    joins: Joins = "centred",
    *,
    draws: int = 1000,
    seed: int = 0,
    progress: Progress = SILENT,
) -> Trial:
    """Compare windows of the person, which the model has not learnt from, with windows of others.

    Args:
        model: of the person.
        same: the person.
        others: other people, or fakes.
        joins: how pieces are joined.
        draws: how often clips are drawn anew for the intervals.
        seed: of these draws.
        progress: hears of every recording.

    Raises:
        UsageError: the person's recording is too short for a window, or so are all others.
    """
    own = windows(same, joins)
    long = [other for other in others if len(windows(other, joins))]
    if not len(own) or not long:
        raise UsageError(
            f"{same.name if not len(own) else 'every other person'} is seen for less than {WINDOW_S:.0f} s",
            "give longer recordings to test with",
        )
    rng = np.random.default_rng(seed)
    distance = _distance_from(model.usual)
    drawn_same = [_drawn(model.logits, same, joins, rng) for _ in range(draws)]
    progress.start("comparing with others", len(long))
    rows, all_drawn = [], []
    for other in long:
        found = windows(other, joins)
        drawn = [_drawn(model.logits, other, joins, rng) for _ in range(draws)]
        all_drawn.append(drawn)
        low, high = _interval([_auc(a, b) for a, b in zip(drawn_same, drawn, strict=True)])
        rows.append(
            Against(
                other.name,
                _auc(model.logits(own.features), model.logits(found.features)),
                low,
                high,
                _auc(distance(own.features), distance(found.features)),
                len(other.pieces),
                round(other.seconds, 1),
                len(found),
                len(found.apart()),
            )
        )
        progress.advance()
    if len(long) > 1:
        each = [windows(other, joins) for other in long]
        features = np.concatenate([one.features for one in each])
        low, high = _interval(_of_people(drawn_same, all_drawn, rng))
        rows.append(
            Against(
                ALL,
                _auc(model.logits(own.features), model.logits(features)),
                low,
                high,
                _auc(distance(own.features), distance(features)),
                sum(len(other.pieces) for other in long),
                round(sum(other.seconds for other in long), 1),
                sum(map(len, each)),
                sum(len(one.apart()) for one in each),
            )
        )
    about = {
        "name": same.name,
        "clips": len(same.pieces),
        "seconds": round(same.seconds, 1),
        "windows": len(own),
        "windows_apart": len(own.apart()),
    }
    return Trial(about, tuple(rows), tuple(other.name for other in others if other not in long))


def _of_people(
    drawn_same: Sequence[Values], drawn_others: Sequence[Sequence[Values]], rng: np.random.Generator
) -> list[float]:
    """AUCs against all others, of whom some are drawn, each with clips that were drawn."""
    n = len(drawn_others)
    return [
        _auc(own, np.concatenate([drawn_others[person][number] for person in rng.integers(n, size=n)]))
        for number, own in enumerate(drawn_same)
    ]


def _drawn(judge: Judge, recording: Recording, joins: Joins, rng: np.random.Generator) -> Values:
    """Values of the windows of a recording whose clips were drawn anew, each as often as chance has it."""
    cut = blocks(recording, _BLOCK_S) if joins != "apart" else recording
    chosen = rng.integers(len(cut.pieces), size=len(cut.pieces))
    return judge(windows(cut.taken(chosen.tolist()), joins).features)


def _distance_from(usual: Values) -> Judge:
    def distance(features: Values) -> Values:
        return np.asarray(((features - usual) ** 2).sum(1))

    return distance


def _auc(same: Values, other: Values) -> float:
    fake = np.repeat([False, True], (len(same), len(other)))
    return auc(np.concatenate((same, other)), fake)


def _interval(aucs: Sequence[float]) -> tuple[float, float]:
    known = np.array([one for one in aucs if np.isfinite(one)])
    if not len(known):
        return float("nan"), float("nan")
    tail = (1 - _LEVEL) / 2
    return float(np.quantile(known, tail)), float(np.quantile(known, 1 - tail))
