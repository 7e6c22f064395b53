"""Following somebody before a camera: waited for, held, followed slowly, lost and found again."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

import numpy as np
import pytest

from prosopon.core.clip import Frame
from prosopon.core.errors import UsageError
from prosopon.core.faces import Box, Face
from prosopon.create.fomm.following import Follower, Sight
from prosopon.faces.head_box import head_box

FRAME = np.zeros((240, 320, 3), np.uint8)


def face(x: float, y: float = 120.0, size: float = 60.0) -> Face:
    ring = np.linspace(0, 2 * np.pi, 68)
    points = np.stack([x + size / 2 * np.cos(ring), y + size / 2 * np.sin(ring)], 1).astype(np.float32)
    return Face(Box(x - size / 2, y - size / 2, x + size / 2, y + size / 2), points)


def head(one: Face) -> Box:
    assert one.landmarks is not None
    return head_box([one.landmarks])


class Told:
    """Finds what it was told to."""

    name = "told"

    def __init__(self, *faces: Face) -> None:
        self.faces = list(faces)
        self.n_asked = 0

    def find(self, frame: Frame) -> list[Face]:
        self.n_asked += 1
        return self.faces


def looks(follower: Follower, start_s: float, seconds: float, fps: float = 25) -> list[Sight | None]:
    return [follower.look(FRAME, start_s + i / fps) for i in range(round(seconds * fps))]


def test_nobody_is_waited_for_and_then_framed_like_a_videos_head() -> None:
    finder = Told()
    follower = Follower(finder, "auto")
    assert looks(follower, 0, 1) == [None] * 25
    assert finder.n_asked == 25  # who comes is seen at once
    finder.faces = [face(150)]
    first, second = looks(follower, 1, 0.08)
    assert first == Sight(head(face(150)), is_seen=True, is_new=True)
    assert second == Sight(head(face(150)), is_seen=True, is_new=False)


def test_known_faces_are_looked_for_four_times_a_second() -> None:
    finder = Told(face(150))
    looks(Follower(finder, "auto"), 0, 4)
    assert 14 <= finder.n_asked <= 17


def test_a_finder_that_can_follow_is_told_where_the_face_was() -> None:
    class Following(Told):
        followed: list[float] = []  # noqa: RUF012 - of this test alone

        def follow(self, frame: Frame, one: Face) -> list[Face]:
            self.followed.append(one.box.left)
            return self.faces

    finder = Following(face(150))
    follower = Follower(finder, "auto")
    looks(follower, 0, 0.28)
    finder.faces = [face(160)]
    looks(follower, 0.28, 0.5)
    assert finder.n_asked == 1
    assert finder.followed == [120.0, 130.0]


class Slow(Executor):
    """Does what it was given when it is told to."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Future[Any], Callable[[], Any]]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.waiting.append((future, lambda: fn(*args, **kwargs)))
        return future

    def work(self) -> None:
        for future, task in self.waiting:
            future.set_result(task())
        self.waiting.clear()


def test_no_frame_waits_for_a_search_aside_once_somebody_is_known() -> None:
    finder, aside = Told(face(150)), Slow()
    follower = Follower(finder, "auto", aside=aside)
    assert looks(follower, 0, 0.04)[0] is not None  # the first one is waited for
    finder.faces = [face(190)]
    assert {sight.box for sight in looks(follower, 0.04, 0.5) if sight} == {head(face(150))}
    assert (finder.n_asked, len(aside.waiting)) == (1, 1)  # and no second search is begun meanwhile
    aside.work()
    moved = looks(follower, 0.54, 0.2)[-1]
    assert moved is not None
    assert moved.box.left > head(face(150)).left
    assert len(aside.waiting) == 1


def test_a_search_that_takes_too_long_is_not_a_sight() -> None:
    finder, aside = Told(face(150)), Slow()
    follower = Follower(finder, "auto", aside=aside)
    assert [sight.is_seen for sight in looks(follower, 0, 1) if sight] == [True] * 16 + [False] * 9
    aside.work()  # it says where the person was a while ago
    assert not any(sight.is_seen for sight in looks(follower, 1, 0.08) if sight)
    aside.work()
    assert all(sight.is_seen for sight in looks(follower, 1.08, 0.08) if sight)


def test_small_movements_leave_the_crop_where_it_is() -> None:
    finder = Told(face(150))
    follower = Follower(finder, "auto")
    looks(follower, 0, 1)
    finder.faces = [face(155, 122)]
    assert {sight.box for sight in looks(follower, 1, 2) if sight} == {head(face(150))}


def test_large_ones_are_followed_slowly_and_without_jumps() -> None:
    finder = Told(face(120))
    follower = Follower(finder, "auto")
    looks(follower, 0, 1)
    finder.faces = [face(160)]
    centres = [sight.box.centre[0] for sight in looks(follower, 1, 6) if sight]
    steps = np.diff([120, *centres])
    assert (steps >= -1e-6).all()
    assert steps.max() < 3  # pixels a frame, of 40
    assert centres[-1] == pytest.approx(160, abs=1)
    assert not any(sight.is_new for sight in looks(follower, 7, 1) if sight)


def test_out_of_sight_the_motion_stands_still_and_a_long_absence_begins_anew() -> None:
    finder = Told(face(120))
    follower = Follower(finder, "auto")
    looks(follower, 0, 1)
    finder.faces = []
    away = looks(follower, 1, 4)
    assert away[0] is not None
    assert away[0].is_seen
    assert away[-1] is not None
    assert not away[-1].is_seen
    finder.faces = [face(200)]
    back = [sight for sight in looks(follower, 5, 1) if sight]
    assert sum(sight.is_new for sight in back) == 1
    assert back[-1].box == head(face(200))


def test_somebody_else_elsewhere_is_not_followed_while_the_person_is_there_or_has_just_gone() -> None:
    finder = Told(face(80))
    follower = Follower(finder, "auto")
    looks(follower, 0, 1)
    finder.faces = [face(250, size=90), face(80)]
    assert {sight.box for sight in looks(follower, 1, 1) if sight} == {head(face(80))}
    finder.faces = [face(250, size=90)]
    assert {sight.box for sight in looks(follower, 2, 1) if sight} == {head(face(80))}
    assert looks(follower, 3, 2)[-1] == Sight(head(face(250, size=90)), is_seen=True, is_new=False)


def test_without_a_finder_or_with_a_crop_nobody_has_to_be_there() -> None:
    whole = Follower(None, "auto").look(FRAME, 0.0)
    assert whole == Sight(Box(0, -40, 320, 280), is_seen=True, is_new=True)
    finder = Told()
    follower = Follower(finder, Box(10, 20, 110, 120))
    assert follower.look(FRAME, 0.0) == Sight(Box(10, 20, 110, 120), is_seen=True, is_new=True)
    assert follower.look(FRAME, 9.0) == Sight(Box(10, 20, 110, 120), is_seen=True, is_new=False)
    assert finder.n_asked == 0


def test_a_crop_outside_the_picture_is_refused() -> None:
    with pytest.raises(UsageError, match="320x240"):
        Follower(None, Box(400, 0, 500, 100)).look(FRAME, 0.0)
