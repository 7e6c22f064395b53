"""The scale, its words, and what follows at other base rates."""

from __future__ import annotations

import math

import pytest

from prosopon.core.score import Reason
from prosopon.detect.judging.reasons import _WORDS, FileReason, Why, distinct
from prosopon.detect.judging.verdict import (
    PRIORS,
    Verdict,
    at_prior,
    limit,
    meaning,
    of_hundred,
    posteriors,
    times,
    verdict_of,
)


@pytest.mark.parametrize(
    ("ratio", "word"),
    [(0.01, "no-evidence"), (1.99, "no-evidence"), (2, "weak"), (9.99, "weak"), (10, "moderate"), (99.9, "moderate"),
     (100, "strong"), (1e9, "strong")],
)  # fmt: skip
def test_the_words_of_ratios(ratio: float, word: str) -> None:
    assert verdict_of(math.log10(ratio)) == word
    assert verdict_of(math.log10(ratio)).is_evidence == (word != "no-evidence")


def test_what_follows_at_base_rates() -> None:
    found = posteriors(math.log10(23))
    assert list(found) == ["0.01", "0.1", "0.5"]
    assert found["0.5"] == pytest.approx(23 / 24)
    assert found["0.01"] == pytest.approx(23 / (23 + 99))
    assert posteriors(None) == {"0.01": None, "0.1": None, "0.5": None}
    assert at_prior(math.log10(23), 0.01) == "19 of 100 that measure like this are fakes"
    assert at_prior(-3, 0.01).startswith("fewer than 1 of 100")
    assert at_prior(4, 0.5).startswith("more than 99 of 100")
    assert of_hundred(PRIORS[0]) == "if 1 of 100 such files is a fake"


def test_ratios_in_words() -> None:
    assert times(math.log10(23.4)) == "about 23 times likelier for fakes than for real clips"
    assert times(-math.log10(3)) == "about 3.0 times likelier for real clips than for fakes"
    assert times(0.01) == "about as likely for fakes as for real clips"
    assert times(math.log10(1234)) == "about 1200 times likelier for fakes than for real clips"


def test_every_verdict_says_what_it_means_and_what_it_does_not_prove() -> None:
    for verdict in Verdict:
        assert meaning(verdict).endswith(".")
        assert limit(verdict).endswith(".")
        assert "%" not in meaning(verdict) + limit(verdict)


def test_every_reason_has_words() -> None:
    for reason in (*Reason, *FileReason):
        assert not _WORDS[reason].endswith(".")
        assert Why.of(reason).code == reason.value
    assert distinct([Why("a", "1"), Why("b", "2"), Why("a", "3")]) == (Why("a", "1"), Why("b", "2"))
