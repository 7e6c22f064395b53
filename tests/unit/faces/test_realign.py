"""Looking at faces again: what falls away in the mean, and what must not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from prosopon.core.clip import Frame
from prosopon.core.faces import Box, Face, Pose
from prosopon.faces.builtin.finder import BuiltinFinder
from prosopon.faces.head68 import HEAD
from prosopon.faces.pose68 import face_box, fit_head, pose68
from prosopon.faces.realign import Looks, Realigning
from prosopon.studio.person import Identity, Placement
from prosopon.studio.render import render

FRAME = np.zeros((400, 500, 3), np.uint8)


def a_face(x: float = 250.0, y: float = 200.0, size: float = 8.0, roll_deg: float = 0.0) -> Face:
    """The mean head, turned in the picture's plane."""
    angle = np.radians(roll_deg)
    turn = np.array(((np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))))
    points = ((HEAD[:, :2] * (size, -size)) @ turn.T + (x, y)).astype(np.float32)
    head = fit_head(points)
    return Face(face_box(points, head), points, 0.9, blendshapes={"jawOpen": 0.5}, pose=head.pose)


class Scripted:
    """Finds one face in the frame, and in every crop that face with an error of its own; counts the crops."""

    name = "scripted"

    def __init__(self, first: Face, in_crops: list[NDArray[np.float32]] | None = None) -> None:
        self.first, self.in_crops, self.crops = first, in_crops, 0

    def find(self, frame: Frame) -> list[Face]:
        if frame.shape == FRAME.shape:
            return [self.first]
        self.crops += 1
        return [] if self.in_crops is None else [Face(Box(0, 0, 1, 1), one, 0.8) for one in self.in_crops]


def test_the_same_points_in_every_crop_are_the_stance_itself() -> None:
    # A finder that always sees the face upright in the middle of its crop: the mean of all looks is the first face.
    face = a_face(roll_deg=30.0)
    looks = Looks(n=4)
    upright = a_face(0, 0, 1)
    assert upright.landmarks is not None
    low, high = upright.landmarks.min(0), upright.landmarks.max(0)
    px, side = looks.size_px, float((high - low).max()) * looks.side
    centred = ((upright.landmarks - (low + high) / 2) / side + 0.5) * px
    again = Realigning(Scripted(face, [centred.astype(np.float32)]), looks).find(FRAME)[0]
    assert again.landmarks is not None
    assert face.landmarks is not None
    # Jitter of size and turn is not linear; what is left of it is below a hundredth of the face.
    assert np.abs(again.landmarks - face.landmarks).max() < 1.5


def test_a_face_that_is_not_found_again_stays() -> None:
    face = a_face()
    scripted = Scripted(face)
    assert Realigning(scripted, Looks(n=3)).find(FRAME) == [face]
    assert scripted.crops == 3
    astray = np.full((68, 2), 5.0, np.float32) + np.random.default_rng(0).random((68, 2)).astype(np.float32)
    assert Realigning(Scripted(face, [astray]), Looks(n=3)).find(FRAME) == [face]
    without = replace(face, landmarks=None)
    assert Realigning(Scripted(without)).find(FRAME) == [without]


class Following:
    """A finder that is told where the face should be, and says that it is there."""

    name = "following"

    def __init__(self, first: Face) -> None:
        self.first, self.told = first, [first][:0]

    def find(self, frame: Frame) -> list[Face]:
        return [self.first] if frame.shape == FRAME.shape else []

    def follow(self, frame: Frame, face: Face) -> list[Face]:
        self.told.append(face)
        return [replace(face, pose=Pose(10.0, -5.0, 0.0), blendshapes={"jawOpen": 0.1})]


def test_a_follower_is_told_an_upright_face_and_asked_as_often_as_wanted() -> None:
    face = a_face(roll_deg=-40.0)
    following = Following(face)
    again = Realigning(following, Looks(n=5, turn_deg=0.0)).find(FRAME)[0]
    assert len(following.told) == 5
    for told in following.told:
        assert told.landmarks is not None
        assert pose68(told.landmarks).roll == pytest.approx(0, abs=0.5)
    # Turned back into the frame: the crop's roll is the face's, its yaw and pitch turn with it.
    assert again.pose is not None
    assert again.pose.roll == pytest.approx(-40, abs=1.5)
    assert again.blendshapes == {"jawOpen": pytest.approx(0.1)}
    assert again.confidence == face.confidence


def test_the_box_goes_with_the_landmarks() -> None:
    face = a_face()
    again = Realigning(Following(face), Looks(n=2, turn_deg=0, resize=0)).find(FRAME)[0]
    assert again.landmarks is not None
    assert face.landmarks is not None
    moved = again.landmarks.max(0) - face.landmarks.max(0)
    assert again.box.right - face.box.right == pytest.approx(moved[0], abs=1e-4)
    assert again.box.bottom - face.box.bottom == pytest.approx(moved[1], abs=1e-4)


def test_what_is_found_trembles_less_when_the_picture_moves() -> None:
    finder = BuiltinFinder.open()
    again = Realigning(finder)
    assert again.name == "builtin, realigned"
    shown = render(Identity.random(np.random.default_rng(5)), Placement(Pose(15, 5, 25), scale=0.5), size_px=200).image
    first, mean = [], []
    for x, y in ((0, 0), (3, 1), (7, 5), (11, 2), (5, 13), (14, 9)):
        moved = np.pad(shown, ((y, 14 - y), (x, 14 - x), (0, 0)), mode="edge")
        found = finder.find(moved)[0]
        steadier = again.again(moved, found)
        assert found.landmarks is not None
        assert steadier.landmarks is not None
        first.append(found.landmarks - (x, y))
        mean.append(steadier.landmarks - (x, y))
    assert np.std(mean, axis=0).mean() < 0.8 * np.std(first, axis=0).mean()
    np.testing.assert_array_equal(steadier.landmarks, again.again(moved, found).landmarks)
