"""Which windows of a video were marked as one: found by how well their means fit the lattices, then read together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prosopon.vouch.watermark.code import encode
from prosopon.vouch.watermark.hypotheses import GAINS, Search, likeliest_gains
from prosopon.vouch.watermark.lattice import Values, concentration, sent, soften
from prosopon.vouch.watermark.mark import Mark
from prosopon.vouch.watermark.placement import Placement
from prosopon.vouch.watermark.reading import Segment
from prosopon.vouch.watermark.segments import LENGTHS_S, windows_of
from prosopon.vouch.watermark.significance import LIMIT, log_p_value

_DECODED = 12
"""Of the ways to divide a video, as many as fit best are decoded."""
_DECODED_THOROUGHLY = 4
_HOPEFUL = 0.15
"""A fit that windows at a wrong place, or without a mark, seldom reach."""
_JUDGED = 10
"""The fit of a division is judged by so many of its windows."""


@dataclass(frozen=True)
class Division:
    """One way to divide a video, and what its windows say.

    Attributes:
        times: of all frames, in seconds.
        windows: `(n, 2)` first frame of each window, and one past its last.
        gain: contrast of the video, as a multiple of the original's.
        fit: how well the windows fit the lattices.
    """

    times: Sequence[float]
    windows: NDArray[np.intp]
    gain: float
    fit: float
    sums: NDArray[np.float64]
    weights: Values | None = None

    def soft(self) -> Values:
        """How the bits of each window read, `(n, POSITIONS)`; windows that do not fit count little.

        The fit does not depend on whether a bit reads 0 or 1, so that weighting by it favours no word.
        """
        projections = means(self.sums, self.windows) / np.float32(self.gain)
        fits = np.clip(concentration(projections, self.weights), 0.02, 1.0)
        seen = np.float32(1.0) if self.weights is None else self.weights
        soft: Values = soften(projections) * seen * fits[:, None]
        return soft

    def segments(self, mark: Mark) -> tuple[Segment, ...]:
        """What each window says by itself about a mark that all of them together have."""
        word = encode(mark)[sent()].astype(bool)
        found = []
        for (first, end), soft in zip(self.windows, self.soft(), strict=True):
            wrong = ((soft < 0) != word) & (soft != 0)
            reads = bool(log_p_value(np.abs(soft), wrong, 1) <= np.log(LIMIT))
            found.append(Segment(self.times[first], self.times[end - 1], reads, int(wrong.sum())))
        return tuple(found)


def means(sums: NDArray[np.float64], windows: NDArray[np.intp]) -> Values:
    """Mean projections `(n, POSITIONS)` of windows `(n, 2)`.

    Args:
        sums: `(T + 1, POSITIONS)`: the projections of all frames before each frame, added up.
        windows: first frame, and one past the last.
    """
    first, end = windows[:, 0], windows[:, 1]
    return ((sums[end] - sums[first]) / (end - first)[:, None]).astype(np.float32)


def divisions(times: Sequence[float], sums: NDArray[np.float64], weights: Values | None = None) -> list[Division]:
    """The likeliest divisions, the best first: of each length the one that fits best, then the others.

    Where nothing moves, windows of any length and any beginning say nearly the same, and so do their errors.
    """
    firsts: list[Division] = []
    others: list[Division] = []
    for length_s in LENGTHS_S:
        of_length: list[Division] = []
        for windows in windows_of(times, length_s):
            judged = windows[:: -(-len(windows) // _JUDGED)]
            projections = means(sums, judged)
            fits = concentration(projections[None] / GAINS[:, None, None], weights)
            # Cut, faded and unmarked windows fit by chance only: the clear ones decide.
            fits = np.sqrt((np.clip(fits, 0.0, None) ** 2).mean(axis=1))
            of_length += [Division(times, windows, gain, fit, sums, weights) for gain, fit in likeliest_gains(fits)]
        of_length.sort(key=lambda one: -one.fit)
        firsts += of_length[:2]
        others += of_length[2:]
    return sorted(firsts, key=lambda one: -one.fit) + sorted(others, key=lambda one: -one.fit)


def try_divisions(
    search: Search,
    times: Sequence[float],
    sums: NDArray[np.float64],
    placement: Placement,
    weights: Values | None = None,
    *,
    at_once: bool = False,
) -> Division | None:
    """Decode the likeliest divisions; the one in which a mark is found, or None.

    Args:
        search: that goes on.
        times: of all frames, in seconds.
        sums: see `means`.
        placement: where the original is supposed to lie in the frames.
        weights: `(POSITIONS,)` how much of each block is seen; None for all of all.
        at_once: give up where nothing fits, and do not decode thoroughly.
    """
    likeliest = divisions(times, sums, weights)
    for order, most in ((2, _DECODED), (3, 0 if at_once else _DECODED_THOROUGHLY)):
        for division in likeliest[:most]:
            if at_once and division.fit < _HOPEFUL:
                continue
            if search.try_soft(division.soft().sum(axis=0), placement, order):
                return division
    return None
