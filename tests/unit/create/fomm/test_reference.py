"""Choosing the reference frame, and saying what is wrong with it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from prosopon.core.faces import Pose
from prosopon.create.fomm.reference import judge
from prosopon.faces.head68 import HEAD
from prosopon.faces.pose import rotation_of

Landmarks = NDArray[np.float32]


def face(pose: Pose | None = None, *, eyes: float = 1.0, mouth: float = 0.0, x: float = 0.0) -> Landmarks:
    """The mean head in some state: opening of the eyes as a share of the usual, of the mouth in centimetres."""
    head = HEAD.copy()
    for upper, lower in ((37, 41), (38, 40), (43, 47), (44, 46)):
        middle = (head[upper] + head[lower]) / 2
        half = np.array((0, 0.6, 0)) * eyes
        head[upper], head[lower] = middle + half, middle - half
    head[[65, 66, 67]] -= (0, mouth, 0)
    turned = head @ rotation_of(pose or Pose()).T
    return (turned[:, :2] * (10, -10) + (200 + x, 200)).astype(np.float32)


def clip(*faces: Landmarks, fps: float = 25) -> tuple[dict[int, Landmarks], list[float]]:
    return dict(enumerate(faces)), [index / fps for index in range(len(faces))]


def test_the_frame_in_the_pictures_state_is_chosen() -> None:
    faces, times = clip(face(eyes=0.2), face(mouth=2), face(Pose(30, 0, 0)), face(), face(Pose(-20, 5, 0)), fps=1)
    judged = judge(face(), faces, times)
    assert judged.frame == 3
    assert not judged.problems
    assert judged.sentence("film.mp4") is None


def test_narrow_eyes_are_no_shut_eyes() -> None:
    """The picture's person has narrower eyes than the driving one: no reason to take a blink for the reference."""
    faces, times = clip(face(), face(eyes=0.5), face(), face(), face())
    assert judge(face(eyes=0.55), faces, times).frame != 1


@pytest.mark.parametrize(
    ("first", "said"),
    [
        (face(eyes=0.1), "the eyes are shut"),
        (face(mouth=2), "the mouth is open"),
        (face(Pose(25, 0, 0)), "turned 25 degrees further to the right"),
        (face(Pose(-25, 0, 0)), "turned 25 degrees further to the left"),
        (face(Pose(0, 0, 30)), "tilted by 30 degrees"),
        (face(x=80), "so fast that it is blurred"),
    ],
)
def test_a_bad_first_frame_is_told_with_a_better_one(first: Landmarks, said: str) -> None:
    faces, times = clip(first, *(face() for _ in range(6)))
    judged = judge(face(), faces, times, chosen=0)
    assert judged.frame == 0
    sentence = judged.sentence("film.mp4")
    assert sentence is not None
    assert said in sentence
    assert f"frame {judged.better} " in sentence
    assert "--best-frame" in sentence
    assert judged.as_json()["better_frame"] == judged.better != 0


def test_where_no_frame_fits_this_is_said() -> None:
    faces, times = clip(*(face(Pose(40, 0, 0)) for _ in range(3)))
    judged = judge(face(), faces, times)
    assert judged.better is None
    sentence = judged.sentence("film.mp4")
    assert sentence is not None
    assert "no frame fits the picture better" in sentence


def test_a_single_frame_can_be_judged() -> None:
    faces, times = clip(face())
    assert judge(face(), faces, times).frame == 0
