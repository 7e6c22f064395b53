"""How long an attack may go on: an end in time, kept by what its parts have taken so far."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_REMEMBERED = 5
"""Of each kind of work, so many are looked back on."""


class Pace:
    """Asked before each piece of work whether there is time for it.

    Args:
        seconds: of the whole; None is no end.
        clock: seconds, rising.
    """

    def __init__(self, seconds: float | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._began = clock()
        self._took: dict[str, list[float]] = {}

    @property
    def elapsed_s(self) -> float:
        """Since it was made."""
        return self._clock() - self._began

    @contextmanager
    def working(self, kind: str) -> Iterator[None]:
        """Inside, a piece of work of a kind is done; how long it takes is remembered."""
        began = self._clock()
        yield
        self._took[kind] = [*self._took.get(kind, [])[-_REMEMBERED + 1 :], self._clock() - began]

    def has_time(self, *kinds: str) -> bool:
        """Whether one more of each of these kinds will be over in time, if each is as slow as its slowest of late.

        Kinds that were never done count as much as the slowest of the others.
        """
        return self._seconds is None or self.elapsed_s + sum(map(self._slowest, kinds)) <= self._seconds

    def expected(self, kind: str, most: int) -> int:
        """How many more of a kind there is time for, at most so many."""
        if self._seconds is None or not self._slowest(kind):
            return most
        return max(0, min(most, int((self._seconds - self.elapsed_s) / self._slowest(kind))))

    def _slowest(self, kind: str) -> float:
        known = self._took.get(kind) or [seconds for others in self._took.values() for seconds in others]
        return max(known, default=0.0)
