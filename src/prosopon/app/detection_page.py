"""The page of `prosopon evaluate detect`: tables, ROC, reliability and risk over coverage, limits first."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from prosopon.app.detection_tables import (
    LIMITS,
    MAIN_HEAD,
    WORDS_HEAD,
    WORTH_HEAD,
    domains_of,
    faces_told,
    generator_rows,
    main_rows,
    people_told,
    reasons_told,
    words_rows,
    worth_rows,
)
from prosopon.app.heat_map import Heat, heat_map
from prosopon.app.report import Report
from prosopon.app.unit_square import Line, unit_square
from prosopon.arena.detection import published
from prosopon.arena.detection.evaluation import Evaluation
from prosopon.arena.detection.figures import Row
from prosopon.arena.detection.heard import WHOLE, Heard, risk_of
from prosopon.arena.detection.parts import ALL
from prosopon.arena.detection.probabilities import balanced, probability_at_even_odds, reliability
from prosopon.arena.detection.ranking import Ranking

HOW = (
    "A fake is 1. AUC: the chance that a fake has the higher value, ties counting half; of videos, with 0.5 for those "
    "without an answer, then without these, then of single frames. EER: where as many real ones are accused as fakes "
    "missed, the ROC's vertices being joined by straight lines. AP depends on the share of fakes, which is what chance "
    "has. TPR: fakes found while accusing at most 1 % or 5 % of the real ones. In brackets: between what 95 % of "
    "resamplings lie when people, not videos, are drawn anew."
)
WORTH = (
    "Log-loss and Brier score are of the values as they are; of a constant 0.5 they are 0.693 and 0.25. Calibration "
    "error (10 bins, fakes and real ones weighing the same) is before and after calibration; by chance: what so few "
    "videos would have if every probability were exactly right. Cllr is what the ratios cost in bits, 1 being what "
    "saying nothing costs; least: if only their order counted. AURC: mean share of errors over all shares of videos "
    "that are decided, the surest first; 0.5 is chance."
)
WORDS_TOLD = (
    "What is said of real videos and of fakes: strong, moderate and weak evidence from ratios of 100, 10 and 2. "
    "Declined: no answer, or none that would be taken as evidence. The whole tool also declines where its answer "
    "changes as the pictures are compressed, resized, cropped or blurred, and where detectors contradict each other."
)
_CURVES_OF = 10
_RISK_SHOWN = 0.6


def write_page(path: Path, found: Evaluation, facts: Mapping[str, Any]) -> None:
    """Write the page.

    Args:
        path: of the page.
        found: what was measured.
        facts: how: detectors, weights, face finder.
    """
    about = found.data.about()
    page = Report(f"Detectors, measured on {found.data.name}", LIMITS)
    page.facts({
        "data set": f"{found.data.name} ({found.data.layout})",
        "videos": f"{about['real']} real, {about['fakes']} fakes", "people": people_told(about),
        "generators": ", ".join(about["generators"]),
        **{name: str(value) for name, value in facts.items()},
    })  # fmt: skip
    for note in found.data.notes:
        page.text(f"Note: {note}.")
    for name, why in found.unasked.items():
        page.text(f"Not measured: {name}, {why}.")
    page.section("How to read it", HOW)
    for under in found.unders:
        page.section(f"As they are: {under}" if under == "none" else f"Degraded: {under}", faces_told(found, under))
        page.table(MAIN_HEAD, main_rows(found, under))
        page.svg(*_drawings(found, under))
    _generators(page, found)
    page.section("What values and ratios are worth", WORTH)
    for under in found.unders:
        page.text(f"Under {under}:")
        page.table(WORTH_HEAD, worth_rows(found, under))
    page.section("What would be said", WORDS_TOLD)
    for under in found.unders:
        page.text(f"Under {under}; the whole tool declined: {reasons_told(found.declined[under]) or 'never'}.")
        page.table(WORDS_HEAD, words_rows(found, under))
    for part in domains_of(found):
        page.text(f"Of these {part}, under {found.unders[0]}:")
        page.table(WORDS_HEAD, words_rows(found, found.unders[0], part))
    page.section("Reliability, bin by bin", "Values of the whole tool at even odds, beside what they came to.")
    for under in found.unders:
        page.table(("under", "from", "to", "videos", "mean value", "share of fakes"), _bins(found, under))
    page.section("Published by others", published.NOTE)
    page.table(published.HEAD, published.table())
    page.text(published.WILD)
    page.write(path)


def _generators(page: Report, found: Evaluation) -> None:
    parts = [row.part for row in found.rows if row.name == WHOLE and row.under == found.unders[0] and row.part != ALL]
    if not parts:
        return
    page.section(
        "By generator and kind of material",
        "AUC against the real ones of the same kind: 0.5 is chance. The fuller the colour, the farther above it. Which "
        "generators a detector has learnt from stands on its card.",
    )
    columns = ["\n".join((*part.split(), under)) for part in parts for under in found.unders]
    rows = {
        name: [_heat(found.row(name, under, part)) for part in parts for under in found.unders] for name in found.names
    }
    page.svg(heat_map("AUC of videos", columns, rows))
    page.table(*generator_rows(found))


def _heat(row: Row) -> Heat | None:
    figure = row.figures["video_auc"]
    if not np.isfinite(figure.value):
        return None
    about = f"{row.name}, {row.part}, {row.under}: {figure.told}, {row.fakes} fakes, {row.real} real"
    return Heat(f"{figure.value:.2f}", 2 * (figure.value - 0.5), is_bold=row.name == WHOLE, about=about)


def _drawings(found: Evaluation, under: str) -> list[str]:
    best = sorted(
        (name for name in found.names if name != WHOLE and found.heard[name, under].answered.any()),
        key=lambda name: -_finite(found.row(name, under).figures["video_auc"].value),
    )
    names = [*best[:_CURVES_OF], WHOLE]
    heard = {name: found.heard[name, under] for name in names}
    made = (
        ("ROC", "real ones accused", "fakes found", {name: _roc(one) for name, one in heard.items()}, True, 1.0),
        (
            "Reliability at even odds", "probability said", "share of fakes",
            {name: _reliable(one) for name, one in heard.items()}, True, 1.0,
        ),
        (
            "Risk over coverage", "share that is decided, the surest first", "errors",
            {name: _risk(one) for name, one in heard.items()}, False, _RISK_SHOWN,
        ),
    )  # fmt: skip
    return [
        unit_square(
            title, across, up,
            {name: Line(line.points, line.sizes, name == WHOLE) for name, line in lines.items()},
            diagonal=diagonal, most=most,
        )
        for title, across, up, lines, diagonal, most in made
        if any(line.points for line in lines.values())
    ]  # fmt: skip


def _finite(value: float) -> float:
    return value if np.isfinite(value) else 0.0


def _roc(heard: Heard) -> Line:
    ranking = Ranking(heard.labels, heard.filled)
    return Line([*zip(ranking.alarms[0].tolist(), ranking.hits[0].tolist(), strict=True)])


def _reliable(heard: Heard) -> Line:
    there = np.isfinite(heard.log10_lrs)
    if not there.any():
        return Line(())
    labels = heard.labels[there]
    rows = reliability(labels, probability_at_even_odds(heard.log10_lrs[there]), balanced(labels))
    filled = [row for row in rows if row.weight > 0]
    return Line([(row.expected, row.seen) for row in filled], [row.weight for row in filled])


def _risk(heard: Heard) -> Line:
    risk = risk_of(heard)
    return Line([*zip(risk.coverage.tolist(), risk.risk.tolist(), strict=True)])


def _bins(found: Evaluation, under: str) -> list[tuple[object, ...]]:
    heard = found.heard[WHOLE, under]
    there = np.isfinite(heard.log10_lrs)
    rows = reliability(heard.labels[there], probability_at_even_odds(heard.log10_lrs[there]))
    return [
        (under, f"{row.low:.1f}", f"{row.high:.1f}", row.items, f"{row.expected:.3f}", f"{row.seen:.3f}")
        for row in rows
        if row.items
    ]
