"""`Newest`: between two threads, a place for one item; a newer one takes the place of one that was not fetched."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Newest(Generic[Item]):
    """Drops rather than queues: whoever takes gets the newest item, however slow they are."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._item: Item | None = None
        self._n_dropped = 0
        self._is_closed = False

    def put(self, item: Item) -> None:
        """Offer an item; one that still lies there is dropped."""
        with self._condition:
            if self._item is not None:
                self._n_dropped += 1
            self._item = item
            self._condition.notify()

    def take(self) -> tuple[Item, int] | None:
        """Wait for an item.

        Returns:
            The item and how many were dropped since the one before; None once it is closed and empty.
        """
        with self._condition:
            while self._item is None and not self._is_closed:
                self._condition.wait()
            if self._item is None:
                return None
            item, n_dropped = self._item, self._n_dropped
            self._item, self._n_dropped = None, 0
            return item, n_dropped

    def close(self, *, discard: bool = False) -> None:
        """Nothing more will come; with `discard` what lies there is not wanted either."""
        with self._condition:
            self._is_closed = True
            if discard:
                self._item = None
            self._condition.notify_all()
