"""`Recording`: one person in one setting, as pieces of signals at one rate that windows are laid over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from prosopon.detect.biometric.signals import Signals

RATE = 25.0
"""Values a second, whatever the rate of the footage: windows hold the same number everywhere."""
_LONGEST_GAP_S = 0.5
"""Frames without the face for longer end a piece, as they end a track."""
_SHORTEST_S = 0.4
"""Shorter pieces are left out: their mean says nothing."""

Joins = Literal["centred", "as they are", "apart"]
"""What happens where two pieces meet: the mean of each is taken off first; or it is not; or no window spans two."""


@dataclass(frozen=True)
class Piece:
    """Signals without an interruption, at `RATE`.

    Attributes:
        times: `float64 (T,)`, seconds on the clock of the clip that it is of.
        values: `float64 (T, 20)`, rows of NaN where the face was not found.
    """

    times: NDArray[np.float64]
    values: NDArray[np.float64]

    def __len__(self) -> int:
        """How many values there are."""
        return len(self.times)


@dataclass(frozen=True)
class Recording:
    """Pieces of one person in one setting, in order.

    Attributes:
        name: whom it shows.
        pieces: of one clip or several.
    """

    name: str
    pieces: tuple[Piece, ...]

    @property
    def seconds(self) -> float:
        """How long all pieces are together."""
        return sum(map(len, self.pieces)) / RATE

    def taken(self, chosen: Sequence[int]) -> Recording:
        """Some of the pieces in an order of one's own; the same may come more than once."""
        return Recording(self.name, tuple(self.pieces[index] for index in chosen))


def recording_of(name: str, clips: Iterable[Signals]) -> Recording:
    """The recording that some clips of one person make up, one after the other."""
    return Recording(name, tuple(piece for clip in clips for piece in pieces_of(clip)))


def pieces_of(signals: Signals) -> list[Piece]:
    """Cut where the face is missing for half a second, and brought to `RATE` by linear interpolation.

    A value between two frames counts as found where the frames on either side of it were.
    """
    found = np.flatnonzero(signals.found)
    if not len(found):
        return []
    cuts = np.flatnonzero(np.diff(signals.times[found]) > _LONGEST_GAP_S) + 1
    pieces = [_at_rate(signals, slice(part[0], part[-1] + 1)) for part in np.split(found, cuts)]
    return [piece for piece in pieces if len(piece) >= _SHORTEST_S * RATE]


def _at_rate(signals: Signals, inside: slice) -> Piece:
    times, values, found = signals.times[inside], signals.values[inside], signals.found[inside]
    wanted = times[0] + np.arange(int((times[-1] - times[0]) * RATE + 1e-6) + 1) / RATE
    resampled = np.stack([np.interp(wanted, times[found], column) for column in values[found].T], 1)
    # A value is there where the frames that it lies between are; on a frame, that frame alone.
    there = np.interp(wanted, times, found.astype(float)) > 1 - 1e-6
    resampled[~there] = np.nan
    return Piece(wanted, resampled)


def joined(recording: Recording, joins: Joins) -> list[Piece]:
    """The runs that windows are laid over: one of all pieces, or each piece alone.

    The pieces of a recording are joined because a window of 10 s is longer than many clips. What changes from one clip
    to the next (where one sits, how one holds the head) is no movement, and would correlate all that it changes: so the
    mean of each piece is taken off. `apart` joins nothing.
    """
    if joins == "apart":
        return list(recording.pieces)
    if not recording.pieces:
        return []
    values = [_centred(piece.values) if joins == "centred" else piece.values for piece in recording.pieces]
    return [Piece(np.concatenate([piece.times for piece in recording.pieces]), np.concatenate(values))]


def blocks(recording: Recording, seconds: float) -> Recording:
    """The same with long pieces cut into equal ones of so many seconds or a little more, so that some can be drawn."""
    cut = []
    for piece in recording.pieces:
        parts = np.array_split(np.arange(len(piece)), max(1, int(len(piece) / (seconds * RATE))))
        cut += [Piece(piece.times[part], piece.values[part]) for part in parts]
    return Recording(recording.name, tuple(cut))


def _centred(values: NDArray[np.float64]) -> NDArray[np.float64]:
    found = np.isfinite(values).all(1)
    return values - values[found].mean(0) if found.any() else values
