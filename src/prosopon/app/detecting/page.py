"""The page of `prosopon detect`: the answer and what it is worth, who said what, where, and what they are blind to."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from pathlib import Path

from prosopon.app.detecting.drawing import Shown, as_data, key_frames, overview
from prosopon.app.detecting.examine import Examined, Examiner
from prosopon.app.detecting.timeline import timeline
from prosopon.app.detecting.words import HEADINGS, about, base_rates, because, measured, odds, opinion, says
from prosopon.app.report import Report
from prosopon.app.verify_text import answers, details
from prosopon.core.calibration import Calibration
from prosopon.detect.judging.opinion import Opinion
from prosopon.detect.judging.panel import WORDS, contradicts
from prosopon.detect.judging.subject import Subject
from prosopon.detect.judging.verdict import Verdict, limit, meaning
from prosopon.train.runfile import versions
from prosopon.vouch.manifest.report_text import checked_by
from prosopon.vouch.manifest.strangers_text import shown

_FOOTER = (
    "A detector compares; it does not know. Its answer is about fakes of the kinds that it was calibrated on, and says "
    "nothing of others. A heat map shows where a net looked, not what was changed. A credential that holds is worth "
    "more than any of this; that there is none shows nothing."
)
_CAUTION = (
    "Where it is red speaks for a fake, where it is blue against it, for that detector. That is no proof, and not the "
    "outline of what was changed: nets also look at what only happens to go with fakes."
)
_SCALE = "Weak evidence begins at 2 : 1, moderate at 10 : 1, strong at 100 : 1."
_STYLE = """.verdict { border-left: 7px solid GrayText; border-radius: 5px; padding: .5rem 1.1rem; margin: 1rem 0;
  background: color-mix(in srgb, currentColor 6%, transparent); }
.verdict p { margin: .3rem 0; } .verdict b { font-size: 1.25rem; }
.verdict.synthetic-declared { border-color: #8250df; } .verdict.inconclusive { border-color: #bf8700; }
.verdict.weak, .verdict.moderate, .verdict.strong { border-color: #cf222e; }
.small figure { flex: 0 1 200px; } .whole figure { flex: 0 1 460px; }
details { margin: .4rem 0; } summary { cursor: pointer; } li { margin: .15rem 0; }
h3 { font-size: 1rem; margin: 1.4rem 0 .4rem; } h1.file { margin-top: 4rem; overflow-wrap: anywhere; }
.over-time { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(380px, 100%), 1fr)); }
td.odd, th { white-space: nowrap; }"""


class Page:
    """A page that grows file by file; nothing of a file's pixels is held but what it shows.

    Args:
        examiner: who examines.
        path: where the page is going to be.
        several: whether more than one file is expected.
    """

    def __init__(self, examiner: Examiner, path: Path, *, several: bool) -> None:
        self._examiner, self._path, self._several = examiner, path, several
        self._rows: list[str] = []
        self._bodies: list[str] = []
        self._title = ""
        self._calibrations: dict[str, Calibration] = {}

    def add(self, examined: Examined) -> None:
        """Put a file onto it."""
        number = len(self._bodies) + 1
        name = shown(examined.path.name)
        self._title = f"Is {name} synthetic?"
        part = Report("")
        if self._several:
            part.fragment(f'<h1 class="file" id="file-{number}">{html.escape(name)}</h1>')
        part.fragment(verdict_box(examined))
        _add_provenance(part, examined)
        add_detection(part, examined)
        self._calibrations |= calibrations(examined)
        self._bodies.append(part.body(self._path.absolute().parent))
        told = [
            f'<a href="#file-{number}">{html.escape(shown(str(examined.path), 300))}</a>',
            html.escape(HEADINGS[examined.verdict]),
            html.escape(", ".join(why.code for why in examined.reasons)),
        ]
        self._rows.append(f"<tr>{''.join(f'<td>{cell}</td>' for cell in told)}</tr>")

    def write(self, note: str = "") -> None:
        """Write the page as one file that works without a network.

        Args:
            note: what is to be said first.

        Raises:
            MediaError: it cannot be written.
        """
        title = f"Are {len(self._bodies)} files synthetic?" if self._several else self._title
        of = "they say of themselves" if self._several else "it says of itself"
        report = Report(title, f"What {of} first, then what detectors say.", _FOOTER)
        report.fragment("", _STYLE)
        if note:
            report.answer(note, good=False)
        if self._several:
            head = "".join(f"<th>{cell}</th>" for cell in ("file", "answer", "reasons"))
            rows = "".join(self._rows)
            report.fragment(f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>")
        for body in self._bodies:
            report.fragment(body)
        add_detectors(report, self._examiner, self._calibrations)
        report.section("Made with")
        report.facts(versions())
        report.write(self._path)


def style() -> str:
    """What a page that holds `add_detection` needs in its style sheet."""
    return _STYLE


def add_detection(report: Report, examined: Examined) -> None:
    """What detectors say about one file: what that means, and who says what of whom."""
    judgement, ratio = examined.judgement, examined.log10_lr
    if judgement is None or examined.clip is None:
        return
    declared = examined.verdict is Verdict.DECLARED
    if declared:
        report.section("What detectors say beside that", meaning(judgement.verdict))
    elif ratio is not None:
        report.section("What detectors say", measured(ratio))
        report.table(("how common fakes are", "what follows"), base_rates(ratio))
        report.text(_SCALE)
    whole = overview(examined.clip, judgement.people, declared=declared)
    if whole is not None:
        report.section("What was looked at", _coverage(examined))
        report.fragment(_figures([whole], "whole"))
    span = (0.0, max(examined.clip.duration_s, examined.clip.times[-1] if examined.clip.times else 0.0))
    for subject in judgement.subjects:
        _add_subject(report, subject, span, declared=declared)


def verdict_box(examined: Examined, *, beside: bool = False) -> str:
    """The answer and its reasons, as markup.

    Args:
        examined: what was found.
        beside: whether what the file says of itself stands elsewhere.
    """
    said = [] if beside else says(examined)
    sentences = [*said, meaning(examined.verdict), *because(examined), limit(examined.verdict)]
    told = "".join(f"<p>{html.escape(sentence)}</p>" for sentence in sentences)
    heading = html.escape(HEADINGS[examined.verdict])
    heading = heading[:1].upper() + heading[1:]
    return f'<div class="verdict {examined.verdict.value}"><p><b>{heading}</b></p>{told}</div>'


def _coverage(examined: Examined) -> str:
    judgement, clip = examined.judgement, examined.clip
    if judgement is None or clip is None or judgement.looked is None:
        return ""
    looked = judgement.looked
    n, judged = judgement.n_people, len(judgement.people)
    people = f"{n} {'person' if n == 1 else 'people'} found"
    rest = f", of whom the {judged} most prominent were judged" if n > judged else ""
    if clip.is_still:
        return f"One picture; {people}{rest}."
    found = f"{looked.n_looked} searched for faces, which {looked.n_with_faces} of them show"
    part = f" of {len(clip)}, in stretches" if len(clip) > looked.n_frames else ""
    return f"{looked.n_frames} frames{part} read, {found}; {people}{rest}."


def _add_subject(report: Report, subject: Subject, span: tuple[float, float], *, declared: bool) -> None:
    report.section(
        f"{subject.name[:1].upper()}{subject.name[1:]}: {HEADINGS[subject.verdict]}", _sentence(about(subject))
    )
    for why in subject.reasons:
        report.text(_sentence(f"{shown(why.because, 500)} ({why.code})"))
    frames = key_frames(subject, declared=declared)
    if frames:
        report.fragment(_figures(frames, "small"))
    if len(frames) > 1:
        report.text(_CAUTION)
    report.fragment(_opinions(subject))
    lines = [*_timelines(subject, span)] if span[1] > 0 else []
    if lines:
        report.fragment("<h3>Over time</h3>")
        report.fragment(f'<div class="over-time">{"".join(lines)}</div>')
    if subject.panel is not None:
        report.fragment("<h3>The same frames, changed</h3>")
        report.text(
            f"{subject.panel.n_frames} frames were judged again after each of these. An answer that turns round by it "
            "would be withdrawn."
        )
        report.fragment(_panel(subject))


def _opinions(subject: Subject) -> str:
    head = "".join(f"<th>{cell}</th>" for cell in ("detector", "what it says", "fake : real", "its own value"))
    rows = "".join(_row(one) for one in subject.opinions)
    total = ""
    if subject.log10_lr is not None:
        total = (
            f'<tr><td><b>together</b></td><td></td><td class="odd"><b>{odds(subject.log10_lr)}</b></td><td></td></tr>'
        )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}{total}</tbody></table>"


def _row(one: Opinion) -> str:
    value = one.score.value
    told = html.escape(opinion(one))
    if one.log10_lr is not None and one.score.evidence:
        told += f"<br><small>{html.escape(shown('; '.join(one.score.evidence[:3]), 500))}</small>"
    number = "–" if value is None else f"{value:.3f}"
    return (
        f"<tr><td>{html.escape(one.expert.name)}</td><td>{told}</td>"
        f'<td class="odd">{odds(one.log10_lr)}</td><td class="number">{number}</td></tr>'
    )


def _timelines(subject: Subject, span: tuple[float, float]) -> Iterator[str]:
    for one in subject.opinions:
        for series in one.score.series:
            yield timeline(series, f"{one.expert.name}: {series.name}", span)


def _panel(subject: Subject) -> str:
    panel, ratio = subject.panel, subject.log10_lr
    if panel is None or ratio is None:
        return ""
    names = [*panel.trials[0].log10_lrs]
    head = "".join(f"<th>{html.escape(cell)}</th>" for cell in ("the frames", *names, "together", ""))
    rows = []
    for trial in panel.trials:
        turned = "turns the answer round" if contradicts(ratio, trial.log10_lr) else ""
        cells = [*(odds(trial.log10_lrs[name]) for name in names), odds(trial.log10_lr)]
        rows.append(
            f"<tr><td>{html.escape(WORDS[trial.name])}</td>{''.join(f'<td>{cell}</td>' for cell in cells)}"
            f'<td class="bad">{turned}</td></tr>'
        )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _add_provenance(report: Report, examined: Examined) -> None:
    if examined.evidence is None:
        return
    report.section("What it says of itself")
    report.table(("evidence", "answer", "what that means"), [*answers(examined.evidence)])
    for line in details(examined.evidence):
        report.text(line)
    report.text(checked_by(examined.evidence.credential))
    report.facts({"file": shown(str(examined.path), 500), "SHA-256": examined.sha256 or "unknown"})


def calibrations(examined: Examined) -> dict[str, Calibration]:
    """What the detectors that answered about a file were calibrated on, by their names."""
    subjects = () if examined.judgement is None else examined.judgement.subjects
    answered = [one for subject in subjects for one in subject.opinions]
    return {one.expert.name: one.score.calibration for one in answered if one.score.calibration is not None}


def add_detectors(report: Report, examiner: Examiner, known: Mapping[str, Calibration]) -> None:
    """Who was asked: what each learnt from, is blind to, and was calibrated on."""
    judge = examiner.judge
    report.section("The detectors")
    for expert in judge.roster.experts:
        calibration = known.get(expert.name)
        facts = [expert.card.summary, f"Learnt from: {expert.card.trained_on}"]
        if calibration is not None:
            facts.append(
                f"Calibrated on: {calibration.data} ({calibration.real} real clips, {calibration.fakes} fakes, "
                f"{calibration.people} people). Its probabilities were off by {calibration.ece_before:.3f} on the mean "
                f"before, and by {calibration.ece_after:.3f} after, on people held out."
            )
        if not expert.judges:
            facts.append("It measures only, and takes no part in the answer.")
        facts += [f"Blind spot: {failure}" for failure in expert.card.known_failures]
        facts += [f"Weights {name}: SHA-256 {digest}" for name, digest in expert.weights.items()]
        told = "".join(f"<li>{html.escape(fact)}</li>" for fact in facts)
        report.fragment(f"<details><summary>{html.escape(expert.name)}</summary><ul>{told}</ul></details>")
    for name, why in judge.roster.left_out.items():
        report.text(f"Not asked: {name}: {shown(why.because, 300)}.")
    fusion = judge.fused_by
    if fusion.weights:
        told = ", ".join(f"{name} {weight:.2f}" for name, weight in fusion.weights.items() if weight)
        report.text(
            f"Together: powers of ten, weighted ({told}) and shifted by {fusion.offset:+.2f}; at most "
            f"{10**fusion.most_log10_lr:.0f} : 1. Fitted on {fusion.data} ({fusion.people} people)."
        )
    else:
        report.text("Together: the mean of the powers of ten of all that count.")


def _figures(pictures: list[Shown], kind: str) -> str:
    markup = "".join(
        f'<figure><img src="{as_data(one.picture)}" alt="{html.escape(one.caption)}">'
        f"<figcaption>{html.escape(one.caption)}</figcaption></figure>"
        for one in pictures
    )
    return f'<div class="row {kind}">{markup}</div>'


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""
