"""From answers to figures: of every detector and of the whole tool, on a part of the videos."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prosopon.arena.detection.heard import Heard, risk_of
from prosopon.arena.detection.parts import Part
from prosopon.arena.detection.probabilities import (
    balanced,
    brier,
    calibration_error,
    calibration_error_by_chance,
    least_ratio_cost,
    log_loss,
    probability_at_even_odds,
    ratio_cost,
)
from prosopon.arena.detection.ranking import Ranking
from prosopon.arena.detection.resampling import Estimate, estimated
from prosopon.arena.detection.videos import Video
from prosopon.arena.proportions import Proportion
from prosopon.detect.judging.verdict import Verdict

CHANCE = "chance"
"""The baseline that says 0.5 of everything."""
WORDS = (Verdict.STRONG, Verdict.MODERATE, Verdict.WEAK, Verdict.NO_EVIDENCE, Verdict.INCONCLUSIVE)
"""What a verdict can be, the last being no answer."""
ALARMS = (0.01, 0.05)
"""Shares of real videos that may be accused."""


@dataclass(frozen=True)
class Row:
    """Figures of one detector on some videos after one degradation.

    Attributes:
        name: of the detector; `WHOLE`, `CHANCE`.
        under: name of the degradation.
        part: which videos.
        kind: what that name is of: see `Part`.
        real, fakes, people: how many of them; people of whom nobody knows more count as one for each video.
        answered: videos with an answer; the others count as `MISSING` but for figures called `_found`.
        figures: by name, with intervals where people were resampled.
        words: how many real ones and fakes got which verdict, by `real` and `fake`.
        unanswered: how many have no answer that counts, by code of the reason.
    """

    name: str
    under: str
    part: str
    kind: str
    real: int
    fakes: int
    people: int
    answered: int
    figures: Mapping[str, Estimate]
    words: Mapping[str, Mapping[str, int]]
    unanswered: Mapping[str, int]

    @property
    def coverage(self) -> float:
        """Share of the videos with an answer."""
        return self.answered / max(1, self.real + self.fakes)

    def told(self, figure: str) -> str:
        """A figure for tables."""
        return self.figures[figure].told if figure in self.figures else "-"

    def share(self, kind: str, *words: Verdict) -> Proportion:
        """How many of the real ones, or of the fakes, got one of some verdicts."""
        counts = self.words[kind]
        return Proportion(sum(counts.get(word.value, 0) for word in words), sum(counts.values()))

    def as_json(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "name": self.name,
            "under": self.under,
            "part": self.part,
            "kind": self.kind,
            "real": self.real,
            "fakes": self.fakes,
            "people": self.people,
            "answered": self.answered,
            "coverage": self.coverage,
            **{name: figure.value for name, figure in self.figures.items()},
            "intervals_95": {
                name: [figure.low, figure.high] for name, figure in self.figures.items() if figure.low is not None
            },
            "words": {kind: dict(counts) for kind, counts in self.words.items()},
            "unanswered": dict(self.unanswered),
        }


def row_of(
    name: str, under: str, part: Part, heard: Heard, weights: NDArray[np.float64] | None, *, in_full: bool = True
) -> Row:
    """The figures of one detector on a part of the videos.

    Args:
        name: of the detector.
        under: the degradation.
        part: which videos.
        heard: what it said of all of them.
        weights: of the part's videos when people are drawn anew, see `resampling.drawn_weights`; None: no intervals.
        in_full: all figures; else the AUC of videos only, which is what large tables show.
    """
    some = heard.of(part)
    people = [video.people for video in some.videos]
    return Row(
        name=name,
        under=under,
        part=part.name,
        kind=part.kind,
        real=int((some.labels == 0).sum()),
        fakes=int((some.labels == 1).sum()),
        people=len({one for who in people for one in who}) + sum(not who for who in people),
        answered=int(some.answered.sum()),
        figures={**_of_ranks(some, weights, in_full=in_full), **(_of_worth(some) if in_full else {})},
        words={
            kind: _counted(word for word, at in zip(some.words, some.labels, strict=True) if at == label)
            for label, kind in enumerate(("real", "fake"))
        },
        unanswered=dict(Counter(reason for reason in some.reasons if reason)),
    )


def _counted(words: Iterable[Verdict]) -> dict[str, int]:
    counts = Counter(words)
    return {word.value: counts.get(word, 0) for word in WORDS}


def _of_ranks(heard: Heard, weights: NDArray[np.float64] | None, *, in_full: bool) -> dict[str, Estimate]:
    labels, values, there = heard.labels, heard.filled, heard.answered

    def ranked(pick: NDArray[np.intp], scores: NDArray[np.float64], figure: str, *args: float) -> Estimate:
        def of(drawn: NDArray[np.float64] | None) -> NDArray[np.float64]:
            ranking = Ranking(labels[pick], scores, None if drawn is None else drawn[:, pick])
            found = getattr(ranking, figure)
            result: NDArray[np.float64] = found(*args) if args else found
            return result

        return estimated(of, weights, len(pick))

    every, answered = np.arange(len(labels)), np.flatnonzero(there)
    found = {"video_auc": ranked(every, values, "auc")}
    if not in_full:
        return found
    found["video_auc_found"] = ranked(answered, values[answered], "auc")
    owners = np.repeat(every, [len(frames) for frames in heard.frames])
    if len(owners):
        single = np.array([value for frames in heard.frames for value in frames])
        found["frame_auc"] = ranked(owners, single, "auc")
    found["eer"] = ranked(every, values, "eer")
    found["ap"] = ranked(every, values, "average_precision")
    found["ap_of_chance"] = Estimate(float(labels.mean()) if len(labels) else np.nan)
    for alarms in ALARMS:
        found[f"tpr_at_fpr_{alarms:g}"] = ranked(every, values, "hits_at", alarms)
    return found


def _of_worth(heard: Heard) -> dict[str, Estimate]:
    """What values are worth as they are, and by their calibration; where there is no answer they are `MISSING`."""
    labels, values = heard.labels, heard.filled
    found = {
        "log_loss": log_loss(labels, values),
        "brier": brier(labels, values),
        "ece": calibration_error(labels, values, balanced(labels)) if _has_both(labels) else np.nan,
    }
    ratios = heard.log10_lrs
    there = np.isfinite(ratios)
    if _has_both(labels[there]):
        likely = probability_at_even_odds(ratios[there])
        even = balanced(labels[there])
        found |= {
            "log_loss_calibrated": log_loss(labels[there], likely, even),
            "brier_calibrated": brier(labels[there], likely, even),
            "ece_calibrated": calibration_error(labels[there], likely, even),
            "ece_by_chance": calibration_error_by_chance(likely, even),
            "cllr": ratio_cost(labels[there], ratios[there]),
            "cllr_least": least_ratio_cost(labels[there], ratios[there]),
        }
    risk = risk_of(heard)
    found |= {"aurc": risk.area, "risk_at_half": risk.at(0.5), "risk_at_all": risk.at(1.0)}
    return {name: Estimate(float(value)) for name, value in found.items()}


def chance_row(under: str, part: Part, videos: Sequence[Video]) -> Row:
    """What saying 0.5 of everything comes to."""
    some = tuple(videos)
    nothing = Heard(
        some, np.full(len(some), 0.5), np.zeros(len(some)), (Verdict.NO_EVIDENCE,) * len(some), ((),) * len(some),
        ("",) * len(some),
    )  # fmt: skip
    return row_of(CHANCE, under, part, nothing, None)


def _has_both(labels: NDArray[np.int_]) -> bool:
    return bool((labels == 0).any() and (labels == 1).any())
