"""Keeping a series of numbers from trembling: looking ahead in a file, causally before a camera.

In a file the smoothing is that of `faces.smooth`, a Gaussian that neither lags nor leads, here on a stream. Before a
camera it is the One-Euro filter (Casiez, Roussel, Vogel: 1 Euro Filter: A Simple Speed-based Low-pass Filter for Noisy
Input in Interactive Systems, CHI 2012): slow movements are smoothed much, quick ones little, so that they do not lag.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from prosopon.faces.smooth import smooth

Floats = NDArray[np.float64]


def steadied(chunks: Iterable[Floats], sigma_frames: float) -> Iterator[Floats]:
    """A stream of rows through a Gaussian over time, equal to `faces.smooth.smooth` of all of it.

    Args:
        chunks: `(N, C)` each, of any N.
        sigma_frames: standard deviation in frames; 0 leaves the rows as they are. Four of them are looked ahead.

    Yields:
        Chunks of as many rows altogether.
    """
    if sigma_frames <= 0:
        yield from chunks
        return
    reach = int(4.0 * sigma_frames + 0.5)
    held: Floats | None = None
    done = 0  # of the rows in `held`, how many have been given out
    for chunk in chunks:
        held = chunk if held is None else np.concatenate((held, chunk))
        ready = len(held) - reach
        if ready > done:
            yield smooth(held, sigma_frames)[done:ready]
            # The rows before the next one are kept as far as the Gaussian reaches back.
            passed = max(0, ready - reach)
            held, done = held[passed:], ready - passed
    if held is not None and len(held) > done:
        yield smooth(held, sigma_frames)[done:]


class OneEuro:
    """The One-Euro filter for a vector.

    Args:
        min_cutoff_hz: cutoff frequency at rest; lower is steadier, and lags more.
        beta: by how many hertz the cutoff rises for each unit a second of speed; higher lags less in quick movements.
        derivative_cutoff_hz: cutoff of the speed itself (1 Hz in the paper).
    """

    def __init__(self, min_cutoff_hz: float, beta: float, derivative_cutoff_hz: float = 1.0) -> None:
        self._min_cutoff_hz, self._beta, self._derivative_cutoff_hz = min_cutoff_hz, beta, derivative_cutoff_hz
        self._value: Floats | None = None
        self._speed: Floats | None = None
        self._at_s = 0.0

    def forget(self) -> None:
        """Begin anew with the next value."""
        self._value = None

    def __call__(self, value: Floats, at_s: float) -> Floats:
        """The value `(C,)` of a moment, steadied; a time that does not go on begins anew."""
        passed_s = at_s - self._at_s
        self._at_s = at_s
        if self._value is None or self._speed is None or passed_s <= 0:
            self._value, self._speed = value, np.zeros_like(value)
            return value
        speed = (value - self._value) / passed_s
        self._speed = self._speed + _share(self._derivative_cutoff_hz, passed_s) * (speed - self._speed)
        cutoff = self._min_cutoff_hz + self._beta * np.abs(self._speed)
        self._value = self._value + _share(cutoff, passed_s) * (value - self._value)
        return self._value


def _share(cutoff_hz: Floats | float, passed_s: float) -> Floats | float:
    """How much of a change an exponential low-pass of this cutoff lets through after some time."""
    turned = 2 * math.pi * cutoff_hz * passed_s
    return turned / (turned + 1)
