"""Codes of reasons and verdicts, which programs read: each has words, and stands in the documentation."""

from __future__ import annotations

from pathlib import Path

import pytest

from prosopon.core.score import Reason
from prosopon.detect.judging.reasons import FileReason, Why, distinct
from prosopon.detect.judging.verdict import Verdict

DOCUMENT = Path(__file__).parents[4] / "docs" / "detection.md"


@pytest.mark.parametrize("code", [*Reason, *FileReason])
def test_every_reason_has_words_and_is_documented(code: Reason | FileReason) -> None:
    assert Why.of(code).because
    assert f"`{code.value}`" in DOCUMENT.read_text(encoding="utf-8")


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_is_documented(verdict: Verdict) -> None:
    assert f"`{verdict.value}`" in DOCUMENT.read_text(encoding="utf-8")


def test_a_code_is_told_once_with_its_first_words() -> None:
    first, second = Why.of(Reason.FAILED, "a failed"), Why.of(Reason.FAILED, "b failed")
    assert distinct([first, second, Why.of(Reason.NO_FACE)]) == (first, Why.of(Reason.NO_FACE))
