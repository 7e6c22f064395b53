"""`History`: the log of a run as series of numbers, small enough to hold a million steps in memory."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from prosopon.train.log import Record

_RECENT = 50


@dataclass(frozen=True)
class Series:
    """One curve."""

    steps: array[int] = field(default_factory=lambda: array("q"))
    values: array[float] = field(default_factory=lambda: array("d"))

    def append(self, step: int, value: float) -> None:
        """Go on with one more point."""
        self.steps.append(step)
        self.values.append(value)


class History:
    """What the page and the estimates need of a log.

    Attributes:
        losses: curves of the losses by name.
        metrics: curves of the scores on held-out data by name.
        last: the newest record; None before the first step.
        last_metrics: the newest scores; empty where nothing was measured.
    """

    def __init__(self) -> None:
        self.losses: dict[str, Series] = {}
        self.metrics: dict[str, Series] = {}
        self.last: Record | None = None
        self.last_metrics: Mapping[str, float] = {}
        self._recent: deque[tuple[int, float]] = deque(maxlen=_RECENT)

    def append(self, record: Record) -> None:
        """Take in one step."""
        for series, values in ((self.losses, record.losses), (self.metrics, record.metrics)):
            for name, value in values.items():
                series.setdefault(name, Series()).append(record.step, value)
        self.last = record
        self.last_metrics = record.metrics or self.last_metrics
        self._recent.append((record.step, record.time_s))

    def remaining_s(self, steps: int | None, minutes: float | None) -> float | None:
        """Estimated time to the end of a run that stops after so many steps or minutes, from its recent pace.

        Returns:
            Seconds; None where nothing can be said.
        """
        if self.last is None:
            return None
        left: list[float] = [] if minutes is None else [minutes * 60 - self.last.time_s]
        (first_step, first_s), (last_step, last_s) = self._recent[0], self._recent[-1]
        if steps is not None and last_step > first_step:
            left.append((steps - last_step) * (last_s - first_s) / (last_step - first_step))
        return max(0.0, min(left)) if left else None
