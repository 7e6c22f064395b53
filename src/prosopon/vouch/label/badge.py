"""The visible mark of synthetic pictures: the word SYNTHETIC on a plate in a corner, legible on any background."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from prosopon.core.clip import Clip, Frame
from prosopon.core.faces import Box
from prosopon.core.history import Parent, Relationship, Step

BADGE_TEXT = "SYNTHETIC"
"""What the badge says."""

# White on black within a white line: the plate brings its own contrast, whatever lies below and around it.
_PLATE, _TEXT = (0, 0, 0), (255, 255, 255)
_HEIGHT_SHARE = 0.1
"""Height of the plate as a share of the picture's shorter side. The letters are then half as high, 5 % of that side,
which the Chinese measures for labelling synthetic content (GB 45438-2025) ask for; others ask for less."""
_LEAST_HEIGHT_PX = 14
"""Smaller letters cannot be read."""
_MOST_OF_WIDTH = 0.9
_MOST_OF_HEIGHT = 0.5
"""In small pictures the plate takes no more than this of either side, and the letters get smaller with it."""
_LETTERS_SHARE = 0.68
"""Size of the letters as a share of the plate's height."""


def badge(frame: Frame) -> Frame:
    """A copy of a frame that carries the mark in its lower right corner.

    Doing it twice changes nothing more. The smallest frame whose mark can still be read is about 64 pixels wide;
    in smaller ones it is a plate without readable letters.

    Args:
        frame: `uint8 (H, W, 3)` RGB.

    Returns:
        `uint8 (H, W, 3)`.
    """
    height, width = frame.shape[:2]
    plate = _plate(width, height)
    left, top, right, bottom = map(int, badge_box(width, height))
    marked = np.array(frame)
    marked[top:bottom, left:right] = plate
    return marked


def badge_box(width: int, height: int) -> Box:
    """Where the mark is in a picture of this size: whole pixels, inside the picture."""
    plate = _plate(width, height)
    tall, wide = plate.shape[:2]
    margin = tall // 3
    right = max(wide, width - margin)
    bottom = max(tall, height - margin)
    return Box(right - wide, bottom - tall, right, bottom)


def badged(clip: Clip) -> Clip:
    """The same clip with the mark burnt into every frame."""

    def frames() -> Iterator[Frame]:
        for frame in clip.frames():
            yield badge(frame)

    parent = Parent(clip.name, clip.sha256, Relationship.PARENT, clip.path)
    return clip.derive(Step("vouch.badge", {"text": BADGE_TEXT}, (parent,)), frames)


@lru_cache(maxsize=8)
def _plate(width: int, height: int) -> Frame:
    """The plate for pictures of this size, `uint8 (h, w, 3)`, never larger than they."""
    tall = max(_LEAST_HEIGHT_PX, round(_HEIGHT_SHARE * min(width, height)))
    tall = max(1, min(tall, int(height * _MOST_OF_HEIGHT)))
    plate = _drawn(tall)
    if plate.width > width * _MOST_OF_WIDTH:
        plate = _drawn(max(1, int(tall * width * _MOST_OF_WIDTH / plate.width)))
    plate = plate.resize((min(plate.width, width), min(plate.height, height)))
    held = np.array(plate)
    held.flags.writeable = False
    return held


def _drawn(tall: int) -> Image.Image:
    """The plate with letters and line, `tall` pixels high."""
    font = ImageFont.load_default(max(1.0, _LETTERS_SHARE * tall))
    length = round(font.getlength(BADGE_TEXT))
    plate = Image.new("RGB", (length + 2 * max(1, tall // 3), tall), _PLATE)
    pen = ImageDraw.Draw(plate)
    pen.text((plate.width / 2, tall / 2), BADGE_TEXT, _TEXT, font, anchor="mm")
    if tall >= _LEAST_HEIGHT_PX:
        pen.rectangle((0, 0, plate.width - 1, tall - 1), outline=_TEXT, width=max(1, tall // 20))
    return plate
