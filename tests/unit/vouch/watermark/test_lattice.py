"""One bit in each block."""

from __future__ import annotations

import numpy as np

from prosopon.vouch.watermark.code import encode
from prosopon.vouch.watermark.lattice import (
    POSITIONS,
    STEP,
    concentration,
    moves,
    project,
    sent,
    soften,
    spread,
)  # fmt: skip
from prosopon.vouch.watermark.mark import Mark

WORD = encode(Mark(bytes(range(8)), 1))


def host() -> np.ndarray:
    return (3 * np.random.default_rng(0).standard_normal(POSITIONS)).astype(np.float32)


def test_spreading_and_projecting_are_inverse() -> None:
    assert np.allclose(project(spread(host())), host(), atol=1e-5)


def test_after_the_move_every_bit_reads_as_it_should() -> None:
    moved = host() + moves(host(), WORD)
    assert np.allclose(soften(moved), 1 - 2.0 * WORD[sent()], atol=1e-4)
    assert np.abs(moves(host(), WORD)).max() <= STEP / 2 + 1e-5
    assert np.abs(moves(moved, WORD)).max() < 1e-4


def test_half_a_step_turns_the_bit_and_a_whole_one_does_not() -> None:
    assert np.allclose(soften(host() + STEP / 2), -soften(host()), atol=1e-4)
    assert np.allclose(soften(host() + STEP), soften(host()), atol=1e-4)


def test_the_fit_tells_marked_from_unmarked_and_does_not_know_the_bits() -> None:
    moved = host() + moves(host(), WORD)
    other = host() + moves(host(), 1 - WORD)
    assert concentration(moved) > 0.999
    assert concentration(other) > 0.999
    assert abs(concentration(host())) < 0.2


def test_the_fit_of_several_at_once_and_with_weights() -> None:
    moved = host() + moves(host(), WORD)
    both = np.stack([moved, host()])
    fits = concentration(both)
    assert fits.shape == (2,)
    weights = np.zeros(POSITIONS, np.float32)
    weights[:10] = 1.0
    spoilt = moved.copy()
    spoilt[10:] = host()[10:]
    assert concentration(spoilt, weights) > 0.999
    assert np.isfinite(concentration(moved, np.zeros(POSITIONS, np.float32)))


def test_blocks_carry_different_bits() -> None:
    assert len(set(sent().tolist())) == POSITIONS
