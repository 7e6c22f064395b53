"""Animated pictures (GIF, WebP, PNG) as videos."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image

from prosopon.core.clip import Frame
from prosopon.core.errors import MediaError
from prosopon.media.image import opened_image, to_rgb
from prosopon.media.limits import Limits
from prosopon.media.timeline import Timeline, timeline

ANIMATED = frozenset({"GIF", "WEBP", "PNG", "AVIF"})
"""Pillow's names of the formats whose several pictures are frames; in TIFF they are pages, in JPEG other views."""

_MILLISECOND = Fraction(1, 1000)
_SHORTEST_MS = 20
_SUBSTITUTE_MS = 100
"""Browsers show frames that ask for less than 20 ms for 100 ms."""


@dataclass(frozen=True)
class AnimationIndex:
    """When the pictures of an animation are shown.

    Attributes:
        path: the file.
        decoder: Pillow's name of the format.
        width, height: size in pixels.
        timeline: times in seconds and the nominal rate.
        lost: number of announced pictures that cannot be decoded.
    """

    path: Path
    decoder: str
    width: int
    height: int
    timeline: Timeline
    lost: int

    def frames(self) -> Iterator[Frame]:
        """A pass over the pictures, `uint8 (H, W, 3)` RGB, one in memory at a time."""
        n_left = len(self.timeline.times)
        with opened_image(self.path, self.decoder, Limits(max_pixels=self.width * self.height)) as image:
            for picture, _ in _pictures(image):
                if n_left == 0:
                    return
                n_left -= 1
                yield np.ascontiguousarray(to_rgb(picture, self.path))
        if n_left:
            raise MediaError(f"{self.path} has fewer pictures than before", "it was changed while it was being read")


def index_animation(path: Path, decoder: str, limits: Limits) -> AnimationIndex:
    """Go through an animation once to learn its times; a damaged end is cut off.

    Raises:
        MediaError: not even the first picture can be decoded.
        LimitError: too many frames or pixels, or too long.
    """
    starts_ms: list[int] = []
    now_ms = 0
    with opened_image(path, decoder, limits) as image:
        announced = getattr(image, "n_frames", 1)
        limits.check_frames(announced, path)
        for _, shown_ms in _pictures(image):
            starts_ms.append(now_ms)
            now_ms += shown_ms
            limits.check_duration(now_ms / 1000, path)
        size = image.size
    if not starts_ms:
        raise MediaError(f"no picture of {path} can be decoded", "it is damaged or incomplete")
    # The last picture's own duration counts as one more tick, so that a rate exists for a single one too.
    mean = Fraction(len(starts_ms) * 1000, now_ms).limit_denominator(1001)
    return AnimationIndex(path, decoder, *size, timeline(starts_ms, _MILLISECOND, (mean,)), announced - len(starts_ms))


def _pictures(image: Image.Image) -> Iterator[tuple[Image.Image, int]]:
    """Every picture that decodes with the time it is shown, in milliseconds; damage ends the animation."""
    for position in range(getattr(image, "n_frames", 1)):
        try:
            image.seek(position)
            image.load()
        except (EOFError, OSError, SyntaxError, ValueError):
            if position == 0:
                raise
            return
        asked = int(image.info.get("duration", 0))
        yield image, asked if asked >= _SHORTEST_MS else _SUBSTITUTE_MS
