"""The field of 256 elements."""

from __future__ import annotations

from prosopon.vouch.watermark.galois import ORDER, conjugates, minimal_polynomial, multiply, powers, product


def test_powers_are_all_elements() -> None:
    assert sorted(powers()) == list(range(1, 256))
    assert powers()[8] == 0x1D  # x^8 = x^4 + x^3 + x^2 + 1


def test_multiplication_is_that_of_polynomials() -> None:
    def slowly(a: int, b: int) -> int:
        result = 0
        for bit in range(8):
            if b >> bit & 1:
                result ^= a << bit
        for bit in range(14, 7, -1):
            if result >> bit & 1:
                result ^= 0x11D << bit - 8
        return result

    assert all(multiply(a, b) == slowly(a, b) for a in range(0, 256, 7) for b in range(256))


def test_minimal_polynomials_have_their_roots_and_plain_coefficients() -> None:
    for exponent in (0, 1, 3, 17, 85):
        polynomial = minimal_polynomial(exponent)
        assert set(polynomial) <= {0, 1}
        assert len(polynomial) == len(conjugates(exponent)) + 1
        for root in conjugates(exponent):
            value = 0
            for coefficient in reversed(polynomial):
                value = multiply(value, powers()[root]) ^ coefficient
            assert value == 0


def test_all_minimal_polynomials_multiply_to_the_polynomial_of_the_field() -> None:
    seen: set[int] = set()
    total = [1]
    for exponent in range(ORDER):
        if exponent not in seen:
            seen |= conjugates(exponent)
            total = product(total, minimal_polynomial(exponent))
    assert total == [1] + [0] * (ORDER - 1) + [1]  # x^255 - 1
