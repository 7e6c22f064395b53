"""A file that is played as a camera, and what a slow viewer misses of it: with a clock that only moves when told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from prosopon.app.live.camera import Clock, FileCamera, Shot, open_camera
from prosopon.app.live.newest import Newest
from prosopon.core.clip import Clip
from prosopon.core.errors import ExitCode, MediaError, MissingError, ProsoponError, UsageError
from prosopon.media.write import encode


class FakeTime:
    """Moves only by sleeping; what is to happen at a moment happens while sleeping through it."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.slept: list[float] = []
        self.at: list[tuple[float, Callable[[], None]]] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        until = self.now_s + seconds
        while self.at and min(self.at, key=lambda due: due[0])[0] <= until:
            due = min(self.at, key=lambda one: one[0])
            self.at.remove(due)
            self.now_s = max(self.now_s, due[0])
            due[1]()
        self.now_s = until

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.now_s, self.sleep)


def numbered(times: tuple[float, ...]) -> Clip:
    frames = [np.full((2, 2, 3), i, np.uint8) for i in range(len(times))]
    return Clip(2, 2, lambda: iter(frames), times, name="film.mp4")


def number(shot: Shot) -> int:
    return int(shot.frame[0, 0, 0])


def test_each_frame_comes_at_its_own_time() -> None:
    time = FakeTime()
    times = (0.0, 0.04, 0.5, 0.52)
    shots = list(FileCamera(numbered(times)).shots(time.clock))
    assert [number(shot) for shot in shots] == [0, 1, 2, 3]
    assert [shot.at_s for shot in shots] == list(times)
    assert [shot.grabbed_s for shot in shots] == pytest.approx([100.0, 100.04, 100.5, 100.52])
    assert time.slept == pytest.approx([0.04, 0.46, 0.02])


def test_who_was_late_does_not_make_the_film_longer() -> None:
    time = FakeTime()
    shots = FileCamera(numbered((0.0, 0.1, 0.2, 0.3))).shots(time.clock)
    next(shots)
    time.now_s += 0.25  # the reader was busy
    assert [round(next(shots).grabbed_s - 100, 3) for _ in range(3)] == [0.25, 0.25, 0.3]


def test_a_film_that_does_not_begin_at_zero_begins_at_once() -> None:
    time = FakeTime()
    assert next(FileCamera(numbered((5.0, 5.1))).shots(time.clock)).grabbed_s == 100.0
    assert time.slept == []


@pytest.mark.parametrize(("nets_s", "shown", "most_waited"), [(0.01, 50, 0.0), (0.1, 20, 0.04), (0.2, 10, 0.04)])
def test_slow_nets_get_the_newest_frame_and_the_rest_is_dropped(nets_s: float, shown: int, most_waited: float) -> None:
    """Two seconds of 25 frames each; the nets take a frame, and the next one as soon as they are done."""
    time = FakeTime()
    newest: Newest[Shot] = Newest()
    taken: list[tuple[Shot, int, float]] = []
    free = True

    def take() -> None:
        nonlocal free
        got = newest.take()
        assert got is not None
        taken.append((*got, time.now_s))
        free = False
        time.at.append((time.now_s + nets_s, done))

    def done() -> None:
        nonlocal free
        free = True
        if newest._item is not None:
            take()

    for shot in FileCamera(numbered(tuple(i / 25 for i in range(50)))).shots(time.clock):
        newest.put(shot)
        if free:
            take()
    time.sleep(1.0)
    newest.close()
    assert newest.take() is None
    assert abs(len(taken) - shown) <= 1
    assert len(taken) + sum(dropped for _, dropped, _ in taken) == 50  # every frame was shown or counted
    assert max(now - shot.grabbed_s for shot, _, now in taken) <= most_waited + 1e-9  # dropped, not queued
    numbers = [number(shot) for shot, _, _ in taken]
    assert numbers == sorted(numbers)


def test_closing_wakes_who_waits_and_keeps_the_last_item_unless_told_otherwise() -> None:
    newest: Newest[int] = Newest()
    got: list[object] = []
    waiting = threading.Thread(target=lambda: got.append(newest.take()))
    waiting.start()
    newest.close()
    waiting.join(10)
    assert got == [None]
    kept: Newest[int] = Newest()
    kept.put(1)
    kept.put(2)
    kept.close()
    assert kept.take() == (2, 1)
    assert kept.take() is None
    thrown: Newest[int] = Newest()
    thrown.put(1)
    thrown.close(discard=True)
    assert thrown.take() is None


def test_what_is_no_camera_is_said_in_one_line(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no pictures in here\n")
    still = tmp_path / "still.png"
    encode(Clip.still(np.zeros((8, 8, 3), np.uint8)), still)
    cases: list[tuple[object, type[ProsoponError], ExitCode]] = [
        ("/dev/video97", MissingError, ExitCode.MISSING),
        ("97", MissingError, ExitCode.MISSING),
        (tmp_path / "nowhere.mp4", MediaError, ExitCode.FAILED),
        (text, MediaError, ExitCode.FAILED),
        (still, UsageError, ExitCode.USAGE),
    ]
    for name, kind, code in cases:
        with pytest.raises(kind) as caught:
            open_camera(str(name))
        assert caught.value.exit_code == code
        assert str(name).rpartition("/")[2] in caught.value.what
        assert caught.value.hint
