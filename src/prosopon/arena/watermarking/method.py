"""`Method`: a watermark as those see it who measure it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Clip, Frame
from prosopon.vouch.watermark.mark import Mark
from prosopon.vouch.watermark.reading import Reading

Bits = NDArray[np.bool_]
"""`(N,)` coded bits."""


@dataclass(frozen=True, eq=False)
class Direct:
    """One hypothesis about where the mark lies, decoded.

    Attributes:
        bits: as they read before any correction.
        p_value: of the nearest valid word, were this the only hypothesis: 1 where it says nothing.
    """

    bits: Bits
    p_value: float


@dataclass(frozen=True, eq=False)
class Method:
    """One way to mark pictures, and clips where it can.

    Attributes:
        name: what it is asked for by.
        about: one sentence.
        embed: picture `uint8 (H, W, 3)` and mark -> the marked picture, of the same size.
        read: any picture -> what was read in it, every search for a displaced mark included.
        marked: clip and mark -> the marked clip, as lazy as the other; None where clips are not marked.
        read_clip: any clip -> what was read in it; None likewise.
        direct: picture -> what is read where it lies as it was marked, without any search; None where the method does
            not tell it.
        coded: mark -> the coded bits that it is written as, `bool (N,)`; None likewise.
        draw: a generator -> a mark that it can carry; None where it carries any.
    """

    name: str
    about: str
    embed: Callable[[Frame, Mark], Frame]
    read: Callable[[Frame], Reading]
    marked: Callable[[Clip, Mark], Clip] | None = None
    read_clip: Callable[[Clip], Reading] | None = None
    direct: Callable[[Frame], Direct] | None = None
    coded: Callable[[Mark], Bits] | None = None
    draw: Callable[[np.random.Generator], Mark] | None = None

    def random_mark(self, rng: np.random.Generator) -> Mark:
        """A mark drawn at random."""
        return random_mark(rng) if self.draw is None else self.draw(rng)

    def bit_accuracy(self, picture: Frame, mark: Mark) -> float | None:
        """Share of the coded bits that are read right where a picture lies as it was marked; None where unknown."""
        if self.direct is None or self.coded is None:
            return None
        return float(np.mean(self.direct(picture).bits == self.coded(mark)))


def random_mark(rng: np.random.Generator) -> Mark:
    """64 bits and a kind, drawn at random."""
    return Mark(rng.bytes(8), int(rng.integers(16)))
