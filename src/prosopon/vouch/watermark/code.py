"""The error-correcting code of the mark: BCH(255, 71), of which those bits are sent that the layout has room for.

Bose, Ray-Chaudhuri 1960; Hocquenghem 1959. Two words of the whole code differ in at least 59 bits. What is left out
(punctured) makes them differ in fewer, which the decoder (see `decoding`) need not know about.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from prosopon.vouch.watermark.galois import ORDER, conjugates, minimal_polynomial, product
from prosopon.vouch.watermark.mark import PAYLOAD_BYTES, Mark

LENGTH = ORDER
MESSAGE_BITS = 71
VALID_BITS = 68
"""Payload and kind; the other bits are a checksum, so that 2^68 of the 2^71 words are valid."""

_CORRECTED = 29
"""Errors that bounded-distance decoding of the whole code would correct."""
_CRC = 0b1011
"""x^3 + x + 1."""

Bits = NDArray[np.uint8]


@lru_cache(maxsize=1)
def generator_matrix() -> Bits:
    """`uint8 (71, 255)`, systematic: the last 71 bits of a word are its message."""
    polynomial = [1]
    used: set[int] = set()
    for exponent in range(1, 2 * _CORRECTED, 2):
        if exponent not in used:
            used |= conjugates(exponent)
            polynomial = product(polynomial, minimal_polynomial(exponent))
    degree = len(polynomial) - 1
    modulus = sum(bit << power for power, bit in enumerate(polynomial))
    matrix = np.zeros((MESSAGE_BITS, LENGTH), np.uint8)
    remainder = modulus ^ (1 << degree)  # of x^degree
    for row in range(MESSAGE_BITS):
        matrix[row, :degree] = [remainder >> power & 1 for power in range(degree)]
        matrix[row, degree + row] = 1
        remainder <<= 1
        if remainder >> degree:
            remainder ^= modulus
    return matrix


def encode(mark: Mark) -> Bits:
    """The word of a mark, `uint8 (255,)` of 0 and 1."""
    number = int.from_bytes(mark.payload, "big") << 4 | mark.kind
    number = number << 3 | _checksum(number)
    message = np.array([number >> bit & 1 for bit in range(MESSAGE_BITS)], np.int64)
    return (message @ generator_matrix().astype(np.int64) & 1).astype(np.uint8)


def mark_of(message: Bits) -> Mark | None:
    """The mark of a message `(71,)` of 0 and 1, None where its checksum is wrong."""
    number = sum(int(bit) << position for position, bit in enumerate(message))
    number, checksum = number >> 3, number & 7
    if _checksum(number) != checksum:
        return None
    return Mark((number >> 4).to_bytes(PAYLOAD_BYTES, "big"), number & 15)


def _checksum(number: int) -> int:
    remainder = number << 3
    for bit in range(VALID_BITS + 2, 2, -1):
        if remainder >> bit & 1:
            remainder ^= _CRC << bit - 3
    return remainder
