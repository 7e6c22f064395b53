"""From answers to figures: of every detector and of the whole tool, over all videos and by generator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prosopon.arena.detection.answers import Answer, Said
from prosopon.arena.detection.probabilities import (
    balanced,
    brier,
    calibration_error,
    least_ratio_cost,
    log_loss,
    probability_at_even_odds,
    ratio_cost,
)
from prosopon.arena.detection.ranking import Ranking
from prosopon.arena.detection.resampling import Estimate, estimated
from prosopon.arena.detection.selective import RiskCoverage, risk_coverage
from prosopon.arena.detection.videos import Video
from prosopon.arena.proportions import Proportion
from prosopon.detect.judging.verdict import Verdict, verdict_of

WHOLE = "the whole tool"
"""Instead of a detector's name: all of them together, with what makes verdicts inconclusive."""
CHANCE = "chance"
"""The baseline that says 0.5 of everything."""
MISSING = 0.5
"""What counts as the value of a video without an answer, where it must have one."""
WORDS = (Verdict.STRONG, Verdict.MODERATE, Verdict.WEAK, Verdict.NO_EVIDENCE, Verdict.INCONCLUSIVE)
"""What a verdict can be, the last being no answer."""
ALARMS = (0.01, 0.05)
"""Shares of real videos that may be accused."""
ALL = "all"
LEARNT, HELD_OUT = "learnt generators", "held-out generators"
"""Parts of a data set whose generators detectors learn from, but for some."""


@dataclass(frozen=True)
class Part:
    """Videos that figures are about.

    Attributes:
        name: `all`, `LEARNT`, `HELD_OUT`, or a domain, a generator.
        kind: `all`, `learning`, `domain`, `generator`.
        videos: indices.
    """

    name: str
    kind: str
    videos: NDArray[np.intp]


def parts_of(videos: Sequence[Video], held_out: Collection[str] = ()) -> list[Part]:
    """All; fakes as learnt from, and others; each domain where there are several; each generator.

    Fakes stand beside the real ones of the domains that they are in.

    Args:
        videos: the data set's.
        held_out: generators that detectors have not learnt from although they have from the others.
    """
    domains = sorted({video.domain for video in videos})
    generators = sorted({video.generator for video in videos if video.is_fake})
    parts = [Part(ALL, ALL, np.arange(len(videos)))]
    learnt = [generator for generator in generators if generator not in held_out]
    if 0 < len(learnt) < len(generators):
        unknown = [generator for generator in generators if generator in held_out]
        parts += [_beside_real(LEARNT, "learning", videos, learnt), _beside_real(HELD_OUT, "learning", videos, unknown)]
    for domain in domains if len(domains) > 1 else ():
        there = [number for number, video in enumerate(videos) if video.domain == domain]
        parts.append(Part(domain or "other", "domain", np.array(there, np.intp)))
    for generator in generators if len(generators) > 1 else ():
        parts.append(_beside_real(generator, "generator", videos, (generator,)))
    return parts


def _beside_real(name: str, kind: str, videos: Sequence[Video], generators: Collection[str]) -> Part:
    within = {video.domain for video in videos if video.generator in generators}
    there = [
        number
        for number, video in enumerate(videos)
        if video.generator in generators or (not video.is_fake and video.domain in within)
    ]
    return Part(name, kind, np.array(there, np.intp))


@dataclass(frozen=True, eq=False)
class Heard:
    """All that one detector, or the whole tool, said of some videos.

    Attributes:
        videos: of which it was asked.
        values: `(N,)` 0 to 1, NaN where it said nothing.
        log10_lrs: `(N,)`, NaN where it has no calibration or said nothing.
        words: `(N,)` what its ratio is called; `INCONCLUSIVE` where that must not be taken as evidence.
        frames: values of single frames by video.
        reasons: codes of why there is no answer, by video; empty where there is one.
    """

    videos: tuple[Video, ...]
    values: NDArray[np.float64]
    log10_lrs: NDArray[np.float64]
    words: tuple[Verdict, ...]
    frames: tuple[tuple[float, ...], ...]
    reasons: tuple[str, ...]

    @cached_property
    def labels(self) -> NDArray[np.int_]:
        """`(N,)`, 1 for fakes."""
        return np.array([video.label for video in self.videos], np.int_)

    @cached_property
    def answered(self) -> NDArray[np.bool_]:
        """`(N,)` whether there is a value."""
        return np.isfinite(self.values)

    @property
    def filled(self) -> NDArray[np.float64]:
        """`(N,)` values with `MISSING` where there is none."""
        return np.where(self.answered, self.values, MISSING)

    def of(self, part: Part) -> Heard:
        """What it said of some of them."""
        pick = part.videos
        return Heard(
            tuple(self.videos[i] for i in pick), self.values[pick], self.log10_lrs[pick],
            tuple(self.words[i] for i in pick), tuple(self.frames[i] for i in pick),
            tuple(self.reasons[i] for i in pick),
        )  # fmt: skip


def heard_of(name: str, videos: Sequence[Video], answers: Sequence[Answer]) -> Heard:
    """What a detector, or the whole tool, said of videos, in their order."""
    if name == WHOLE:
        ratios = np.array([np.nan if one.log10_lr is None else one.log10_lr for one in answers], np.float64)
        return Heard(
            tuple(videos), _probabilities(ratios), ratios, tuple(Verdict(one.verdict) for one in answers),
            tuple(() for _ in answers), tuple(next(iter(one.reasons), "") for one in answers),
        )  # fmt: skip
    said = [one.detectors.get(name) for one in answers]
    values = np.array([np.nan if one is None or one.value is None else one.value for one in said], np.float64)
    ratios = np.array([np.nan if one is None or one.log10_lr is None else one.log10_lr for one in said], np.float64)
    return Heard(
        tuple(videos), values, ratios, tuple(map(_word, said)),
        tuple(() if one is None else one.per_frame for one in said),
        tuple(
            next(iter(answer.reasons), "no-answer") if one is None else one.why_not
            for one, answer in zip(said, answers, strict=True)
        ),
    )  # fmt: skip


def _probabilities(ratios: NDArray[np.float64]) -> NDArray[np.float64]:
    values = np.full(len(ratios), np.nan)
    there = np.isfinite(ratios)
    values[there] = probability_at_even_odds(ratios[there])
    return values


def _word(said: Said | None) -> Verdict:
    if said is None or said.why_not or said.log10_lr is None:
        return Verdict.INCONCLUSIVE
    return verdict_of(said.log10_lr)


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
            "cllr": ratio_cost(labels[there], ratios[there]),
            "cllr_least": least_ratio_cost(labels[there], ratios[there]),
        }
    risk = risk_of(heard)
    found |= {"aurc": risk.area, "risk_at_half": risk.at(0.5), "risk_at_all": risk.at(1.0)}
    return {name: Estimate(float(value)) for name, value in found.items()}


def risk_of(heard: Heard) -> RiskCoverage:
    """Risk over coverage by how sure the ratios are; where there is no calibration by how far values are from 0.5."""
    ratios = heard.log10_lrs
    if not np.isfinite(ratios).any():
        ratios = np.where(heard.answered, heard.values - 0.5, np.nan)
    return risk_coverage(heard.labels, ratios)


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
