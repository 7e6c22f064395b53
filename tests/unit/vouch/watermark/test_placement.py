"""Where the original lies in a picture."""

from __future__ import annotations

import numpy as np
import pytest

from prosopon.vouch.watermark.placement import Placement


def test_the_whole_picture() -> None:
    whole = Placement.whole(640, 360)
    assert whole.is_whole
    assert not whole.mirrored
    assert whole.seen == 1.0
    assert whole.size_px == (640.0, 360.0)
    assert whole.rotation_deg == pytest.approx(0.0)


def test_a_crop() -> None:
    placement = Placement.of(np.array([[500.0, 0.0, -50.0], [0.0, 400.0, -40.0]]), 400, 320)
    assert not placement.is_whole
    assert placement.seen == pytest.approx(0.64, abs=0.03)
    assert placement.size_px == (500.0, 400.0)


@pytest.mark.parametrize("degrees", [-5.0, 3.0])
def test_a_turn(degrees: float) -> None:
    cos, sin = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    upright = np.array([[cos, -sin], [sin, cos]]) @ np.diag([300.0, 200.0])
    placement = Placement.of(np.concatenate([upright, [[0.0], [0.0]]], axis=1), 300, 200)
    assert placement.rotation_deg == pytest.approx(degrees)
    assert not placement.mirrored


def test_a_mirror_image_is_not_turned() -> None:
    placement = Placement.of(np.array([[-300.0, 0.0, 300.0], [0.0, 200.0, 0.0]]), 300, 200)
    assert placement.mirrored
    assert placement.rotation_deg == pytest.approx(0.0)
    assert placement.seen == 1.0
    assert not placement.is_whole


def test_matrix_comes_back_as_it_was_given() -> None:
    matrix = np.arange(6.0).reshape(2, 3)
    assert np.array_equal(Placement.of(matrix, 5, 5).array, matrix)
