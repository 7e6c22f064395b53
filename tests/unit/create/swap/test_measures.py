"""What says whether a swap is good, on faces whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from prosopon.core.clip import Frame
from prosopon.core.faces import Box, Face, Pose
from prosopon.create.swap.measures import flicker, likeness, movement, person
from prosopon.faces.aligned.mean_face import OWN

EYES = float(np.linalg.norm(OWN[36] - OWN[45]))


def face(points: NDArray[np.float64], *, yaw: float = 0.0) -> Face:
    return Face(Box(0, 0, 1, 1), points.astype(np.float32), pose=Pose(yaw=yaw))


def talking(amount: float, *, wider: float = 1.0, turned: float = 0.0) -> list[Face]:
    """A face whose lower lip moves up and down, somewhere in the picture, at some size."""
    faces = []
    for t in range(12):
        points = OWN * (1, 1) * 80 + (30 + 3 * t, 20)
        points[:, 0] = (points[:, 0] - 70) * wider + 70
        points[55:60, 1] += amount * 80 * EYES * np.sin(t)
        faces.append(face(points, yaw=turned * np.sin(t)))
    return faces


def test_a_face_that_does_the_same_has_no_error() -> None:
    moved = movement(talking(0.1), talking(0.1))
    assert moved.expression == pytest.approx(0, abs=1e-6) and moved.pose_deg == 0 and moved.found == 1
    assert moved.expression_still > 1


def test_whose_face_it_is_does_not_count() -> None:
    """A wider face that talks as much: next to no error, beside what a still one has."""
    moved = movement(talking(0.1, wider=1.1), talking(0.1))
    assert moved.expression < 0.15 * moved.expression_still


def test_a_still_face_has_the_error_of_a_still_face() -> None:
    moved = movement(talking(0.0), talking(0.1))
    assert moved.expression == pytest.approx(moved.expression_still, rel=1e-6)
    assert movement(talking(0.2), talking(0.1)).expression == pytest.approx(moved.expression_still, rel=0.1)


def test_the_unit_is_the_distance_of_the_eyes() -> None:
    still = movement(talking(0.1), talking(0.1)).expression_still
    moving = np.array([0.1 * np.sin(t) for t in range(12)])
    wanted = 100 * np.sqrt(((moving - moving.mean()) ** 2).mean() * 5 / 51)
    assert still == pytest.approx(wanted, rel=0.15)  # laying onto the mean face takes a little of it away


def test_turns_of_the_head() -> None:
    moved = movement(talking(0, turned=5), talking(0, turned=8))
    assert moved.pose_deg == pytest.approx(
        np.abs(3 * (np.sin(np.arange(12)) - np.sin(np.arange(12)).mean())).mean() / 3
    )


def test_faces_that_were_not_found() -> None:
    made: list[Face | None] = [*talking(0.1)]
    made[3] = None
    moved = movement(made, talking(0.1))
    assert moved.found == pytest.approx(11 / 12) and moved.expression == pytest.approx(0, abs=1e-6)
    nothing = movement([None] * 3, talking(0.1)[:3])
    assert nothing.found == 0 and np.isnan(nothing.expression)


class Colours:
    """Takes the mean colour for who somebody is."""

    same_person = 0.9

    def embed(self, frame: Frame, face: Face) -> NDArray[np.float32]:
        mean = frame.reshape(-1, 3).mean(0)
        return (mean / np.linalg.norm(mean)).astype(np.float32)


def test_whose_face_it_is_taken_for() -> None:
    red, blue = (np.full((8, 8, 3), colour, np.uint8) for colour in ((200, 10, 10), (10, 10, 200)))
    somebody = talking(0)[:2]
    people = [person([picture] * 2, somebody, Colours()) for picture in (red, blue)]
    found = likeness([red, red], somebody, *people, Colours())
    assert found.source == pytest.approx(1, abs=1e-5) and found.target < 0.2
    half = likeness([red, blue], somebody, *people, Colours())
    assert half.source == pytest.approx(half.target, abs=1e-5)


def test_flicker_is_what_the_target_does_not_do() -> None:
    rng = np.random.default_rng(0)
    base = [rng.integers(50, 200, (16, 16, 3), dtype=np.uint8) for _ in range(4)]
    masks = [np.ones((16, 16), np.float32)] * 4
    assert flicker(base, masks, base) == 0
    brighter = [np.clip(one.astype(int) + 20, 0, 255).astype(np.uint8) for one in base]
    assert flicker(brighter, masks, base) == 0  # always brighter is no flicker
    every_other = [one if i % 2 else brighter[i] for i, one in enumerate(base)]
    assert flicker(every_other, masks, base) == pytest.approx(20)
    nowhere = [np.zeros((16, 16), np.float32)] * 4
    assert flicker(every_other, nowhere, base) == 0
    assert np.isnan(flicker(base[:1], masks[:1], base[:1]))
