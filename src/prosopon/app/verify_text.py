"""What `prosopon verify` says: a line for each kind of evidence, what the credential tells, what it means."""

from __future__ import annotations

from collections.abc import Iterator

from prosopon.vouch.evidence import Evidence
from prosopon.vouch.log.recording import Found
from prosopon.vouch.lookup.report import Answer as Likeness
from prosopon.vouch.manifest.history_text import tree_lines
from prosopon.vouch.manifest.plain_words import source_type_in_words
from prosopon.vouch.manifest.report_text import answers as of_credential
from prosopon.vouch.manifest.report_text import checked_by, detail_lines
from prosopon.vouch.manifest.strangers_text import shown
from prosopon.vouch.watermark.reading import Reading

_LONGEST_LINE = 2000


def lines(evidence: Evidence) -> Iterator[str]:
    """The whole answer; every line is safe to print."""
    for name, answer, words in answers(evidence):
        yield f"{name:<9}  {answer:<9}  {words}"
    yield ""
    yield from declared(evidence)
    yield ""
    report = evidence.credential
    if report.history is not None:
        yield "History, as the signers tell it:"
        yield from tree_lines(report.history)
        yield ""
    yield from details(evidence)
    yield report.meaning
    yield checked_by(report)


def answers(evidence: Evidence) -> Iterator[tuple[str, str, str]]:
    """Of each kind of evidence: its name, a word, and what that means; safe to print."""
    yield from of_credential(evidence.credential)
    if evidence.watermark is not None:
        yield "watermark", *_watermark(evidence.watermark)
    yield "log", *_log(evidence)
    if evidence.lookup is not None:
        yield "look-up", _LIKENESS[evidence.lookup.answer], shown(evidence.lookup.text, _LONGEST_LINE)
    if evidence.recovered is not None:
        found = "copied?" if evidence.is_copied_mark else "found"
        yield "recovered", found, shown(evidence.recovered.text, _LONGEST_LINE)


def declared(evidence: Evidence) -> Iterator[str]:
    """Who says that it is synthetic, one sentence each; what it means that nobody does."""
    for one in evidence.declared:
        yield f"Declared synthetic by its {one.by} ({shown(source_type_in_words(one.source_type))}): {one.strength}."
    if not evidence.declared:
        yield "Nothing here declares it synthetic. That does not show that it is genuine."


def details(evidence: Evidence) -> Iterator[str]:
    """What else is to be known, one sentence each; safe to print."""
    yield from detail_lines(evidence.credential)
    for problem in evidence.problems:
        yield f"Not looked at: {shown(problem, _LONGEST_LINE)}"


_LIKENESS = {
    Likeness.NONE: "no match",
    Likeness.ALIKE: "alike",
    Likeness.SAME: "same",
    Likeness.DIFFERS: "differs",
}


def _watermark(reading: Reading) -> tuple[str, str]:
    mark = reading.mark
    if mark is None:
        why = f": {reading.note}" if reading.note else ""
        return (
            "none",
            f"None of ours can be read{why}. That shows nothing: marks can be removed, and others have others.",
        )
    states = "which somebody put in by hand" if mark.source_type is None else f"which states {mark.source_type}"
    return "found", (
        f"It carries {mark.hex}, {states}. An unmarked picture reads like that with a probability of at most "
        f"{reading.p_value:.0e}; but anybody can write or copy such a mark."
    )


def _log(evidence: Evidence) -> tuple[str, str]:
    if not evidence.logged:
        return "none", "The log of this machine has no entry about it."
    told = [_entry(found, evidence.sha256) for found in evidence.logged]
    own = sum(found.entry.asset == evidence.sha256 for found in evidence.logged)
    return "found" if own else "by mark", " ".join(told)


def _entry(found: Found, sha256: str) -> str:
    about = "exactly this file" if found.entry.asset == sha256 else "a file with this watermark"
    if found.anchor is None:
        when = f"claims {found.entry.time}; only the key of the log says so"
    else:
        when = f"claims {found.entry.time}; others vouch for when it was there"
    return f"Entry {found.index} of {found.origin} is about {about} (proved); it {when}."
