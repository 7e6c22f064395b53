"""The opening card of synthetic videos: two seconds that say so, before anything else is shown."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from prosopon.core.clip import Clip, Frame
from prosopon.core.history import Relationship, Step
from prosopon.vouch.label.badge import BADGE_TEXT, badged

CARD_S = 2.0
"""How long it is shown, in seconds: what the Chinese measures (GB 45438-2025) ask for at the least."""

CARD_TEXT = "A machine made or changed the faces in this video."
"""What it says below the badge's word."""

_NEARLY_S = 1e-3
"""Times of frames are exact to less than that."""
_TITLE_SHARE = 0.14
_TEXT_SHARE = 0.07
"""Size of the letters as shares of the shorter side; their height is about 5 % of it and more."""
_WIDTH_SHARE = 0.9
_LETTER_SHARE = 0.55
"""Width of a letter of the built-in font as a share of its size, on average."""


def opening_card(width: int, height: int) -> Frame:
    """The card `uint8 (height, width, 3)`: white on black, as large as there is room."""
    card = Image.new("RGB", (width, height))
    pen = ImageDraw.Draw(card)
    title = max(1.0, min(_TITLE_SHARE * min(width, height), _WIDTH_SHARE * width / (len(BADGE_TEXT) * 0.75)))
    pen.text((width / 2, height * 0.38), BADGE_TEXT, "white", ImageFont.load_default(title), anchor="mm")
    size = max(1.0, min(_TEXT_SHARE * min(width, height), title))
    letters = max(8, int(_WIDTH_SHARE * width / (size * _LETTER_SHARE)))
    pen.multiline_text(
        (width / 2, height * 0.5),
        "\n".join(textwrap.wrap(CARD_TEXT, letters)),
        "white",
        ImageFont.load_default(size),
        anchor="ma",
        align="center",
    )
    return np.asarray(card)


def visibly_labelled(clip: Clip) -> Clip:
    """A synthetic clip with the badge in every frame and, for a video, the card before it; its sound waits as long.

    Its first frame comes `CARD_S` later, to the nearest frame of the nominal rate.
    """
    marked = badged(clip)
    if clip.fps is None or not clip.times:
        return marked
    count, later_s = _count(clip.fps), card_s(clip)

    def frames() -> Iterator[Frame]:
        card = opening_card(clip.width, clip.height)
        for _ in range(count):
            yield card
        yield from marked.frames()

    step = Step("vouch.card", {"seconds": later_s, "text": CARD_TEXT}, (clip.as_parent(Relationship.PARENT),))
    begin_s = clip.times[0]
    return replace(
        marked.derive(step, frames),
        times=(
            *(begin_s + float(i / clip.fps) for i in range(count)),
            *(time_s + later_s for time_s in clip.times),
        ),
        audio=None if clip.audio is None else replace(clip.audio, start_s=clip.audio.start_s + later_s),
    )


def without_opening(clip: Clip, opening_s: float) -> Clip:
    """A clip from `opening_s` on, on the clock that it had before a card of that length came first."""
    if not opening_s:
        return clip
    count = sum(time_s < clip.times[0] + opening_s - _NEARLY_S for time_s in clip.times)

    def frames() -> Iterator[Frame]:
        for index, frame in enumerate(clip.frames()):
            if index >= count:
                yield frame

    return replace(
        clip,
        open_frames=frames,
        times=tuple(time_s - opening_s for time_s in clip.times[count:]),
        audio=None if clip.audio is None else replace(clip.audio, start_s=clip.audio.start_s - opening_s),
        sha256=None,
        path=None,
    )


def card_s(clip: Clip) -> float:
    """How long the card before a clip is, in seconds: whole frames; 0 where it is no video."""
    return 0.0 if clip.fps is None or not clip.times else float(_count(clip.fps) / clip.fps)


def _count(fps: Fraction) -> int:
    return max(1, round(CARD_S * fps))
