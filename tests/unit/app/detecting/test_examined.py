"""What a file says of itself, beside what detectors say of it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from prosopon.app.detecting.examine import Examined
from prosopon.core.clip import Clip
from prosopon.core.score import Reason
from prosopon.detect.judging.judge import Judgement
from prosopon.detect.judging.reasons import FileReason, Why
from prosopon.detect.judging.verdict import Verdict
from prosopon.vouch.evidence import Declaration

CLIP = Clip.still(np.zeros((4, 4, 3), np.uint8))


def examined(verdict: Verdict, *declared_by: str, broken: bool = False, copied: bool = False) -> Examined:
    evidence: Any = SimpleNamespace(
        declared=tuple(Declaration(by, "x", f"the worth of a {by}") for by in declared_by),
        credential=SimpleNamespace(is_bad=broken),
        is_copied_mark=copied,
    )
    reasons = (Why.of(Reason.NO_FACE),) if verdict is Verdict.INCONCLUSIVE else ()
    log10_lr = None if verdict is Verdict.INCONCLUSIVE else 0.5 if verdict.is_evidence else -0.5
    return Examined(Path("x"), CLIP, evidence, Judgement(verdict, reasons, log10_lr))


def codes(found: Examined) -> list[str]:
    return [why.code for why in found.reasons]


@pytest.mark.parametrize("by", ["credential", "recovered credential", "watermark", "XMP metadata"])
def test_whoever_declares_it_is_believed_before_detectors(by: str) -> None:
    found = examined(Verdict.NO_EVIDENCE, by)
    assert found.verdict is Verdict.DECLARED
    assert codes(found) == [f"declared-by-{by.replace(' ', '-').lower()}"]
    assert found.reasons[0].because == f"the worth of a {by}"
    assert found.exceeds(1.0)


def test_a_copied_watermark_is_worth_nothing() -> None:
    found = examined(Verdict.NO_EVIDENCE, "watermark", copied=True)
    assert (found.verdict, found.declared_by, codes(found)) == (Verdict.NO_EVIDENCE, (), ["copied-watermark"])
    assert examined(Verdict.NO_EVIDENCE, "credential", "watermark", copied=True).verdict is Verdict.DECLARED


@pytest.mark.parametrize("verdict", [Verdict.WEAK, Verdict.STRONG, Verdict.INCONCLUSIVE])
def test_a_broken_credential_is_told_and_no_declaration(verdict: Verdict) -> None:
    found = examined(verdict, "credential", broken=True)
    assert found.verdict is verdict
    assert codes(found)[0] == "credential-broken"


def test_a_broken_credential_that_says_synthetic_leaves_no_room_for_nothing_found() -> None:
    found = examined(Verdict.NO_EVIDENCE, "credential", broken=True)
    assert (found.verdict, found.log10_lr) == (Verdict.INCONCLUSIVE, None)
    assert examined(Verdict.NO_EVIDENCE, broken=True).verdict is Verdict.NO_EVIDENCE


def test_limits_are_about_what_is_said() -> None:
    assert examined(Verdict.WEAK).exceeds(0.7)
    assert not examined(Verdict.WEAK).exceeds(0.8)
    assert not examined(Verdict.INCONCLUSIVE).exceeds(0.0)
    assert not Examined(Path("x"), problem=Why.of(FileReason.UNREADABLE)).exceeds(0.0)


def test_what_was_not_examined_says_so() -> None:
    declared = examined(Verdict.WEAK, "credential")
    assert codes(Examined(Path("x"), CLIP, declared.evidence)) == ["declared-by-credential"]
    bare = examined(Verdict.WEAK)
    assert codes(Examined(Path("x"), CLIP, bare.evidence)) == ["not-examined"]
    unreadable = Examined(Path("x"), problem=Why.of(FileReason.UNREADABLE))
    assert (unreadable.verdict, codes(unreadable)) == (Verdict.INCONCLUSIVE, ["unreadable"])
