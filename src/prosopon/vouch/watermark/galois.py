"""The field of 256 elements, and polynomials over it as far as BCH codes need them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

ORDER = 255
"""Number of the elements that are not 0; each is a power of the primitive element."""

_PRIMITIVE = 0x11D
"""x^8 + x^4 + x^3 + x^2 + 1, which is primitive."""


@lru_cache(maxsize=1)
def powers() -> tuple[int, ...]:
    """The powers 0 to 254 of the primitive element, each an integer whose bits are its coefficients."""
    found = [1]
    while len(found) < ORDER:
        doubled = found[-1] << 1
        found.append(doubled ^ _PRIMITIVE if doubled & 0x100 else doubled)
    return tuple(found)


@lru_cache(maxsize=1)
def _logarithms() -> dict[int, int]:
    return {element: exponent for exponent, element in enumerate(powers())}


def multiply(a: int, b: int) -> int:
    """The product of two elements."""
    if not a or not b:
        return 0
    logarithms = _logarithms()
    return powers()[(logarithms[a] + logarithms[b]) % ORDER]


def product(a: Sequence[int], b: Sequence[int]) -> list[int]:
    """The product of two polynomials, coefficients with the constant first."""
    result = [0] * (len(a) + len(b) - 1)
    for i, one in enumerate(a):
        for j, other in enumerate(b):
            result[i + j] ^= multiply(one, other)
    return result


def conjugates(exponent: int) -> frozenset[int]:
    """The exponents of the roots that a polynomial with coefficients 0 and 1 has together with this one."""
    found = set()
    while exponent not in found:
        found.add(exponent)
        exponent = 2 * exponent % ORDER
    return frozenset(found)


def minimal_polynomial(exponent: int) -> list[int]:
    """The smallest polynomial with coefficients 0 and 1 that has this power of the primitive element as a root."""
    polynomial = [1]
    for one in sorted(conjugates(exponent)):
        polynomial = product(polynomial, [powers()[one], 1])
    return polynomial
