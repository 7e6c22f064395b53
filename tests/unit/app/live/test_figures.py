"""Latency, rate and dropped frames, against numbers worked out by hand."""

from __future__ import annotations

import pytest

from prosopon.app.live.figures import Log


def add(log: Log, shown_s: float, latency_s: float = 0.1, dropped: int = 0) -> None:
    grabbed_s = shown_s - latency_s
    log.add(
        grabbed_s=grabbed_s,
        taken_s=grabbed_s + 0.2 * latency_s,
        made_s=grabbed_s + 0.9 * latency_s,
        shown_s=shown_s,
        dropped=dropped,
    )


def test_nothing_shown_is_all_zero() -> None:
    nothing = Log().altogether()
    assert (nothing.shown, nothing.dropped, nothing.dropped_share, nothing.fps, nothing.latency_ms) == (0, 0, 0, 0, 0)
    assert Log().lately(5.0).shown == 0


def test_one_frame_has_a_latency_and_no_rate() -> None:
    log = Log()
    add(log, 1.0, 0.08)
    one = log.altogether()
    assert one.latency_ms == one.latency_95_ms == pytest.approx(80)
    assert one.fps == 0


def test_median_tail_rate_and_stages() -> None:
    log = Log()
    for i in range(101):
        add(log, i / 20, latency_s=(100 + i) / 1000)
    all_of_it = log.altogether()
    assert all_of_it.latency_ms == pytest.approx(150)
    assert all_of_it.latency_95_ms == pytest.approx(195)
    assert all_of_it.fps == pytest.approx(20)
    assert (all_of_it.waited_ms, all_of_it.nets_ms, all_of_it.after_ms) == pytest.approx((30, 105, 15))


def test_dropped_frames_count_from_the_first_that_was_shown() -> None:
    log = Log()
    for i, dropped in enumerate([40, 2, 0, 1]):
        add(log, float(i), dropped=dropped)
    figures = log.altogether()
    assert (figures.shown, figures.dropped) == (4, 3)
    assert figures.dropped_share == pytest.approx(3 / 7)


def test_lately_forgets_what_was_long_ago() -> None:
    log = Log()
    for i in range(10):
        add(log, i * 0.1, latency_s=1.0, dropped=5)
    for i in range(11):
        add(log, 10 + i * 0.2, latency_s=0.05, dropped=1)
    lately = log.lately(12.0)
    assert (lately.shown, lately.dropped) == (11, 11)
    assert lately.latency_ms == pytest.approx(50)
    assert lately.fps == pytest.approx(5)
    assert log.altogether().latency_95_ms == pytest.approx(1000)
    assert log.lately(100.0).shown == 0
    assert lately.line == "latency 50 ms (95 %: 50 ms)   5.0 frames/s   50 % dropped"
