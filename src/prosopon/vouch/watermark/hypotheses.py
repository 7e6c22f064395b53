"""`Search`: tries hypotheses about what was done to a marked picture, and counts every one on which it decodes."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from prosopon.vouch.watermark.decoding import Decoded, decode
from prosopon.vouch.watermark.lattice import POSITIONS, Values, concentration, sent, soften
from prosopon.vouch.watermark.placement import Placement
from prosopon.vouch.watermark.reading import Reading
from prosopon.vouch.watermark.significance import LIMIT

GAINS = np.exp(np.arange(-40, 41) * 0.0125).astype(np.float32)
"""By how much the contrast may have been changed: 0.61 to 1.65."""
PROMISING = 0.25
"""A fit that an unmarked picture or a wrong place seldom reaches, in which case more work pays."""
_USUAL = (GAINS > 0.94) & (GAINS < 1.04)
"""Where nobody changed the contrast; codecs take a little of it."""
CLEARLY = 0.12
"""So much better another contrast must fit, because among many one fits by chance."""


def likeliest_gains(fits: NDArray[np.floating]) -> list[tuple[float, float]]:
    """The contrasts, with their fits, of what fits the lattices so well under each of `GAINS`: the best of the usual
    ones, and another one if that fits clearly better."""
    usual, best = int(np.where(_USUAL, fits, -np.inf).argmax()), int(fits.argmax())
    chosen = [usual, best] if fits[best] > fits[usual] + CLEARLY else [usual]
    return [(float(GAINS[index]), float(fits[index])) for index in chosen]


class Search:
    """One search for one mark, over as many hypotheses as it takes; the first that holds ends it.

    Attributes:
        windows: decodings so far.
    """

    def __init__(self) -> None:
        self.windows = 0
        self._best: Decoded | None = None
        self._placement: Placement | None = None

    @property
    def found(self) -> bool:
        """Whether the best decoding holds, given how many there were."""
        return self._best is not None and self._best.log_p + math.log(self.windows) <= math.log(LIMIT)

    def try_soft(self, soft: Values, placement: Placement | None, order: int = 2) -> bool:
        """Decode soft bits `(POSITIONS,)`; returns whether a mark is found."""
        self.windows += 1
        decoded = decode(soft, sent(), order)
        if decoded is not None and (self._best is None or decoded.log_p < self._best.log_p):
            self._best, self._placement = decoded, placement
        return self.found

    def try_projections(self, projections: Values, placement: Placement, weights: Values | None = None) -> bool:
        """Decode projections `(POSITIONS,)` as they are, and with the contrasts that fit best.

        Args:
            projections: of one picture under one hypothesis about its place.
            placement: that hypothesis.
            weights: `(POSITIONS,)` how much of each block lies in the picture, 0 to 1; None for all.
        """
        seen = np.float32(1.0) if weights is None else weights
        if weights is None and self.try_soft(soften(projections), placement):
            return True
        for gain, fit in likeliest_gains(concentration(projections[None] / GAINS[:, None], weights)):
            soft = soften(projections / np.float32(gain)) * seen
            if self.try_soft(soft, placement) or (fit > PROMISING and self.try_soft(soft, placement, order=3)):
                return True
        return False

    def reading(self) -> Reading:
        """What came of it."""
        best = self._best
        if best is None:
            return Reading(None, 1.0, self.windows, bits=POSITIONS)
        p_value = math.exp(min(0.0, best.log_p + math.log(self.windows)))
        if not self.found:
            return Reading(None, p_value, self.windows, bits=POSITIONS)
        return Reading(best.mark, p_value, self.windows, best.errors, POSITIONS, self._placement)
