"""An end in time, with a clock that is moved by hand."""

from __future__ import annotations

from prosopon.disrupt.ensemble.pace import Pace


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_without_an_end_there_is_always_time() -> None:
    pace = Pace()
    with pace.working("step"):
        pass
    assert pace.has_time("step") and pace.expected("step", 7) == 7


def test_no_work_begins_that_would_not_be_over_in_time() -> None:
    clock = Clock()
    pace = Pace(10, clock)
    assert pace.has_time("step")
    for seconds in (1, 3, 2):
        with pace.working("step"):
            clock.now += seconds
    assert pace.elapsed_s == 6
    assert pace.expected("step", 100) == 1  # as slow as the slowest
    assert pace.has_time("step")
    assert not pace.has_time("step", "look")  # nobody knows yet how long a look takes
    with pace.working("look"):
        clock.now += 1.5
    assert not pace.has_time("step") and pace.has_time("look")
    clock.now += 5
    assert not pace.has_time() and pace.expected("step", 100) == 0


def test_what_was_slow_long_ago_is_forgotten() -> None:
    clock = Clock()
    pace = Pace(100, clock)
    for seconds in (50, 1, 1, 1, 1, 1):
        with pace.working("step"):
            clock.now += seconds
    assert pace.expected("step", 100) == 45
