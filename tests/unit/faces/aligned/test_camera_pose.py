from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from prosopon.faces.aligned.camera_pose import OWN_3D, POINTS, PUBLISHED_3D, CameraPose, camera_pose
from prosopon.faces.aligned.mean_face import INNER, OWN, PUBLISHED_CENTRED, MeanFace

BOTH = pytest.mark.parametrize(("mean_face", "face"), [("own", OWN_3D), ("published", PUBLISHED_3D)])


def seen(pose: CameraPose, face: np.ndarray) -> np.ndarray:
    landmarks = np.full((68, 2), np.nan)
    landmarks[POINTS] = pose.project(face)
    return landmarks


@BOTH
@pytest.mark.parametrize(
    "angles", [(0, 0, 0), (-8, 0, 0), (20, -45, 3), (-30, 60, -15), (5, 75, 10), (40, 0, 0)], ids=str
)
def test_a_pose_is_found_again(mean_face: MeanFace, face: np.ndarray, angles: tuple[float, float, float]) -> None:
    turn = Rotation.from_euler("xyz", angles, degrees=True).as_rotvec()
    given = CameraPose(turn, np.array((0.7, 3.0, -56.0)))
    found = camera_pose(seen(given, face), mean_face)
    assert found.turn == pytest.approx(turn, abs=1e-7)
    assert found.place == pytest.approx(given.place, abs=1e-5)
    assert found.pitch_yaw_roll == pytest.approx(angles, abs=1e-4)


@pytest.mark.parametrize(("turn", "x", "y"), [((0.4, 0, 0), 0, 1), ((0, 0.4, 0), -1, 0), ((0, -0.4, 0), 1, 0)])
def test_where_the_tip_of_the_nose_goes(turn: tuple[float, float, float], x: int, y: int) -> None:
    tip, place = OWN_3D[11:12], np.array((0.0, 3.0, -57.0))
    pose = CameraPose(np.array(turn, np.float64), place)
    moved = (pose.project(tip) - CameraPose(np.zeros(3), place).project(tip))[0]
    assert np.sign(np.round(moved, 2)).tolist() == [x, y]
    assert pose.pitch_yaw_roll == pytest.approx(np.degrees(turn))


def test_a_clockwise_tilt_is_a_positive_roll() -> None:
    corners = OWN_3D[[14, 17]]
    left, right = CameraPose(np.array((0.0, 0.0, 0.2)), np.array((0.0, 3.0, -57.0))).project(corners)
    assert left[0] < right[0]
    assert left[1] < right[1]


def test_the_mean_faces_look_ahead() -> None:
    pitch, yaw, roll = camera_pose(OWN, "own").pitch_yaw_roll
    assert (yaw, roll) == pytest.approx((0, 0), abs=1e-6)
    assert abs(pitch) < 12
    published = np.full((68, 2), np.nan)
    published[INNER] = PUBLISHED_CENTRED
    published[6:11] = OWN[6:11]
    assert camera_pose(published, "published").pitch_yaw_roll[0] == pytest.approx(pitch, abs=3)


def test_our_own_face_in_space_lies_where_the_published_one_does() -> None:
    assert OWN_3D.shape == PUBLISHED_3D.shape == (26, 3)
    assert np.sqrt(((OWN_3D - PUBLISHED_3D) ** 2).sum(1).mean()) < 0.6
    assert OWN_3D.mean(0) == pytest.approx(PUBLISHED_3D.mean(0), abs=1e-2)


def test_noise_ends_in_a_minimum() -> None:
    rng = np.random.default_rng(0)
    landmarks = OWN + rng.normal(0, 0.02, (68, 2))
    pose = camera_pose(landmarks)
    error = ((pose.project(OWN_3D) - landmarks[POINTS]) ** 2).sum()
    for change in np.eye(6) * 1e-4:
        for sign in (-1, 1):
            other = CameraPose(pose.turn + sign * change[:3], pose.place + sign * change[3:])
            assert ((other.project(OWN_3D) - landmarks[POINTS]) ** 2).sum() > error


def test_what_is_no_face_has_some_pose_all_the_same() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        pose = camera_pose(rng.normal(0.5, 0.5, (68, 2)))
        assert np.isfinite(pose.turn).all()
        assert np.isfinite(pose.place).all()


@pytest.mark.parametrize("places", [((0.2, 0.3),), ((0.0, 0.0), (1.0, 1.0))])
def test_points_on_one_place_or_in_a_line_do_not_break_off(places: tuple[tuple[float, float], ...]) -> None:
    landmarks = np.array(places * 68)[:68]
    assert np.isfinite(camera_pose(landmarks).project(OWN_3D)).all()
