"""What the page of `prosopon detect` shows of one person, or of the sound: frames, who says what and why, trials.

One row a detector, which unfolds to everything that it gave: sentences, measures, time lines, further heat maps.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Sequence

from prosopon.app.detecting.drawing import Shown, as_data, further_maps, heat_maps, key_frames
from prosopon.app.detecting.measures import measure_in_words
from prosopon.app.detecting.timeline import timeline
from prosopon.app.detecting.words import HEADINGS, about, odds, opinion, sentence
from prosopon.app.report import Report
from prosopon.detect.judging.opinion import Opinion
from prosopon.detect.judging.panel import WORDS, contradicts
from prosopon.detect.judging.roster import Expert
from prosopon.detect.judging.subject import Subject
from prosopon.vouch.manifest.strangers_text import shown

_CAUTION = (
    "Red speaks for a fake, blue against it, for that detector. It shows where a net looked, which is no proof and not "
    "the outline of what was changed: nets also look at what only happens to go with fakes."
)
_DRAWN_BY = {
    "exact": "Exact: what the places say adds up to what the net said.",
    "Grad-CAM": "Grad-CAM: a coarse estimate of which places mattered.",
}
_LONGEST = 500

Weighs = Callable[[Expert], bool]
"""Whether what a detector says has a weight where all are taken together."""


def add_subject(
    report: Report, subject: Subject, span_s: tuple[float, float], weighs: Weighs, *, declared: bool
) -> None:
    """Put it onto a page.

    Args:
        report: the page.
        subject: who or what was judged.
        span_s: what time lines show, on the clip's clock in seconds.
        weighs: see `Weighs`.
        declared: whether the file is declared synthetic: then so is what is shown of it.
    """
    name = f"{subject.name[:1].upper()}{subject.name[1:]}"
    report.section(f"{name}: {HEADINGS[subject.verdict]}", sentence(about(subject)))
    for why in subject.reasons:
        report.text(sentence(f"{shown(why.because, _LONGEST)} ({why.code})"))
    frames, maps = key_frames(subject, declared=declared), heat_maps(subject, declared=declared)
    if frames:
        report.fragment("<h3>What was judged</h3>")
        report.fragment(figures(frames, "small"))
    if maps:
        report.fragment("<h3>Where nets looked</h3>")
        report.fragment(figures(maps, "small"))
        drawn = {one.score.heat_maps[0].drawn_by for one in subject.opinions if one.score.heat_maps}
        report.text(" ".join((_CAUTION, *(words for name, words in _DRAWN_BY.items() if name in drawn))))
    report.fragment("<h3>Who says what</h3>")
    report.text("Rows open to all that a detector gave. Grey ones do not count in the answer, and say why.")
    report.fragment(_opinions(subject, span_s, weighs, declared=declared))
    if subject.panel is not None:
        n = subject.panel.n_frames
        report.fragment("<h3>The same, changed</h3>")
        report.text(
            f"{'The picture was' if n == 1 else f'{n} frames were'} judged again after each of these, which happens to "
            "files without anybody's faking anything. An answer that turns round by it is withdrawn."
        )
        report.fragment(_panel(subject))


def figures(pictures: Sequence[Shown], kind: str) -> str:
    """Pictures with their captions side by side, as markup; `kind` is a class of the style sheet."""
    markup = "".join(
        f'<figure><img src="{as_data(one.picture)}" alt="{html.escape(one.caption)}">'
        f"<figcaption>{html.escape(one.caption)}</figcaption></figure>"
        for one in pictures
    )
    return f'<div class="row {kind}">{markup}</div>'


def _opinions(subject: Subject, span_s: tuple[float, float], weighs: Weighs, *, declared: bool) -> str:
    rows = [_said("head", "detector", "what it says", "fake : real")]
    for one in subject.opinions:
        weight = weighs(one.expert)
        said = opinion(one, weighs=weight, most_told=1)
        counts = one.log10_lr is not None and weight
        cells = _cells(one.expert.name, said, odds(one.log10_lr))
        more = "".join(_more(subject, one, span_s, declared=declared))
        quiet = "" if counts else " quiet"
        if more:
            summary = f'<summary class="said{quiet}">{cells}</summary>'
            rows.append(f'<details class="opinion">{summary}<div class="more">{more}</div></details>')
        else:
            rows.append(f'<div class="opinion"><div class="said{quiet}">{cells}</div></div>')
    if subject.log10_lr is not None:
        rows.append(f"<b>{_said('', 'together', '', odds(subject.log10_lr))}</b>")
    return "".join(rows)


def _said(kind: str, *cells: str) -> str:
    return f'<div class="said {kind}">{_cells(*cells)}</div>'


def _cells(*cells: str) -> str:
    return "".join(f"<span>{html.escape(cell)}</span>" for cell in cells)


def _more(subject: Subject, one: Opinion, span_s: tuple[float, float], *, declared: bool) -> Iterator[str]:
    """All that a detector gave, as markup."""
    score = one.score
    if score.evidence:
        yield f"<ul>{''.join(f'<li>{html.escape(shown(told, _LONGEST))}</li>' for told in score.evidence)}</ul>"
    if score.value is not None:
        if not one.expert.judges:
            worth = "It counts in no answer."
        elif one.log10_lr is None:
            worth = "Nobody knows what that is worth here: it counts for nothing."
        else:
            worth = "Its calibration makes a ratio of that."
        yield (
            f"<p>Its own value, from 0 ({html.escape(one.expert.sides[1])}) to 1 ({html.escape(one.expert.sides[0])}), "
            f"which is no probability: {score.value:.3f}. {worth}</p>"
        )
    if score.measures:
        rows = "".join(f"<div>{_cells(*measure_in_words(*item))}</div>" for item in score.measures.items())
        yield f'<div class="measures">{rows}</div>'
    lines = "".join(timeline(series, series.name, span_s) for series in score.series) if span_s[1] > span_s[0] else ""
    if lines:
        yield f'<div class="over-time">{lines}</div>'
    maps = further_maps(subject, one, declared=declared)
    if maps:
        yield figures(maps, "small")


def _panel(subject: Subject) -> str:
    panel, ratio = subject.panel, subject.log10_lr
    if panel is None or ratio is None:
        return ""
    names = [*panel.trials[0].log10_lrs]
    head = "".join(f"<th>{html.escape(cell)}</th>" for cell in ("what was done", *names, "together", ""))
    rows = []
    for trial in panel.trials:
        turned = contradicts(ratio, trial.log10_lr)
        cells = [*(odds(trial.log10_lrs[name]) for name in names), odds(trial.log10_lr)]
        told = "".join(f'<td class="odd">{cell}</td>' for cell in cells)
        kind, why = ("turned", "turns the answer round") if turned else ("", "")
        rows.append(f'<tr class="{kind}"><td>{html.escape(WORDS[trial.name])}</td>{told}<td>{why}</td></tr>')
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
