"""What the text and the page of `prosopon detect` have in common: the same sentences."""

from __future__ import annotations

from collections.abc import Iterator

from prosopon.app.detecting.examine import Examined
from prosopon.app.verify_text import declared
from prosopon.detect.judging.opinion import Opinion
from prosopon.detect.judging.subject import Subject
from prosopon.detect.judging.verdict import PRIORS, Verdict, at_prior, of_hundred, times
from prosopon.vouch.manifest.strangers_text import shown

HEADINGS = {
    Verdict.DECLARED: "declared synthetic",
    Verdict.INCONCLUSIVE: "inconclusive",
    Verdict.NO_EVIDENCE: "no evidence for a fake",
    Verdict.WEAK: "weak evidence for a fake",
    Verdict.MODERATE: "moderate evidence for a fake",
    Verdict.STRONG: "strong evidence for a fake",
}
"""The verdicts for people."""

_LONGEST_LINE = 500
_MOST_TOLD = 2
_WEIGHTLESS = "it has no weight where all are taken together"


def says(examined: Examined) -> Iterator[str]:
    """What it says of itself, one sentence each; nothing where it cannot be read."""
    if examined.evidence is not None:
        yield from declared(examined.evidence)


def because(examined: Examined) -> Iterator[str]:
    """Why it is inconclusive, and what else is to be known; declarations are told by `says`."""
    for why in examined.reasons:
        if not why.code.startswith("declared-by-"):
            yield f"{shown(_capital(why.because), _LONGEST_LINE)} ({why.code})."


def measured(log10_lr: float) -> str:
    """What a ratio says, as a sentence."""
    return f"What was measured is {times(log10_lr)} of the kinds that the detectors were calibrated on."


def base_rates(log10_lr: float) -> tuple[tuple[str, str], ...]:
    """What follows from a ratio, for each share of fakes."""
    return tuple((_capital(of_hundred(prior)), at_prior(log10_lr, prior)) for prior in PRIORS)


def about(subject: Subject) -> str:
    """Where a person is seen, and in how much of the clip; empty for sound."""
    if subject.coverage is None or subject.span_s is None or subject.face_px is None:
        return ""
    found, looked = subject.coverage.n_found, subject.coverage.n_looked
    start, stop = subject.span_s
    when = "" if subject.coverage.n_frames == 1 else f"{start:.1f} to {stop:.1f} s, "
    return f"{when}face of {subject.face_px:.0f} pixels, found in {found} of {looked} searched frames"


def opinion(one: Opinion, *, weighs: bool = True, most_told: int = _MOST_TOLD) -> str:
    """What a detector says, in a few words.

    Args:
        one: what it said.
        weighs: whether that has a weight where all are taken together.
        most_told: so many sentences of one that only measures.
    """
    ratio = one.log10_lr
    if ratio is not None:
        said = times(ratio, *one.expert.sides)
        more = [shown(told, _LONGEST_LINE) for told in one.score.evidence[:1]] if one.expert.asks_else else []
        return "; ".join((said, *more, *([] if weighs else [_WEIGHTLESS])))
    why = one.why_not
    if why is not None:
        kind = "no answer" if one.score.abstained is not None else "does not count"
        return f"{kind}: {shown(why.because, _LONGEST_LINE)}"
    told = [*one.score.evidence] or [f"{name} {value:.4g}" for name, value in one.score.measures.items()]
    return f"measures only: {shown('; '.join(told[:most_told]), _LONGEST_LINE) if told else 'nothing'}"


def odds(log10_lr: float | None) -> str:
    """A ratio, short: `12 : 1` for a fake, `1 : 12` against it."""
    if log10_lr is None:
        return "–"
    ratio = 10 ** abs(log10_lr)
    said = f"{ratio:.1f}" if ratio < 9.95 else f"{ratio:.0f}"
    return f"{said} : 1" if log10_lr >= 0 else f"1 : {said}"


def sentence(text: str) -> str:
    """With a capital and a full stop; nothing stays nothing."""
    return f"{_capital(text)}." if text else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
