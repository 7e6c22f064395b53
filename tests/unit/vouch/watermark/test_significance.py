"""The p-value: never below the truth where that can be computed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from prosopon.vouch.watermark.code import VALID_BITS
from prosopon.vouch.watermark.significance import log_p_value


def first_wrong(count: int, errors: int) -> np.ndarray:
    return np.arange(count) < errors


@pytest.mark.parametrize(("count", "errors"), [(196, 0), (196, 10), (196, 25), (255, 29), (120, 3)])
def test_for_equal_bits_it_bounds_the_ball(count: int, errors: int) -> None:
    exact = math.log(sum(math.comb(count, wrong) for wrong in range(errors + 1))) - count * math.log(2)
    exact += VALID_BITS * math.log(2)
    bound = log_p_value(np.ones(count), first_wrong(count, errors), 1)
    assert exact - 1e-9 <= bound <= exact + 4.0


def test_every_window_counts() -> None:
    one = log_p_value(np.ones(196), first_wrong(196, 5), 1)
    many = log_p_value(np.ones(196), first_wrong(196, 5), 1000)
    assert many == pytest.approx(one + math.log(1000))


def test_scale_does_not_matter_and_unseen_bits_count_nothing() -> None:
    rng = np.random.default_rng(0)
    clarity, wrong = rng.random(150), first_wrong(150, 4)
    found = log_p_value(clarity, wrong, 1)
    assert log_p_value(7.0 * clarity, wrong, 1) == pytest.approx(found, abs=1e-3)
    more = np.concatenate([clarity, np.zeros(50)]), np.concatenate([wrong, np.ones(50, bool)])
    assert log_p_value(*more, 1) == pytest.approx(found, abs=1e-2)


def test_the_bound_holds_for_unequal_bits() -> None:
    """Against a simulation of one word, where the probability is large enough to be seen."""
    rng = np.random.default_rng(1)
    clarity = rng.random(40)
    random_bits = rng.random((200_000, 40)) < 0.5
    disagreement = (clarity * random_bits).sum(axis=1)
    for wrong in (first_wrong(40, 8), first_wrong(40, 12)):
        share = (disagreement <= clarity[wrong].sum()).mean()
        assert 0.0 < share <= math.exp(log_for_one_word(clarity, wrong))


def log_for_one_word(clarity: np.ndarray, wrong: np.ndarray) -> float:
    """The bound without the number of words: certain bits that are all right make the whole so small that it can be
    told, and are taken out again."""
    certain = np.concatenate([clarity, np.full(400, 1e3)])
    right = np.concatenate([wrong, np.zeros(400, bool)])
    return log_p_value(certain, right, 1) - (VALID_BITS - 400) * math.log(2)


@pytest.mark.parametrize("clarity", [np.zeros(10), np.full(10, np.nan), np.full(10, np.inf)])
def test_nothing_seen_proves_nothing(clarity: np.ndarray) -> None:
    assert log_p_value(clarity, first_wrong(10, 0), 1) == 0.0


def test_noise_proves_nothing() -> None:
    assert log_p_value(np.ones(196), first_wrong(196, 98), 1) == 0.0
    assert log_p_value(np.ones(196), first_wrong(196, 60), 1) == 0.0
