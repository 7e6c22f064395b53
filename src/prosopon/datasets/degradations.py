"""What happens to pictures on their way through the world, done for real: codecs, resizing, blur, grain.

Numpy in, numpy out, on consecutive frames `uint8 (T, H, W, 3)`; the same shape comes back, and the same pixels every
time. Whoever teaches a detector does the same to an original and to its fake: what is done to one only would be learnt
as what makes a fake.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from prosopon.core.errors import UsageError
from prosopon.media.codecs import through_jpeg, through_x264

Frames = NDArray[np.uint8]


class Degradation(Protocol):
    """Something that is done to consecutive frames; picklable and without a state."""

    def __call__(self, frames: Frames, /) -> Frames:
        """`uint8 (T, H, W, 3)` -> new frames of the same shape."""
        ...


@dataclass(frozen=True)
class Jpeg:
    """Each frame as a JPEG of a quality from 1 to 100."""

    quality: int

    def __call__(self, frames: Frames, /) -> Frames:
        """`uint8 (T, H, W, 3)` -> new frames of the same shape."""
        return np.stack([through_jpeg(frame, self.quality) for frame in frames])


@dataclass(frozen=True)
class H264:
    """The frames as a video by x264 at a constant rate factor."""

    crf: int

    def __call__(self, frames: Frames, /) -> Frames:
        """`uint8 (T, H, W, 3)` -> new frames of the same shape."""
        if len(frames) > 1:
            return through_x264(frames, self.crf)
        # Most frames of videos are predicted from others: one alone comes twice, and the second is what is taken.
        return through_x264(np.concatenate((frames, frames)), self.crf)[1:]


@dataclass(frozen=True)
class Resized:
    """Made smaller and large again, both without aliasing; `meanwhile` is done to the small frames."""

    factor: float
    meanwhile: Degradation | None = None

    def __call__(self, frames: Frames, /) -> Frames:
        """`uint8 (T, H, W, 3)` -> new frames of the same shape."""
        height, width = frames.shape[1:3]
        # Codecs want a few pixels to work with.
        size = (max(16, round(width * self.factor)), max(16, round(height * self.factor)))
        small = _scaled(frames, size)
        return _scaled(small if self.meanwhile is None else self.meanwhile(small), (width, height))


@dataclass(frozen=True)
class Blurred:
    """A Gaussian blur of a standard deviation in pixels."""

    sigma: float

    def __call__(self, frames: Frames, /) -> Frames:
        """`uint8 (T, H, W, 3)` -> new frames of the same shape."""
        blur = ImageFilter.GaussianBlur(self.sigma)
        return np.stack([np.asarray(Image.fromarray(frame).filter(blur)) for frame in frames])


@dataclass(frozen=True)
class Noisy:
    """Gaussian noise of its own in every value, of a standard deviation in levels of 255."""

    sigma: float
    seed: int = 0

    def __call__(self, frames: Frames, /) -> Frames:
        """`uint8 (T, H, W, 3)` -> new frames of the same shape."""
        rng = np.random.default_rng(self.seed)
        grain = rng.standard_normal(frames.shape, np.float32) * np.float32(self.sigma)
        return np.clip(np.rint(frames + grain), 0, 255).astype(np.uint8)


@dataclass(frozen=True)
class Chain:
    """One after the other; none: nothing is done."""

    parts: tuple[Degradation, ...] = ()

    def __call__(self, frames: Frames, /) -> Frames:
        """`uint8 (T, H, W, 3)` -> new frames of the same shape."""
        for part in self.parts:
            frames = part(frames)
        return frames


jpeg, h264, resized, blurred, noisy = Jpeg, H264, Resized, Blurred, Noisy

NAMED: Mapping[str, Degradation] = MappingProxyType(
    {
        "none": Chain(),
        "crf28": H264(28),
        "half": Resized(0.5),
        # As platforms do it: made smaller, sent in that size, shown large again.
        "crf28+half": Resized(0.5, H264(28)),
        "crf35": H264(35),
        "jpeg50": Jpeg(50),
        "blur": Blurred(1.5),
        "noise": Noisy(6.0),
    }
)
"""Those that detectors are measured under, by name."""


def named(name: str) -> Degradation:
    """The degradation of a name.

    Raises:
        UsageError: there is none.
    """
    if name not in NAMED:
        raise UsageError(f"there is no degradation {name!r}", f"use one of {', '.join(NAMED)}")
    return NAMED[name]


def draw(rng: np.random.Generator, *, h264: float = 0.5) -> Degradation:
    """A random chain to learn under: in a third of all cases nothing, else some of all that is here.

    Resizing, blur and grain come before the codec, as cameras, editors and platforms follow each other.

    Args:
        rng: the only source of chance.
        h264: how often a codec is H.264 rather than JPEG, which takes a fifth of the time on single pictures.
    """
    if rng.random() < 1 / 3:
        return Chain()
    parts: list[Degradation] = []
    if rng.random() < 0.2:
        parts.append(Blurred(float(rng.uniform(0.3, 1.6))))
    if rng.random() < 0.2:
        parts.append(Noisy(float(rng.uniform(1.0, 8.0)), int(rng.integers(2**31))))
    coded: Degradation | None = None
    if rng.random() < 0.75:
        coded = Jpeg(int(rng.integers(40, 96))) if rng.random() >= h264 else H264(int(rng.integers(18, 37)))
    if rng.random() < 0.4:
        # Half of the time what is resized is coded in the small size, else after it was made large again.
        small = rng.random() < 0.5
        parts.append(Resized(float(rng.uniform(0.4, 0.95)), coded if small else None))
        coded = None if small else coded
    if coded is not None:
        parts.append(coded)
    return Chain(tuple(parts))


def _scaled(frames: Frames, size: tuple[int, int]) -> Frames:
    return np.stack([np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.BICUBIC)) for frame in frames])
