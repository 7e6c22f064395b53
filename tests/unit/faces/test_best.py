"""The best faces: sharp, from every side, with different expressions; however many are asked for."""

from __future__ import annotations

import numpy as np
import pytest

from prosopon.core.faces import Box, Face, Pose
from prosopon.faces.alignment import Aligned
from prosopon.faces.best import best_first
from prosopon.faces.head68 import HEAD
from prosopon.faces.order import in_order_of
from prosopon.faces.pose import rotation_of


def one(frame: int, yaw: float = 0.0, sharpness: float = 1.0, mouth: float = 0.0, pitch: float = 0.0) -> Aligned:
    head = HEAD.copy()
    head[[57, 66], 1] -= mouth
    turned = head @ rotation_of(Pose(yaw, pitch)).T
    points = (turned[:, :2] * (5, -5)).astype(np.float32)
    face = Face(Box(0, 0, 1, 1), points, pose=Pose(yaw, pitch))
    return Aligned(frame, frame / 25, 0, face, {"sharpness": sharpness})


def test_sides_take_turns_and_the_sharpest_of_each_comes_first() -> None:
    faces = [*(one(i, 0.0, i) for i in range(20)), *(one(20 + i, 40.0, i) for i in range(3)), one(23, -40.0)]
    order = best_first(faces)
    assert order[0].frame == 19  # of the fullest side
    assert {face.frame for face in order[1:3]} == {22, 23}
    yaws = [face.face.pose.yaw for face in order[:7] if face.face.pose]
    assert sorted(yaws) == [-40, 0, 0, 0, 40, 40, 40]
    assert sorted(face.frame for face in order) == [*range(24)]
    assert best_first(faces, 3) == order[:3]
    assert in_order_of(faces, "best") == order


def test_few_of_many_sides_are_spread() -> None:
    faces = [one(i, yaw) for i, yaw in enumerate(range(-60, 61, 10))]
    first = [face.face.pose.yaw for face in best_first(faces, 3) if face.face.pose]
    assert {-60, 60} <= {*first}


def test_expressions_differ() -> None:
    shut = [one(i, sharpness=2.0 + i / 100) for i in range(10)]
    faces = [*shut, one(10, sharpness=1.0, mouth=3.0)]
    assert 10 in [face.frame for face in best_first(faces, 2)]


def test_what_cannot_be_told_comes_last_in_its_order() -> None:
    unknown = [Aligned(index, 0.0, 0, Face(Box(0, 0, 1, 1))) for index in (7, 8)]
    order = best_first([unknown[0], one(1), unknown[1], one(2)])
    assert [face.frame for face in order[2:]] == [7, 8]
    assert best_first([]) == []
    assert best_first(unknown, 1) == unknown[:1]


def test_many_faces_from_one_side_all_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prosopon.faces.best._MOST_VARIED", 4)
    faces = [one(i, sharpness=(i * 7) % 20, mouth=i / 20) for i in range(20)]
    order = best_first(faces)
    assert sorted(face.frame for face in order) == [*range(20)]
    rest = [face.measures["sharpness"] for face in order[4:]]
    assert rest == sorted(rest, reverse=True)
    assert best_first(faces, 6) == order[:6]
