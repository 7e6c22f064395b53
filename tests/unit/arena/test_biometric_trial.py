"""A person's model tried on recordings: chances by hand, intervals over clips, what is left out."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_movements import recorded

from prosopon.arena.biometric_trial import ALL, Trial, trial
from prosopon.core.errors import UsageError
from prosopon.detect.biometric.correlations import windows
from prosopon.detect.biometric.learn import learn
from prosopon.detect.biometric.model import PersonModel
from prosopon.detect.biometric.recording import Recording
from prosopon.detect.learning.figures import auc

DRAWS = 30


@pytest.fixture(scope="module")
def model() -> PersonModel:
    return learn(recorded(1, 18)).model


@pytest.fixture(scope="module")
def tried(model: PersonModel) -> Trial:
    again = recorded(1, 6, seed=9, name="p1 again")
    others = [recorded(2, 6, seed=4), again, recorded(3, 2, name="short")]
    return trial(model, recorded(1, 7, seed=4), others, draws=DRAWS)


def test_others_are_told_apart_and_the_person_is_not(tried: Trial) -> None:
    other, again, together = tried.against
    assert (other.name, again.name, together.name) == ("p2", "p1 again", ALL)
    assert other.auc == 1 and other.auc_of_distance > 0.95
    assert again.low < 0.5 < again.high
    assert again.auc < together.auc < other.auc


def test_it_says_how_much_that_rests_on(tried: Trial) -> None:
    assert tried.same == {"name": "p1", "clips": 7, "seconds": 21.0, "windows": 56, "windows_apart": 2}
    other, _, together = tried.against
    assert (other.clips, other.seconds, other.windows, other.windows_apart) == (6, 18.0, 41, 1)
    assert (together.clips, together.windows, together.windows_apart) == (12, 82, 2)
    assert tried.left_out == ("short",)


def test_intervals_hold_the_figures(tried: Trial) -> None:
    for one in tried.against:
        assert 0 <= one.low <= one.auc + 0.02 and one.auc - 0.05 <= one.high <= 1, one.name
    other, again, together = tried.against
    # Of the same person nothing is certain; drawing people anew adds what they differ by.
    assert again.high - again.low > other.high - other.low
    assert together.low < other.low


def test_the_figure_is_the_auc_of_windows(model: PersonModel, tried: Trial) -> None:
    values = [model.logits(windows(recorded(1, n, seed=seed)).features) for n, seed in ((7, 4), (6, 9))]
    fake = np.repeat([False, True], [len(one) for one in values])
    assert tried.against[1].auc == pytest.approx(auc(np.concatenate(values), fake))


def test_the_same_seed_draws_the_same(model: PersonModel) -> None:
    found = [trial(model, recorded(1, 5, seed=4), [recorded(2, 5)], draws=5, seed=2).as_json() for _ in range(2)]
    assert found[0] == found[1]
    assert [row["name"] for row in found[0]["against"]] == ["p2"]  # one alone is not told twice


@pytest.mark.parametrize("mine", [2, 5])
def test_too_short_recordings_are_refused(model: PersonModel, mine: int) -> None:
    with pytest.raises(UsageError, match=r"p1|every other"):
        trial(model, recorded(1, mine), [recorded(2, 2), Recording("nobody", ())], draws=2)
