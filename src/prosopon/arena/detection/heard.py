"""`Heard`: all that one detector, or the whole tool, said of the videos of a data set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from prosopon.arena.detection.answers import Answer, Said
from prosopon.arena.detection.parts import Part
from prosopon.arena.detection.probabilities import probability_at_even_odds
from prosopon.arena.detection.selective import RiskCoverage, risk_coverage
from prosopon.arena.detection.videos import Video
from prosopon.detect.judging.verdict import Verdict, verdict_of

WHOLE = "the whole tool"
"""Instead of a detector's name: all of them together, with what makes verdicts inconclusive."""
MISSING = 0.5
"""What counts as the value of a video without an answer, where it must have one."""


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


def risk_of(heard: Heard) -> RiskCoverage:
    """Risk over coverage by how sure the ratios are; where there is no calibration by how far values are from 0.5."""
    ratios = heard.log10_lrs
    if not np.isfinite(ratios).any():
        ratios = np.where(heard.answered, heard.values - 0.5, np.nan)
    return risk_coverage(heard.labels, ratios)
