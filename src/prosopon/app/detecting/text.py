"""What `prosopon detect` says: the answer first, then what it means, then who said what."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import fill

from prosopon.app.detecting.examine import Examined, Examiner
from prosopon.app.detecting.words import HEADINGS, about, base_rates, because, measured, opinion, says
from prosopon.detect.judging.judge import Judge
from prosopon.detect.judging.subject import Subject
from prosopon.detect.judging.verdict import Verdict, limit, meaning
from prosopon.vouch.manifest.strangers_text import shown

_WIDTH = 100


def lines(examined: Examined, examiner: Examiner, *, beside: bool = False) -> Iterator[str]:
    """The whole answer about one file.

    Args:
        examined: what was found.
        examiner: who found it.
        beside: whether what the file says of itself is told elsewhere.
    """
    yield f"{shown(examined.path.name)}: {HEADINGS[examined.verdict]}"
    yield ""
    for sentence in (*([] if beside else says(examined)), meaning(examined.verdict), *because(examined)):
        yield _wrapped(sentence)
    ratio = examined.log10_lr
    if ratio is not None and examined.verdict is not Verdict.DECLARED:
        yield ""
        yield _wrapped(measured(ratio))
        for rate, follows in base_rates(ratio):
            yield f"  {rate}: {follows}."
    yield ""
    yield _wrapped(limit(examined.verdict))
    if examined.judgement is not None:
        for subject in examined.judgement.subjects:
            yield ""
            yield from _of(subject, examiner.judge)
        yield from _not_judged(examined)
    yield from _not_asked(examiner)


def line(examined: Examined) -> str:
    """The answer about one file of many."""
    told = HEADINGS[examined.verdict]
    why = ", ".join(one.code for one in examined.reasons)
    return f"{told:<28}  {shown(str(examined.path), 300)}{f'  ({why})' if why else ''}"


def summary(counts: dict[str, int]) -> str:
    """How many files have which verdict."""
    told = ", ".join(f"{counts[verdict]} {HEADINGS[verdict]}" for verdict in Verdict if counts.get(verdict))
    return f"{sum(counts.values())} files: {told}"


def _of(subject: Subject, judge: Judge) -> Iterator[str]:
    where = about(subject)
    yield f"{subject.name}: {HEADINGS[subject.verdict]}{f' ({where})' if where else ''}"
    width = max((len(one.expert.name) for one in subject.opinions), default=0)
    for one in subject.opinions:
        yield _wrapped(
            opinion(one, weighs=judge.weighs(one.expert)), f"  {one.expert.name:<{width}}  ", " " * (width + 4)
        )
    if subject.panel is not None and subject.log10_lr is not None and subject.is_judged:
        yield "  It does not turn round when the frames are compressed, resized, cropped or blurred."


def _not_judged(examined: Examined) -> Iterator[str]:
    judgement = examined.judgement
    if judgement is not None and judgement.n_people > len(judgement.people):
        yield ""
        yield f"{judgement.n_people - len(judgement.people)} more people, less prominent, were not judged."


def _not_asked(examiner: Examiner) -> Iterator[str]:
    told = [f"{name} ({shown(why.because)})" for name, why in examiner.judge.roster.left_out.items()]
    if told:
        yield ""
        yield _wrapped(f"Not asked: {', '.join(told)}.")


def _wrapped(text: str, first: str = "", rest: str = "") -> str:
    return fill(text, _WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)
