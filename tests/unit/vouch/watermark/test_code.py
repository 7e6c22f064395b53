"""The code: BCH(255, 71) with a checksum."""

from __future__ import annotations

import numpy as np
import pytest

from prosopon.vouch.watermark.code import LENGTH, MESSAGE_BITS, encode, generator_matrix, mark_of
from prosopon.vouch.watermark.galois import multiply, powers
from prosopon.vouch.watermark.mark import Mark


def random_marks(count: int) -> list[Mark]:
    rng = np.random.default_rng(2)
    return [Mark(rng.bytes(8), int(rng.integers(16))) for _ in range(count)]


def test_words_have_the_roots_of_the_code() -> None:
    for mark in random_marks(5):
        word = encode(mark)
        for exponent in range(1, 59):
            value = 0
            for bit in word[::-1]:
                value = multiply(value, powers()[exponent]) ^ int(bit)
            assert value == 0


def test_the_last_bits_are_the_message() -> None:
    assert np.array_equal(generator_matrix()[:, LENGTH - MESSAGE_BITS :], np.eye(MESSAGE_BITS, dtype=np.uint8))
    for mark in random_marks(20):
        assert mark_of(encode(mark)[LENGTH - MESSAGE_BITS :]) == mark


def test_words_differ_in_at_least_59_bits() -> None:
    words = np.stack([encode(mark) for mark in random_marks(60)])
    distances = [(a != b).sum() for i, a in enumerate(words) for b in words[:i]]
    assert min(distances) >= 59
    one_bit_apart = encode(Mark(bytes(8))) != encode(Mark(bytes(7) + b"\1"))
    assert one_bit_apart.sum() >= 59


@pytest.mark.parametrize("flipped", range(0, MESSAGE_BITS, 5))
def test_the_checksum_sees_any_single_wrong_bit(flipped: int) -> None:
    message = encode(Mark(bytes(range(8)), 5))[LENGTH - MESSAGE_BITS :].copy()
    message[flipped] ^= 1
    assert mark_of(message) is None
