"""How quick a live picture is: latency, frames a second, dropped frames; lately and altogether."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from dataclasses import dataclass

import numpy as np

_LATELY_S = 3.0
"""Length of the sliding window."""


@dataclass(frozen=True)
class Figures:
    """What was measured over some time.

    Attributes:
        shown: number of frames.
        dropped: number of frames of the camera that were passed over, between those that were shown.
        latency_ms: from grabbed to shown, median.
        latency_95_ms: the same, exceeded by one frame in twenty.
        waited_ms: from grabbed to the nets, median.
        nets_ms: in the nets, finding the face included, median.
        after_ms: from the nets to shown, median.
        fps: frames shown per second; 0 for fewer than two frames.
    """

    shown: int
    dropped: int
    latency_ms: float
    latency_95_ms: float
    waited_ms: float
    nets_ms: float
    after_ms: float
    fps: float

    @property
    def dropped_share(self) -> float:
        """Share of the camera's frames that were dropped, 0 to 1."""
        return self.dropped / (self.shown + self.dropped) if self.shown else 0.0

    @property
    def line(self) -> str:
        """For below the picture."""
        return (
            f"latency {self.latency_ms:.0f} ms (95 %: {self.latency_95_ms:.0f} ms)   "
            f"{self.fps:.1f} frames/s   {100 * self.dropped_share:.0f} % dropped"
        )


class Log:
    """Remembers the moments of every frame that was shown: 40 bytes each, so that hours of it fit."""

    def __init__(self) -> None:
        self._grabbed, self._taken, self._made, self._shown = (array("d") for _ in range(4))
        self._dropped = array("q")

    def __len__(self) -> int:
        """Number of frames shown."""
        return len(self._shown)

    def add(self, *, grabbed_s: float, taken_s: float, made_s: float, shown_s: float, dropped: int) -> None:
        """A frame was shown.

        Args:
            grabbed_s, taken_s, made_s, shown_s: when it came in, went into the nets, came out of them, was shown; on
                one clock, `shown_s` never less than before.
            dropped: frames of the camera that were passed over between this and the one shown before.
        """
        self._grabbed.append(grabbed_s)
        self._taken.append(taken_s)
        self._made.append(made_s)
        self._shown.append(shown_s)
        # What was passed over before the first frame was missed by nobody.
        self._dropped.append(dropped if len(self._dropped) else 0)

    def altogether(self) -> Figures:
        """From the first frame on."""
        return self._since(0)

    def lately(self, now_s: float) -> Figures:
        """Over the last three seconds before `now_s`."""
        return self._since(bisect_left(self._shown, now_s - _LATELY_S))

    def _since(self, first: int) -> Figures:
        n = len(self) - first
        if n <= 0:
            return Figures(0, 0, *[0.0] * 6)
        grabbed, taken, made, shown = (
            np.asarray(column[first:]) for column in (self._grabbed, self._taken, self._made, self._shown)
        )
        passed_s = float(shown[-1] - shown[0])
        return Figures(
            shown=n,
            dropped=sum(self._dropped[first:]),
            latency_ms=1000 * float(np.median(shown - grabbed)),
            latency_95_ms=1000 * float(np.percentile(shown - grabbed, 95)),
            waited_ms=1000 * float(np.median(taken - grabbed)),
            nets_ms=1000 * float(np.median(made - taken)),
            after_ms=1000 * float(np.median(shown - made)),
            fps=(n - 1) / passed_s if passed_s > 0 else 0.0,
        )
