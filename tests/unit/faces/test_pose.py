from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from prosopon.core.faces import Pose
from prosopon.faces.mediapipe import MediaPipeFinder
from prosopon.faces.pose import _PLACES, _VERTICES, angles, pose_of, rotation_of


def mesh_of(pose: Pose) -> NDArray[np.float64]:
    """The mean head in this pose as MediaPipe would report it: y down, z away from the viewer."""
    mesh = np.zeros((478, 3))
    mesh[_VERTICES] = (_PLACES @ rotation_of(pose).T) * (1.0, -1.0, -1.0) * 20.0 + (300.0, 200.0, 0.0)
    return mesh


@given(st.floats(-89, 89), st.floats(-89, 89), st.floats(-179, 179))
def test_angles_undo_rotation_of(yaw: float, pitch: float, roll: float) -> None:
    pose = angles(rotation_of(Pose(yaw, pitch, roll)))
    assert np.allclose((pose.yaw, pose.pitch, pose.roll), (yaw, pitch, roll), atol=1e-6)


def test_the_nose_shows_where_the_head_turns() -> None:
    forward = np.array([0.0, 0.0, 1.0])
    assert (rotation_of(Pose(yaw=30)) @ forward)[0] == pytest.approx(0.5)  # to the picture's right
    assert (rotation_of(Pose(pitch=30)) @ forward)[1] == pytest.approx(0.5)  # up
    crown = rotation_of(Pose(roll=30)) @ np.array([0.0, 1.0, 0.0])
    assert crown[0] == pytest.approx(0.5)  # clockwise: the crown goes to the picture's right


@pytest.mark.parametrize("pose", [Pose(), Pose(yaw=40), Pose(pitch=-25), Pose(roll=70), Pose(20, 10, -30)])
def test_pose_of_a_turned_mean_head(pose: Pose) -> None:
    found = pose_of(mesh_of(pose))
    assert np.allclose((found.yaw, found.pitch, found.roll), (pose.yaw, pose.pitch, pose.roll), atol=1e-6)


def test_signs_on_a_portrait(finder: MediaPipeFinder, portrait: NDArray[np.uint8]) -> None:
    pose = finder.find(portrait)[0].pose
    mirrored = finder.find(portrait[:, ::-1])[0].pose
    assert pose is not None
    assert mirrored is not None
    assert pose.yaw < -8  # looks to the picture's left
    assert mirrored.yaw == pytest.approx(-pose.yaw, abs=3)
    clockwise = np.array(Image.fromarray(portrait).rotate(-20))
    tilted = finder.find(clockwise)[0].pose
    assert tilted is not None
    assert tilted.roll - pose.roll == pytest.approx(20, abs=3)


def test_the_place_in_the_picture_does_not_matter(finder: MediaPipeFinder, portrait: NDArray[np.uint8]) -> None:
    yaws = []
    for x, y in ((0, 0), (400, 400)):
        canvas = np.full((912, 912, 3), 40, np.uint8)
        canvas[y : y + 512, x : x + 512] = portrait
        pose = finder.find(canvas)[0].pose
        assert pose is not None
        yaws.append(pose.yaw)
    assert yaws[0] == pytest.approx(yaws[1], abs=2)
