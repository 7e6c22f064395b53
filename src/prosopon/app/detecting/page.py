"""The page of `prosopon detect`: the answer and what it is worth, who said what, where, and what they are blind to."""

from __future__ import annotations

import html
from pathlib import Path

from prosopon.app.detecting.drawing import overview
from prosopon.app.detecting.examine import Examined, Examiner
from prosopon.app.detecting.page_of_detectors import add_detectors, calibrations
from prosopon.app.detecting.page_of_subject import add_subject, figures
from prosopon.app.detecting.page_style import STYLE
from prosopon.app.detecting.words import HEADINGS, base_rates, because, measured, says
from prosopon.app.report import Report
from prosopon.app.verify_text import answers, details
from prosopon.core.calibration import Calibration
from prosopon.detect.judging.judge import Judge
from prosopon.detect.judging.verdict import Verdict, limit, meaning
from prosopon.train.runfile import versions
from prosopon.vouch.manifest.report_text import checked_by
from prosopon.vouch.manifest.strangers_text import shown

_FOOTER = (
    "A detector compares; it does not know. Its answer is about fakes of the kinds that it was calibrated on, and says "
    "nothing of others. A heat map shows where a net looked, not what was changed. A credential that holds is worth "
    "more than any of this; that there is none shows nothing."
)
_SCALE = "Weak evidence begins at 2 : 1, moderate at 10 : 1, strong at 100 : 1."


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
        add_detection(part, examined, self._examiner.judge)
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
        report.fragment("", STYLE)
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


def add_detection(report: Report, examined: Examined, judge: Judge) -> None:
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
        report.fragment(figures([whole], "whole"))
    for subject in judgement.subjects:
        add_subject(report, subject, (0.0, examined.end_s), judge.weighs, declared=declared)


def verdict_box(examined: Examined, *, beside: bool = False) -> str:
    """The answer and its reasons, as markup.

    Args:
        examined: what was found.
        beside: whether what the file says of itself stands elsewhere.
    """
    by = " and its ".join(one.by for one in examined.declared_by)
    before = ([f"Declared by its {by}."] if by else []) if beside else [*says(examined)]
    before.append(meaning(examined.verdict))
    told = "".join(f"<p>{html.escape(said)}</p>" for said in before)
    told += "".join(f'<p class="reason">{html.escape(why)}</p>' for why in because(examined))
    told += f"<p>{html.escape(limit(examined.verdict))}</p>"
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
    part = f" of {len(clip)}, in stretches," if len(clip) > looked.n_frames else ""
    found = f"{looked.n_looked} of them searched for faces; {looked.n_with_faces} show one"
    return f"{looked.n_frames} frames{part} were read, and {found}. {people}{rest}."


def _add_provenance(report: Report, examined: Examined) -> None:
    if examined.evidence is None:
        return
    report.section("What it says of itself")
    report.table(("evidence", "answer", "what that means"), [*answers(examined.evidence)])
    lines = [*details(examined.evidence), checked_by(examined.evidence.credential)]
    told = "".join(f"<p>{html.escape(line)}</p>" for line in lines)
    report.fragment(f"<details><summary>How that was checked, and further details</summary>{told}</details>")
    report.facts({"file": shown(str(examined.path), 500), "SHA-256": examined.sha256 or "unknown"})
