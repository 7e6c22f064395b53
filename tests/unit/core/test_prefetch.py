"""Work done ahead in a thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from prosopon.core.prefetch import prefetch


def test_keeps_all_items_in_order() -> None:
    assert list(prefetch(iter(range(100)), ahead=3)) == list(range(100))


def test_an_error_comes_where_its_item_would_have() -> None:
    def failing() -> Iterator[int]:
        yield 1
        yield 2
        raise ValueError("third")

    ahead = prefetch(failing(), ahead=2)
    assert [next(ahead), next(ahead)] == [1, 2]
    with pytest.raises(ValueError, match="third"):
        next(ahead)


def test_stopping_early_closes_the_source_and_ends_the_thread() -> None:
    closed = threading.Event()

    def endless() -> Iterator[int]:
        try:
            while True:
                yield 0
        finally:
            closed.set()

    ahead = prefetch(endless(), ahead=2)
    assert next(ahead) == 0
    ahead.close()  # type: ignore[attr-defined]
    assert closed.is_set()
    assert not any(thread.name == "prefetch" for thread in threading.enumerate())


def test_never_runs_further_ahead_than_asked() -> None:
    made: list[int] = []

    def counting() -> Iterator[int]:
        for number in range(50):
            made.append(number)
            yield number

    ahead = prefetch(counting(), ahead=4)
    next(ahead)
    # One is held by the consumer, four wait, one is in the thread's hand.
    assert len(made) <= 6
    assert list(ahead) == list(range(1, 50))
