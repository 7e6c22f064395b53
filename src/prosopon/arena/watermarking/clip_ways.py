"""What happens to a marked video before somebody reads it: every way by name, through real encoders.

Each begins with the file as it was published and ends with another file; its sound is left out.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from itertools import islice
from pathlib import Path
from types import MappingProxyType

import numpy as np
from PIL import ImageEnhance

from prosopon.arena.watermarking import picture_ways
from prosopon.arena.watermarking.picture_ways import Change, one_after_another
from prosopon.core.clip import Clip, Frame
from prosopon.core.history import Step
from prosopon.media.read import read
from prosopon.media.timeline import FALLBACK_RATE
from prosopon.media.write import Quality, encode
from prosopon.models.laundering.gamma import Gamma
from prosopon.models.laundering.jpeg import Jpeg

ChangeClip = Callable[[Clip, np.random.Generator], Clip]
"""What is done to the pictures before they are encoded again; lazily."""

PUBLISHED_CRF = 18
"""The constant rate factor at which videos are written here."""
_LITTLE_CRF = 23
"""x264's own default: of ways that are about something else than compression."""


@dataclass(frozen=True)
class ClipWay:
    """One of them.

    Attributes:
        name: in tables and options.
        group: what kind of thing happens.
        about: exactly what is done.
        crf: constant rate factor of the H.264 that comes out.
        change: what is done before.
    """

    name: str
    group: str
    about: str
    crf: int
    change: ChangeClip

    def through(self, clip: Clip, file: Path, rng: np.random.Generator) -> Clip:
        """The clip that is read from the file that comes out.

        Args:
            clip: as it was read from the published file.
            file: an .mp4 to write, or to overwrite.
            rng: where chance comes from.
        """
        return written(self.change(clip, rng), file, self.crf)


def written(clip: Clip, file: Path, crf: int) -> Clip:
    """A clip's pictures, encoded into a file and read from it."""
    encode(replace(clip, audio=None), file, quality=Quality(crf=crf))
    return read(file)


def as_it_is(clip: Clip, rng: np.random.Generator) -> Clip:
    """Nothing."""
    return clip


def each(change: Change) -> ChangeClip:
    """The same thing for every picture: what chance decides is decided once."""

    def changed(clip: Clip, rng: np.random.Generator) -> Clip:
        seed = int(rng.integers(2**62))

        def frames() -> Iterator[Frame]:
            for frame in clip.frames():
                yield change(frame, np.random.default_rng(seed))[0]

        height, width = change(clip.first(), np.random.default_rng(seed))[0].shape[:2]
        return clip.derive(Step("arena.watermarking.each"), frames, width=width, height=height)

    return changed


def at_rate(clip: Clip, rng: np.random.Generator, *, fps: Fraction) -> Clip:
    """At another frame rate: pictures are left out or shown twice, none are mixed."""
    rate = clip.fps or FALLBACK_RATE
    count = max(1, int(Fraction(len(clip)) / rate * fps))
    times = tuple(float(number / fps) for number in range(count))
    shown = [max(0, bisect_right(clip.times, clip.times[0] + time_s + 1e-6) - 1) for time_s in times]
    return _with(clip, times, fps, lambda: _picked(clip, shown))


def at_half_rate(clip: Clip, rng: np.random.Generator) -> Clip:
    """Every other picture."""
    return at_rate(clip, rng, fps=(clip.fps or FALLBACK_RATE) / 2)


def at_six_fifths(clip: Clip, rng: np.random.Generator) -> Clip:
    """25 pictures a second as 30, 30 as 36: every fifth is shown twice."""
    return at_rate(clip, rng, fps=(clip.fps or FALLBACK_RATE) * Fraction(6, 5))


def without_start(clip: Clip, rng: np.random.Generator) -> Clip:
    """From somewhere within the first second on."""
    most = min(len(clip) - 1, int(clip.fps or FALLBACK_RATE) - 1)
    return _part(clip, int(rng.integers(1, most + 1)) if most > 0 else 0, len(clip))


def one_second(clip: Clip, rng: np.random.Generator) -> Clip:
    """One second out of it, from anywhere on."""
    count = min(len(clip), round(clip.fps or FALLBACK_RATE))
    start = int(rng.integers(len(clip) - count + 1))
    return _part(clip, start, start + count)


def _part(clip: Clip, start: int, end: int) -> Clip:
    times = tuple(time_s - clip.times[start] for time_s in clip.times[start:end])
    return _with(clip, times, clip.fps, lambda: islice(clip.frames(), start, end))


def _picked(clip: Clip, shown: list[int]) -> Iterator[Frame]:
    """Pictures by ascending number, each as often as it is named."""
    wanted = iter(shown)
    number = next(wanted, None)
    for index, frame in enumerate(clip.frames()):
        while number == index:
            yield frame
            number = next(wanted, None)


def _with(
    clip: Clip, times: tuple[float, ...], fps: Fraction | None, frames: Callable[[], Iterator[Frame]]
) -> Clip:  # fmt: skip
    derived = clip.derive(Step("arena.watermarking.retimed"), frames)
    return replace(derived, times=times, fps=fps, audio=None)


def _then(first: ChangeClip, second: ChangeClip) -> ChangeClip:
    return lambda clip, rng: second(first(clip, rng), rng)


_HALF: Change = partial(picture_ways.resized, factor=0.5)
_JPEG50 = picture_ways.in_place(Jpeg(50).real)
_BRIGHTER = picture_ways.enhanced(ImageEnhance.Brightness, 1.2)
_RECORDED = _then(
    each(
        one_after_another(
            partial(picture_ways.resized, factor=0.9),
            picture_ways.in_place(Gamma(1.05).real),
            partial(picture_ways.cropped, share=0.02),
        )
    ),
    at_six_fifths,
)

_ALL = (
    ClipWay("again", "H.264", "encoded once more at the rate factor of the published file", PUBLISHED_CRF, as_it_is),
    *(ClipWay(f"crf {crf}", "H.264", f"encoded once more at crf {crf}", crf, as_it_is) for crf in (23, 28, 32)),
    ClipWay("half, crf 28", "H.264", "half as wide and high, then crf 28", 28, each(_HALF)),
    ClipWay(
        "half, jpeg 50, crf 28", "H.264", "half as wide and high, every picture through JPEG 50, then crf 28", 28,
        each(one_after_another(_HALF, _JPEG50)),
    ),
    ClipWay("half the rate", "time", "every other picture, crf 23", _LITTLE_CRF, at_half_rate),
    ClipWay("25 to 30", "time", "every fifth picture twice, crf 23", _LITTLE_CRF, at_six_fifths),
    ClipWay("trimmed", "time", "the start cut off within the first second, crf 23", _LITTLE_CRF, without_start),
    ClipWay("one second", "time", "one second out of it from anywhere on, crf 23", _LITTLE_CRF, one_second),
    ClipWay(
        "crop 10 %", "moved", "10 % of width and height cut away at a random place, crf 23", _LITTLE_CRF,
        each(partial(picture_ways.cropped, share=0.1)),
    ),
    ClipWay("shift", "moved", "moved within the picture, black where it came from, crf 23", _LITTLE_CRF,
            each(picture_ways.moved)),
    ClipWay(
        "rotate 3", "moved", "turned by 3 degrees with black corners, crf 23", _LITTLE_CRF,
        each(partial(picture_ways.rotated, degrees=3, trimmed=False)),
    ),
    ClipWay("mirror", "moved", "left and right exchanged, crf 23", _LITTLE_CRF, each(picture_ways.mirrored)),
    ClipWay("brightness 1.2", "colour", "every value times 1.2, clipped, crf 23", _LITTLE_CRF, each(_BRIGHTER)),
    ClipWay(
        "recorded off a screen", "chain",
        "shown at 0.9, gamma 1.05, cut by 2 % at a random place, 30 for 25 pictures, crf 28", 28, _RECORDED,
    ),
)  # fmt: skip
CLIP_WAYS: Mapping[str, ClipWay] = MappingProxyType({way.name: way for way in _ALL})
"""By name, in the order of tables."""
QUICK = ("crf 28", "half, crf 28", "trimmed", "crop 10 %")
"""Those that a quick look takes."""
