"""What `prosopon evaluate detect` tells on the console, and the tables that its page has as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from prosopon.app.console import Console
from prosopon.arena.detection.evaluation import ACCUSED, Evaluation
from prosopon.arena.detection.figures import CHANCE, Row
from prosopon.arena.detection.heard import WHOLE
from prosopon.arena.detection.parts import ALL
from prosopon.detect.judging.verdict import Verdict

LIMITS = (
    "These figures are of these videos. On fakes by generators that a detector has not learnt from, and on files that "
    "went through other hands, all detectors do worse, and none of them tells that of itself. A value is no "
    "probability; a ratio is as good as what it was calibrated on."
)
MAIN_HEAD = (
    "detector", "answered", "video AUC", "found only", "frame AUC", "EER", "AP", "TPR at 1 %", "TPR at 5 %",
)  # fmt: skip
WORTH_HEAD = (
    "detector",
    "log-loss",
    "Brier",
    "ECE before",
    "after",
    "by chance",
    "Cllr",
    "least",
    "AURC",
    "errors at 50 %",
)
WORDS_HEAD = ("detector", "of", "strong", "moderate", "weak", "no evidence", "declined", "accused (95 %)")
_FIRST = ("video_auc", "video_auc_found", "frame_auc", "eer", "ap", "tpr_at_fpr_0.01", "tpr_at_fpr_0.05")
_SECOND = (
    "log_loss", "brier", "ece", "ece_calibrated", "ece_by_chance", "cllr", "cllr_least", "aurc", "risk_at_half",
)  # fmt: skip


def tell(found: Evaluation, console: Console) -> None:
    """All tables on the console."""
    about = found.data.about()
    console.say(
        f"{found.data.name} ({found.data.layout}): {about['real']} real, {about['fakes']} fakes, "
        f"{people_told(about)}; positive class: fake"
    )
    for note in found.data.notes:
        console.note(note)
    for under in found.unders:
        console.say(f"under {under}: {faces_told(found, under)}")
        console.table(MAIN_HEAD, main_rows(found, under))
        console.table(WORTH_HEAD, worth_rows(found, under))
        console.table(WORDS_HEAD, words_rows(found, under))
        if found.declined[under]:
            console.say(f"the whole tool declined: {reasons_told(found.declined[under])}")
    for part in domains_of(found):
        console.say(f"of these {part}, under {found.unders[0]}:")
        console.table(WORDS_HEAD, words_rows(found, found.unders[0], part))
    head, rows = generator_rows(found)
    if rows:
        console.say("AUC by what is compared with the real ones of the same kind:")
        console.table(head, rows)
    for name, why in found.unasked.items():
        console.note(f"{name} is not measured: {why}")
    console.say(LIMITS)


def main_rows(found: Evaluation, under: str, part: str = ALL) -> list[tuple[object, ...]]:
    """How well each tells fakes from real ones."""
    return [
        (row.name, f"{100 * row.coverage:.0f} %", *(row.told(figure) for figure in _FIRST))
        for row in _rows(found, under, part)
    ]


def worth_rows(found: Evaluation, under: str) -> list[tuple[object, ...]]:
    """What the values of each are worth."""
    return [(row.name, *(row.told(figure) for figure in _SECOND)) for row in _rows(found, under, ALL)]


def words_rows(found: Evaluation, under: str, part: str = ALL) -> list[tuple[object, ...]]:
    """What each said of real videos and of fakes."""
    rows: list[tuple[object, ...]] = []
    for row in _rows(found, under, part):
        if row.name == CHANCE:
            continue
        for kind, what in (("real", "real"), ("fake", "fakes")):
            counts = row.words[kind]
            if not sum(counts.values()):
                continue
            told = (counts[word.value] for word in (*reversed(ACCUSED), Verdict.NO_EVIDENCE, Verdict.INCONCLUSIVE))
            rows.append((row.name, f"{sum(counts.values())} {what}", *told, row.share(kind, *ACCUSED).told))
    return rows


def generator_rows(found: Evaluation) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """AUC of each on every part of the videos after every degradation."""
    parts = [row for row in found.rows if row.name == WHOLE and row.under == found.unders[0] and row.part != ALL]
    head = ("detector", "under", *(f"{row.part} ({row.fakes})" for row in parts))
    rows: list[tuple[object, ...]] = [
        (name, under, *(found.row(name, under, part.part).told("video_auc") for part in parts))
        for name in found.names
        for under in found.unders
    ]
    return head, rows if parts else []


def domains_of(found: Evaluation) -> list[str]:
    """Kinds of material, where there are several."""
    return list(dict.fromkeys(row.part for row in found.rows if row.kind == "domain"))


def _rows(found: Evaluation, under: str, part: str) -> list[Row]:
    rows = [row for row in found.rows if row.under == under and row.part == part]
    return sorted(rows, key=lambda row: (row.name == WHOLE, row.name != CHANCE))


def people_told(about: Mapping[str, Any]) -> str:
    """How many people there are, as far as that is known."""
    unknown = about["without_people"]
    told = f"{about['people']} people"
    return told if not unknown else f"{told}, and nobody knows who is in {unknown} videos: each counts as somebody else"


def faces_told(found: Evaluation, under: str) -> str:
    """In how many videos somebody was found."""
    faces = found.faces[under]
    told = f"a face in {faces.real.hits} of {faces.real.of} real videos and {faces.fake.hits} of {faces.fake.of} fakes"
    return f"{told}; {faces.unreadable} could not be read" if faces.unreadable else told


def reasons_told(declined: Mapping[str, int]) -> str:
    """Codes of reasons, the most frequent first."""
    return ", ".join(f"{code} {count}" for code, count in _by_count(declined))


def _by_count(counts: Mapping[str, int]) -> Sequence[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: -item[1])
