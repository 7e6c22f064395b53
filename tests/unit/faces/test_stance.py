from __future__ import annotations

import numpy as np
import pytest

from prosopon.core.faces import Pose
from prosopon.faces.stance import Stance, apply, inverse, view
from prosopon.studio.person import Identity, Placement
from prosopon.studio.render import render


@pytest.mark.parametrize("roll", [0, 25, -60, 175])
def test_a_turned_face_stands_upright_in_its_crop(roll: float) -> None:
    shown = render(Identity(), Placement(Pose(0, 0, roll)))
    stance = Stance.of(shown.landmarks)
    assert (stance.roll_deg - roll + 180) % 360 - 180 == pytest.approx(0, abs=4)
    points = apply(inverse(stance.matrix(1.5, 128)), shown.landmarks)
    upright = Stance.of(points)
    assert upright.roll_deg == pytest.approx(0, abs=0.01)
    assert (upright.x, upright.y) == pytest.approx((64, 64), abs=0.01)
    assert upright.size == pytest.approx(128 / 1.5, abs=0.01)


def test_size_does_not_change_with_roll() -> None:
    points = render(Identity()).landmarks
    turned = points @ np.array(((0.8, 0.6), (-0.6, 0.8)))
    assert Stance.of(turned).size == pytest.approx(Stance.of(points).size, rel=1e-5)


def test_looking_straight_changes_nothing() -> None:
    frame = np.random.default_rng(0).integers(0, 256, (20, 30, 3)).astype(np.uint8)
    assert np.array_equal(view(frame, np.eye(2, 3), 30, 20), frame)


def test_a_shift_of_whole_pixels_moves_them_and_repeats_the_edge() -> None:
    frame = np.random.default_rng(0).integers(0, 256, (20, 30, 3)).astype(np.uint8)
    moved = view(frame, np.array(((1.0, 0, -5), (0, 1.0, 3))), 30, 20)
    assert np.array_equal(moved[:17, 5:], frame[3:, :25])
    assert np.array_equal(moved[:17, 0], frame[3:, 0])


def test_making_smaller_does_not_alias() -> None:
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[:, ::2] = 255
    small = view(stripes, np.array(((8.0, 0, 0), (0, 8.0, 0))), 32, 32)
    assert small.std() < 2
    assert small.mean() == pytest.approx(127.5, abs=2)
