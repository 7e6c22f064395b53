from __future__ import annotations

import numpy as np
import pytest

from prosopon.core.faces import Pose
from prosopon.faces.head68 import FOREHEAD, HEAD
from prosopon.faces.pose import rotation_of
from prosopon.faces.pose68 import face_box, fit_head, pose68
from prosopon.faces.sixty_eight import MIRROR
from prosopon.studio.person import Identity, Placement
from prosopon.studio.render import render


def seen(pose: Pose, scale: float = 8.0, x: float = 200.0, y: float = 150.0) -> np.ndarray:
    return (HEAD @ rotation_of(pose)[:2].T) * scale * (1, -1) + (x, y)


@pytest.mark.parametrize(
    "pose", [Pose(), Pose(30, 0, 0), Pose(-55, 10, 0), Pose(0, -25, 0), Pose(20, 15, 40), Pose(0, 0, 170)]
)
def test_the_mean_head_has_the_pose_it_was_given(pose: Pose) -> None:
    head = fit_head(seen(pose))
    for name in ("yaw", "pitch", "roll"):
        assert getattr(head.pose, name) == pytest.approx(getattr(pose, name), abs=0.01)
    assert head.scale == pytest.approx(8.0)
    assert head.offset == pytest.approx((200, 150))
    assert head.error == pytest.approx(0, abs=1e-6)


def test_place_and_size_change_nothing() -> None:
    near, far = pose68(seen(Pose(25, 5, 10), scale=20)), pose68(seen(Pose(25, 5, 10), scale=1, x=-40))
    assert (near.yaw, near.pitch, near.roll) == pytest.approx((far.yaw, far.pitch, far.roll))


@pytest.mark.parametrize("turn", [Pose(25, 0, 0), Pose(-25, 0, 0), Pose(0, 20, 0), Pose(0, -20, 0), Pose(0, 0, 30)])
def test_signs_are_those_of_rendered_people(turn: Pose) -> None:
    rest = pose68(render(Identity(), Placement(Pose())).landmarks)
    found = pose68(render(Identity(), Placement(turn)).landmarks)
    for name in ("yaw", "pitch", "roll"):
        assert getattr(found, name) - getattr(rest, name) == pytest.approx(getattr(turn, name), abs=5)


def test_noise_moves_the_pose_little() -> None:
    noisy = seen(Pose(20, -10, 5)) + np.random.default_rng(0).normal(0, 1, (68, 2))
    assert pose68(noisy).yaw == pytest.approx(20, abs=3)
    assert pose68(noisy).pitch == pytest.approx(-10, abs=4)


def test_the_box_holds_the_forehead_too() -> None:
    landmarks = seen(Pose())
    box = face_box(landmarks, fit_head(landmarks))
    assert box.bottom == pytest.approx(landmarks[:, 1].max(), abs=1e-3)
    assert box.top == pytest.approx(150 - 8 * FOREHEAD[:, 1].max(), abs=1e-3)
    assert box.top < landmarks[:, 1].min() - 20


def test_the_head_is_symmetric() -> None:
    assert np.array_equal(HEAD[MIRROR] * (-1, 1, 1), HEAD)
    assert np.isfinite(HEAD).all()
