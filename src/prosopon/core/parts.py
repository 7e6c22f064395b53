"""`Part`: what a pixel of a face picture shows. The values are the indices of part maps and never change."""

from __future__ import annotations

from enum import IntEnum


class Part(IntEnum):
    """What a pixel shows, as stored in part maps (`uint8`): of renderings, and of what a parser saw."""

    BACKGROUND = 0
    SKIN = 1
    BROW = 2
    EYE = 3
    """White of the eye; the coloured part is `IRIS`."""
    NOSE = 4
    LIP = 5
    MOUTH = 6
    """Inside of the mouth: teeth, tongue, dark."""
    HAIR = 7
    EAR = 8
    NECK = 9
    GLASSES = 10
    CLOTHES = 11
    BEARD = 12
    """Beard and moustache dense enough to hide the skin."""
    IRIS = 13
    """Iris and pupil."""


PALETTE = (
    (24, 24, 28), (232, 190, 160), (110, 62, 30), (255, 255, 255), (244, 150, 110), (214, 50, 80), (110, 0, 30),
    (84, 60, 160), (255, 205, 70), (150, 130, 200), (0, 0, 0), (60, 120, 170), (90, 90, 60), (30, 170, 120),
)  # fmt: skip
"""Colours (RGB, 0 to 255) in which part maps are shown; they carry no meaning."""
