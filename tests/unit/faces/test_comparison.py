from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from prosopon.core.clip import Frame
from prosopon.core.faces import Box, Face, Pose
from prosopon.faces.comparison import compare, compare_all, eyes_apart, mean_face
from prosopon.faces.head68 import HEAD
from prosopon.faces.pose68 import face_box, fit_head

FRAME = np.zeros((200, 300, 3), np.uint8)


def face(x: float = 100, y: float = 100, scale: float = 4, confidence: float = 1.0) -> Face:
    landmarks = (HEAD[:, :2] * (scale, -scale) + (x, y)).astype(np.float32)
    head = fit_head(landmarks)
    return Face(face_box(landmarks, head), landmarks, confidence, pose=head.pose)


class Says:
    name = "says"

    def __init__(self, *faces: Face) -> None:
        self.faces = [*faces]

    def find(self, frame: Frame) -> list[Face]:
        return self.faces


def test_the_same_face_has_no_error() -> None:
    tally = compare(Says(face()), FRAME, [face()])
    assert (tally.found, tally.nme(), len(tally.false)) == (1.0, 0.0, 0)
    assert tally.baseline() == pytest.approx(0, abs=1e-3), "the mean face is the mean face"
    assert tally.pose_off() == (0, 0, 0)


def test_errors_are_in_distances_of_the_eyes() -> None:
    truth = face()
    assert truth.landmarks is not None
    moved = replace(truth, landmarks=truth.landmarks + np.array((0.05 * eyes_apart(truth.landmarks), 0), np.float32))
    assert compare(Says(moved), FRAME, [truth]).nme() == pytest.approx(0.05, abs=1e-4)


def test_missed_and_false_faces_are_counted() -> None:
    tally = compare(Says(face(250, 60, 2, 0.7)), FRAME, [face()])
    assert (tally.found, tally.missed, tally.false) == (0.0, 1, [0.7])
    assert math.isnan(tally.nme())


def test_a_face_is_counted_once() -> None:
    tally = compare(Says(face(), face(102, 100)), FRAME, [face()])
    assert len(tally.met) == 1
    assert len(tally.false) == 1


def test_tallies_add_up() -> None:
    total = compare_all(Says(face()), [(FRAME, [face()]), (FRAME, []), (FRAME, [face(), face(220, 100)])])
    assert (total.pictures, total.faces, len(total.met), len(total.false)) == (3, 3, 2, 1)
    assert total.false_a_picture == pytest.approx(1 / 3)
    assert total.ms > 0


def test_only_faces_that_look_ahead_are_frontal() -> None:
    tally = compare_all(
        Says(face()), [(FRAME, [replace(face(), pose=Pose(yaw=yaw))]) for yaw in (-30.0, -15.0, 0.0, 25.0)]
    )
    assert len(tally.frontal().met) == 2


def test_from_the_side_the_unit_does_not_vanish() -> None:
    landmarks = face().landmarks
    assert landmarks is not None
    flat = landmarks * np.array((0.01, 1), np.float32)
    assert eyes_apart(flat) == pytest.approx(float(np.ptp(landmarks[:, 1])) / 3, rel=1e-3)


def test_the_mean_face_fills_its_box() -> None:
    points = mean_face(Box(10, 20, 110, 170))
    assert points[:, 0].min() == pytest.approx(10)
    assert points[:, 0].max() == pytest.approx(110)
    assert points[:, 1].max() == pytest.approx(170)
    assert points[:, 1].min() > 40, "the forehead is above the brows"
