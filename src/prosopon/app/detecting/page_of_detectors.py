"""What a page says of the detectors themselves: what each learnt from, is blind to, and was calibrated on."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping

from prosopon.app.detecting.examine import Examined, Examiner
from prosopon.app.report import Report
from prosopon.core.calibration import Calibration
from prosopon.detect.judging.roster import Expert
from prosopon.vouch.manifest.strangers_text import shown


def calibrations(examined: Examined) -> dict[str, Calibration]:
    """What the detectors that answered about a file were calibrated on, by their names."""
    subjects = () if examined.judgement is None else examined.judgement.subjects
    answered = [one for subject in subjects for one in subject.opinions]
    return {one.expert.name: one.score.calibration for one in answered if one.score.calibration is not None}


def add_detectors(report: Report, examiner: Examiner, known: Mapping[str, Calibration]) -> None:
    """Put it onto a page.

    Args:
        report: the page.
        examiner: who asked them.
        known: see `calibrations`.
    """
    judge = examiner.judge
    report.section("The detectors")
    for expert in judge.roster.experts:
        told = "".join(f"<li>{html.escape(fact)}</li>" for fact in _facts(expert, known.get(expert.name)))
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


def _facts(expert: Expert, calibration: Calibration | None) -> Iterator[str]:
    yield expert.card.summary
    yield f"Learnt from: {expert.card.trained_on}"
    if calibration is not None:
        yield (
            f"Calibrated on: {calibration.data} ({calibration.real} real clips, {calibration.fakes} fakes, "
            f"{calibration.people} people). Its probabilities were off by {calibration.ece_before:.3f} on the mean "
            f"before, and by {calibration.ece_after:.3f} after, on people held out."
        )
    if not expert.judges:
        yield "It measures only, and takes no part in the answer."
    yield from (f"Blind spot: {failure}" for failure in expert.card.known_failures)
    yield from (f"Weights {name}: SHA-256 {digest}" for name, digest in expert.weights.items())
