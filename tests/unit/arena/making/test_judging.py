from __future__ import annotations

from fractions import Fraction

import numpy as np
from drawn_footage import DrawnFinder
from small_arena import drawn_person

from prosopon.arena.making.faking import Made
from prosopon.arena.making.judging import judged
from prosopon.arena.making.originals import Original
from prosopon.arena.making.subject import Subject
from prosopon.core.clip import Frame
from prosopon.core.faces import Face

FRAMES, POINTS = drawn_person(np.random.default_rng(0), 5)
TIMES = np.arange(5) / 25
TARGET = Subject(Original("ann", "ann", "train", "footage"), FRAMES, POINTS, TIMES, Fraction(25), None, "drawn")


def made(frames: np.ndarray) -> Made:
    return Made(frames, TIMES, Fraction(25), tuple(range(5)))


class Elsewhere(DrawnFinder):
    """Sees the face shifted by a share of its size."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def find(self, frame: Frame) -> list[Face]:
        size = np.ptp(self.landmarks, 0).max()
        return [Face.around(face.landmarks + np.float32(self.share * size)) for face in super().find(frame)]


def test_a_changed_picture_with_its_face_is_kept() -> None:
    found = judged(made(255 - FRAMES), TARGET, DrawnFinder(), moved=False)
    assert found.landmarks is not None
    assert found.landmarks.shape == (5, 68, 2)
    assert found.change > 20


def test_an_unchanged_face_is_no_fake_whatever_is_behind_it() -> None:
    behind = FRAMES.copy()
    behind[:, :60] = 0
    found = judged(made(behind), TARGET, DrawnFinder(), moved=False)
    assert found.landmarks is None
    assert "hardly anything" in found.why


def test_where_the_face_is_lost_the_fake_is_left_out() -> None:
    frames = 255 - FRAMES
    frames[:2] = 0
    found = judged(made(frames), TARGET, DrawnFinder(), moved=False)
    assert found.landmarks is None
    assert "3 of its 5" in found.why


def test_one_lost_frame_gets_the_landmarks_of_the_original() -> None:
    frames = 255 - FRAMES
    frames[4] = 0
    found = judged(made(frames), TARGET, Elsewhere(0.1), moved=False)
    assert found.landmarks is not None
    assert (found.landmarks[4] == POINTS[4]).all()
    moved = judged(made(frames), TARGET, Elsewhere(0.1), moved=True)
    assert moved.landmarks is not None
    assert (moved.landmarks[4] == moved.landmarks[3]).all()


def test_a_face_that_is_somewhere_else_is_not_the_one_that_is_meant() -> None:
    frames = 255 - FRAMES
    assert judged(made(frames), TARGET, Elsewhere(0.4), moved=False).landmarks is None
    assert judged(made(frames), TARGET, Elsewhere(0.4), moved=True).landmarks is not None
