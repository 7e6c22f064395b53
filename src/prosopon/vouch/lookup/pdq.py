"""PDQ: 256 bits that stay nearly the same when a picture is re-encoded, resized or slightly changed.

The published algorithm ("The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", Facebook 2019):
luma, twice a box filter along both sides, 64 x 64 samples of that, the lowest 16 x 16 frequencies of their cosine
transform without the constant ones, and one bit for each that is above the median. Two hashes of unrelated pictures
differ in about 128 bits, two of copies in at most 31; a swapped face stays below that, too, and a crop does not.

Filtering and sampling are linear and done along one side at a time, so each side is one matrix that only depends on
its length.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Self

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Frame

BITS = 256
MATCH = 31
"""Distances up to here are taken for copies, as published."""
SURE = 20
"""Distances up to here leave little doubt."""
LEAST_QUALITY = 50
"""Below it a picture is so plain that its hash says little; such matches are to be dropped, as published."""

_SAMPLES, _FREQUENCIES = 64, 16
_SHORTEST_PX = 5
_LUMA = (0.299, 0.587, 0.114)


class Turn(Enum):
    """The eight ways of turning and mirroring a picture."""

    NONE = "none"
    LEFT = "90 degrees to the left"
    HALF = "180 degrees"
    RIGHT = "90 degrees to the right"
    UPSIDE_DOWN = "top and bottom exchanged"
    MIRRORED = "left and right exchanged"
    TRANSPOSED = "mirrored at the falling diagonal"
    TRANSVERSED = "mirrored at the rising diagonal"

    def undone(self, frame: Frame) -> Frame:
        """A picture `(H, W, 3)` that was turned like this, as it was before."""
        return np.ascontiguousarray(_UNDO[self](frame))


_UNDO = {
    Turn.NONE: lambda frame: frame,
    Turn.LEFT: lambda frame: np.rot90(frame, -1),
    Turn.HALF: lambda frame: np.rot90(frame, 2),
    Turn.RIGHT: lambda frame: np.rot90(frame, 1),
    Turn.UPSIDE_DOWN: lambda frame: frame[::-1],
    Turn.MIRRORED: lambda frame: frame[:, ::-1],
    Turn.TRANSPOSED: lambda frame: np.swapaxes(frame, 0, 1),
    Turn.TRANSVERSED: lambda frame: np.rot90(np.swapaxes(frame, 0, 1), 2),
}


@dataclass(frozen=True, eq=False)
class Fingerprint:
    """A perceptual hash.

    Attributes:
        bits: `uint8 (32,)`, the highest bit of the first byte first, as `hex` writes it.
        quality: 0 to 100: how much there is in the picture to tell it from others.
    """

    bits: NDArray[np.uint8]
    quality: int

    @property
    def hex(self) -> str:
        """64 digits, as the published tools print it."""
        return self.bits.tobytes().hex()

    @classmethod
    def from_hex(cls, text: str, quality: int = 100) -> Self:
        """The inverse of `hex`.

        Raises:
            ValueError: these are not 64 hexadecimal digits.
        """
        raw = bytes.fromhex(text)
        if len(raw) != BITS // 8:
            raise ValueError(f"a fingerprint has {BITS // 4} hexadecimal digits, not {len(text)}")
        return cls(np.frombuffer(raw, np.uint8), quality)

    def distance(self, other: Fingerprint) -> int:
        """In how many of 256 bits two differ."""
        return int(np.bitwise_count(self.bits ^ other.bits).sum())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fingerprint) and self.quality == other.quality and self.hex == other.hex

    def __hash__(self) -> int:
        return hash((self.hex, self.quality))


def pdq(frame: Frame) -> Fingerprint:
    """The hash of a picture.

    Args:
        frame: `uint8 (H, W, 3)` RGB of any size; one with a side below 5 pixels has an empty hash of quality 0.
    """
    height, width = frame.shape[:2]
    if min(height, width) < _SHORTEST_PX:
        return Fingerprint(np.zeros(BITS // 8, np.uint8), 0)
    return _hashed((_sampling(height) @ _luma(frame) @ _sampling(width).T).astype(np.float64))


def before_turning(frame: Frame) -> dict[Turn, Fingerprint]:
    """The hashes that a picture had before it was turned or mirrored in any of the eight ways.

    Each is that of `turn.undone(frame)`, for little more than the price of one. The published short cut changes the
    signs of frequencies instead, and differs from that by up to 28 bits, since the sampling is not symmetric.

    Args:
        frame: `uint8 (H, W, 3)` RGB.
    """
    height, width = frame.shape[:2]
    if min(height, width) < _SHORTEST_PX:
        return dict.fromkeys(Turn, pdq(frame))
    luma, rows, columns = _luma(frame), _sampling(height), _sampling(width)
    plain, flipped = rows @ luma, rows[:, ::-1] @ luma
    upright, mirrored = plain @ columns.T, plain @ columns[:, ::-1].T
    upside_down, half = flipped @ columns.T, flipped @ columns[:, ::-1].T
    samples = {
        Turn.NONE: upright,
        Turn.LEFT: upside_down.T,
        Turn.HALF: half,
        Turn.RIGHT: mirrored.T,
        Turn.UPSIDE_DOWN: upside_down,
        Turn.MIRRORED: mirrored,
        Turn.TRANSPOSED: upright.T,
        Turn.TRANSVERSED: half.T,
    }
    return {turn: _hashed(seen.astype(np.float64)) for turn, seen in samples.items()}


def _luma(frame: Frame) -> NDArray[np.float32]:
    red, green, blue = (frame[..., channel] * np.float32(weight) for channel, weight in enumerate(_LUMA))
    luma: NDArray[np.float32] = red + green + blue
    return luma


def _hashed(samples: NDArray[np.float64]) -> Fingerprint:
    """From 64 x 64 samples: their lowest frequencies, the constant ones left out, against the median of these."""
    cosines = _cosines()
    return Fingerprint(_bits(cosines @ samples @ cosines.T), _quality(samples))


def _bits(frequencies: NDArray[np.float64]) -> NDArray[np.uint8]:
    flat = frequencies.ravel()
    middle = np.partition(flat, BITS // 2 - 1)[BITS // 2 - 1]  # of an even number of values the lower one
    return np.packbits((flat > middle)[::-1])  # the published tools print the last bit first


def _quality(samples: NDArray[np.float64]) -> int:
    """How many steps of at least one per cent of the range lie between neighbours, scaled by experiment."""
    steps = [np.trunc(np.diff(samples, axis=axis) * 100 / 255) for axis in (0, 1)]
    return min(100, int(sum(np.abs(step).sum() for step in steps)) // 90)


@lru_cache(maxsize=16)
def _sampling(length: int) -> NDArray[np.float32]:
    """Two box filters of 1/128 of a side and every 64th part of the result, as one matrix `(64, length)`."""
    window = (length + 2 * _SAMPLES - 1) // (2 * _SAMPLES)
    ahead = (window + 2) // 2
    places = np.arange(length)
    first, end = np.maximum(places - (window - ahead), 0), np.minimum(places + ahead, length)
    weights = np.zeros((length, _SAMPLES))
    samples = np.arange(_SAMPLES)
    weights[((samples + 0.5) * length / _SAMPLES).astype(np.intp), samples] = 1
    for _ in range(2):
        # Every weight is spread evenly over the window around its place; windows are narrower at the edges.
        spread = weights / (end - first)[:, None]
        change = np.zeros((length + 1, _SAMPLES))
        np.add.at(change, first, spread)
        np.subtract.at(change, end, spread)
        weights = change.cumsum(axis=0)[:length]
    return np.ascontiguousarray(weights.T, dtype=np.float32)


@lru_cache(maxsize=1)
def _cosines() -> NDArray[np.float64]:
    frequency, sample = np.arange(1, _FREQUENCIES + 1)[:, None], np.arange(_SAMPLES)
    waves: NDArray[np.float64] = np.cos(np.pi / 2 / _SAMPLES * frequency * (2 * sample + 1)) * np.sqrt(2 / _SAMPLES)
    return waves
