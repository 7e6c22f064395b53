"""The quantisation tables of JPEG's standard, scaled by quality as libjpeg scales them."""

from __future__ import annotations

from functools import cache

# ITU-T T.81, annex K.1: steps of the 64 frequencies, from low to high along rows and columns.
_BRIGHTNESS = (
    16, 11, 10, 16, 24, 40, 51, 61,
    12, 12, 14, 19, 26, 58, 60, 55,
    14, 13, 16, 24, 40, 57, 69, 56,
    14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77,
    24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101,
    72, 92, 95, 98, 112, 100, 103, 99,
)  # fmt: skip
_COLOUR = (
    17, 18, 24, 47, 99, 99, 99, 99,
    18, 21, 26, 66, 99, 99, 99, 99,
    24, 26, 56, 99, 99, 99, 99, 99,
    47, 66, 99, 99, 99, 99, 99, 99,
    *(99,) * 32,
)  # fmt: skip


@cache
def quantisation(quality: int, *, colour: bool) -> tuple[int, ...]:
    """The 64 steps, row by row, that a quality of 1 to 100 stands for.

    libjpeg takes the tables as they are for 50, divides them by (50 / q) below and shrinks them in a straight line to
    1 above; steps stay within 1 and 255.
    """
    percent = 5000 // quality if quality < 50 else 200 - 2 * quality
    return tuple(min(255, max(1, (step * percent + 50) // 100)) for step in (_COLOUR if colour else _BRIGHTNESS))
