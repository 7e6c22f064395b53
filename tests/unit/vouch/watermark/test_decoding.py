"""Decoding: what is corrected, and that noise is not taken for a mark."""

from __future__ import annotations

import math

import numpy as np
import pytest

from prosopon.vouch.watermark.code import encode
from prosopon.vouch.watermark.decoding import decode
from prosopon.vouch.watermark.lattice import sent
from prosopon.vouch.watermark.mark import Mark
from prosopon.vouch.watermark.significance import LIMIT

MARK = Mark(bytes.fromhex("8badf00d12345678"), 9)


def read_bits(noise: float, seed: int) -> np.ndarray:
    """As they come out of lattices in which the projections moved by this share of a step."""
    moved = noise * np.random.default_rng(seed).standard_normal(sent().size)
    return np.cos(2 * np.pi * (moved + 0.5 * encode(MARK)[sent()])).astype(np.float32)


def test_a_clean_word() -> None:
    decoded = decode(read_bits(0.0, 0), sent())
    assert decoded is not None
    assert (decoded.mark, decoded.errors) == (MARK, 0)
    assert decoded.log_p < -80


@pytest.mark.parametrize("seed", range(6))
def test_noise_that_turns_one_bit_in_fourteen(seed: int) -> None:
    soft = read_bits(0.14, seed)
    wrong = ((soft < 0) != encode(MARK)[sent()]).sum()
    assert wrong >= 6
    decoded = decode(soft, sent(), 3)
    assert decoded is not None
    assert (decoded.mark, decoded.errors) == (MARK, wrong)
    assert decoded.log_p < math.log(LIMIT)


def test_unseen_bits_cost_nothing() -> None:
    soft = read_bits(0.05, 1)
    soft[np.random.default_rng(0).permutation(soft.size)[:80]] = 0.0
    decoded = decode(soft, sent())
    assert decoded is not None
    assert decoded.mark == MARK
    assert decoded.log_p < math.log(LIMIT)


def test_a_higher_order_agrees_at_least_as_well() -> None:
    for seed in range(4):
        found = [decode(read_bits(0.19, seed), sent(), order) for order in (1, 2, 3)]
        chances = [0.0 if one is None else one.log_p for one in found]
        if found[1] is not None and found[2] is not None:
            assert chances[2] <= chances[1] + 1e-6


def test_random_bits_are_no_mark() -> None:
    rng = np.random.default_rng(3)
    for _ in range(200):
        decoded = decode(np.cos(2 * np.pi * rng.random(sent().size)).astype(np.float32), sent())
        assert decoded is None or decoded.log_p > math.log(1e-4)


@pytest.mark.parametrize("value", [0.0, 1.0, -1.0, np.nan])
def test_odd_input(value: float) -> None:
    decoded = decode(np.full(sent().size, value, np.float32), sent())
    assert decoded is None or decoded.log_p == 0.0 or np.isfinite(decoded.log_p)
