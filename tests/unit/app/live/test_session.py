"""A session with a camera, nets and a screen of its own making: what is shown, kept, counted, and how it ends."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from prosopon.app.live.camera import Clock, Shot
from prosopon.app.live.figures import Log
from prosopon.app.live.session import Ending, Session
from prosopon.app.live.spool import Spool
from prosopon.core.clip import Frame
from prosopon.core.errors import MediaError
from prosopon.core.history import Parent, Relationship
from prosopon.core.progress import SILENT


class OneAtATime:
    """A camera that waits until the frame before was shown, so that nothing depends on how fast threads are."""

    name = "test camera"

    def __init__(self, n: int, breaks: bool = False) -> None:
        self.n, self.breaks = n, breaks
        self.go = threading.Semaphore(1)

    def shots(self, clock: Clock) -> Iterator[Shot]:
        for i in range(self.n):
            while not self.go.acquire(timeout=0.01):
                if clock.sleep(0.0):
                    return
            yield Shot(np.full((4, 4, 3), i % 100, np.uint8), i / 10, clock.now())
        if self.breaks:
            raise MediaError("the camera broke", "buy another")

    def as_parent(self) -> Parent:
        return Parent("camera", None, Relationship.INPUT)

    def close(self) -> None: ...


class Nets:
    """Sees nobody in the first frames."""

    def __init__(self, camera: OneAtATime, blind: int = 0, breaks_at: int | None = None) -> None:
        self.camera, self.blind, self.breaks_at = camera, blind, breaks_at
        self.renewed = 0

    def see(self, frame: Frame, at_s: float) -> Frame | None:
        number = round(10 * at_s)
        if number == self.breaks_at:
            raise ValueError("broken nets")
        if number < self.blind:
            self.camera.go.release()
            return None
        return frame + 100

    def whole(self, patch: Frame) -> Frame:
        return np.repeat(patch, 2, axis=1)

    def renew(self) -> None:
        self.renewed += 1


class Screen:
    def __init__(self, camera: OneAtATime, closes_after: int | None = None, keys: list[str] | None = None) -> None:
        self.camera, self.closes_after = camera, closes_after
        self.shown: list[Frame] = []
        self.lines: list[str] = []
        self.keys = keys or []
        self.is_closed = False

    def show(self, frame: Frame) -> Frame:
        self.shown.append(frame)
        self.is_closed = len(self.shown) == self.closes_after
        self.camera.go.release()
        return frame

    def say(self, line: str) -> None:
        self.lines.append(line)

    def listen(self) -> list[str]:
        keys, self.keys = self.keys, []
        return keys


class Ticks:
    """A clock that moves by a millisecond whenever it is looked at."""

    def __init__(self) -> None:
        self.ticks = 0

    def __call__(self) -> float:
        self.ticks += 1
        return self.ticks / 1000


def run(
    camera: OneAtATime, nets: Nets, screen: Screen | None, spool: Spool | None = None, **words: object
) -> tuple[Ending, Log]:
    log = Log()
    session = Session(camera, nets, log, screen=screen, spool=spool, now=Ticks(), progress=SILENT)
    asked = words.pop("asked", lambda: False)
    return session.run(asked, **words), log  # type: ignore[arg-type]


def test_every_frame_that_is_seen_is_shown_whole_kept_and_counted(tmp_path: Path) -> None:
    camera = OneAtATime(7)
    nets, screen = Nets(camera, blind=2), Screen(camera, keys=["x", "r"])
    with Spool(tmp_path / "o.mp4", 4) as spool:
        ending, log = run(camera, nets, screen, spool)
        kept = list(spool.clip().frames())
        assert spool.clip().times == pytest.approx((0, 0.1, 0.2, 0.3, 0.4))
    assert ending == Ending("camera", None)
    assert [int(frame[0, 0, 0]) for frame in screen.shown] == [102, 103, 104, 105, 106]
    assert screen.shown[0].shape == (4, 8, 3)
    assert [int(frame[0, 0, 0]) for frame in kept] == [102, 103, 104, 105, 106]
    assert len(log) == 5
    assert log.altogether().dropped == 0
    assert nets.renewed == 1
    assert "latency" in screen.lines[-1]


def test_closing_the_window_ends_it() -> None:
    camera = OneAtATime(10**6)
    screen = Screen(camera, closes_after=3)
    ending, log = run(camera, Nets(camera), screen)
    assert (ending.why, len(log)) == ("window", 3)


def test_being_asked_ends_it() -> None:
    camera = OneAtATime(10**6)
    screen = Screen(camera)
    ending, _ = run(camera, Nets(camera), screen, asked=lambda: len(screen.shown) >= 2)
    assert (ending.why, len(screen.shown)) == ("asked", 2)


def test_time_ends_it_even_if_nobody_ever_comes() -> None:
    camera = OneAtATime(10**6)
    ending, log = run(camera, Nets(camera, blind=10**6), Screen(camera), seconds=0.2)
    assert (ending.why, len(log)) == ("time", 0)


@pytest.mark.parametrize("who", ["camera", "nets"])
def test_what_breaks_is_told_after_what_was_shown(who: str) -> None:
    camera = OneAtATime(3 if who == "camera" else 10**6, breaks=who == "camera")
    ending, log = run(camera, Nets(camera, breaks_at=3 if who == "nets" else None), Screen(camera))
    assert isinstance(ending.fault, MediaError if who == "camera" else ValueError)
    assert len(log) == 3


def test_a_full_disk_ends_a_session_that_only_records(tmp_path: Path) -> None:
    camera = OneAtATime(10)
    camera.go = threading.Semaphore(10)
    with Spool(tmp_path / "o.mp4", 4, most=1) as spool:
        ending, log = run(camera, Nets(camera), None, spool)
    assert (ending.why, len(log)) == ("full", 0)


def test_a_full_disk_does_not_close_the_window(tmp_path: Path) -> None:
    camera = OneAtATime(4)
    with Spool(tmp_path / "o.mp4", 4, most=2 * 48) as spool:
        ending, log = run(camera, Nets(camera), Screen(camera), spool)
        assert len(spool) == 2
    assert (ending.why, len(log)) == ("camera", 4)
