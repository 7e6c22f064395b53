from __future__ import annotations

import numpy as np
import pytest

from prosopon.faces.aligned.deepfacelab import DeepFaceLabType, square_crop, unit_matrix, yaw_in_sides
from prosopon.faces.aligned.maps import apply, inverted, scale_of
from prosopon.faces.aligned.mean_face import OWN

SIDES: dict[DeepFaceLabType, float] = {
    "half": 1.0,
    "midfull": 1.0 + 2 * 2**0.5 * 0.0675,
    "full": 1.0 + 2 * 2**0.5 * 0.2109375,
    "whole": 1.0 + 2 * 2**0.5 * 0.40,
    "head": 1.0 + 2 * 2**0.5 * 0.70,
}
"""Sides of the crops in sides of the unit square."""


def face(degrees: float = 0.0) -> np.ndarray:
    """The mean face 200 px large, about (400, 300)."""
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return (OWN - 0.5) @ np.array(((cos, sin), (-sin, cos))) * 200 + (400, 300)


@pytest.mark.parametrize("face_type", SIDES)
@pytest.mark.parametrize("degrees", [0, 35, -170])
def test_each_type_shows_its_share_of_the_head(face_type: DeepFaceLabType, degrees: float) -> None:
    matrix = square_crop(face(degrees), face_type, 96)
    points = apply(matrix, face(degrees))
    assert points[27, 0] == pytest.approx(48)
    assert points[36, 1] == pytest.approx(points[45, 1])
    assert np.ptp(points[:, 0]) == pytest.approx(np.ptp(OWN[:, 0]) * 96 / SIDES[face_type])
    rise = {"whole": 0.07, "head": 0.5}.get(face_type, 0.0)
    middle = apply(matrix, face(degrees).mean(0)) - 48
    assert middle[1] == pytest.approx((OWN[:, 1].mean() - 0.5 + rise) * 96 / SIDES[face_type])


@pytest.mark.parametrize(("face_type", "like"), [("full-no-align", "full"), ("head-no-align", "head")])
def test_upright_crops_have_the_same_area_and_no_turn(face_type: DeepFaceLabType, like: DeepFaceLabType) -> None:
    matrix = square_crop(face(35), face_type, 128)
    assert matrix[0, 1] == matrix[1, 0] == 0.0
    assert matrix[0, 0] == matrix[1, 1]
    assert scale_of(matrix) == pytest.approx(scale_of(square_crop(face(35), like, 128)))
    assert apply(matrix, np.array((400.0, 300.0))) == pytest.approx((64, 64))


def test_scale_is_about_the_crops_middle() -> None:
    plain, larger = (square_crop(face(20), "whole", 256, scale=scale) for scale in (1.0, 1.1))
    middle = apply(inverted(plain), np.array((128.0, 128.0)))
    assert apply(larger, middle) == pytest.approx((128, 128))
    assert scale_of(larger) == pytest.approx(1.1 * scale_of(plain))


def test_the_size_only_scales() -> None:
    assert square_crop(face(5), "full", 512) == pytest.approx(4 * square_crop(face(5), "full", 128))


def test_only_the_head_follows_its_turn() -> None:
    turned = OWN.copy()
    turned[27:31, 0] += 0.15
    assert yaw_in_sides(OWN) == pytest.approx(0, abs=1e-12)
    assert yaw_in_sides(turned) == pytest.approx(-0.3)
    mirrored = turned * (-1, 1)
    assert yaw_in_sides(np.concatenate((mirrored[16::-1], mirrored[17:]))) == pytest.approx(0.3)
    frame = (turned - 0.5) * 200 + (400, 300)
    unit = unit_matrix(frame)
    yaw = yaw_in_sides(apply(unit, frame))
    head, whole = (
        apply(unit, apply(inverted(square_crop(frame, name, 128)), np.array((64.0, 64.0))))
        for name in ("head", "whole")
    )
    assert whole == pytest.approx((0.5, 0.43))
    # The back of a head that turns to the right is on the left.
    assert head == pytest.approx((0.5 + yaw * abs(np.tanh(2 * yaw)) / 2, 0.0), abs=1e-9)
    assert head[0] < 0.45


def test_a_mouth_that_opens_does_not_move_the_crop() -> None:
    open_wide = face()
    open_wide[[55, 56, 57, 58, 59, 65, 66, 67], 1] += 40
    open_wide[:17, 1] += 30
    assert np.array_equal(square_crop(open_wide, "full", 64), square_crop(face(), "full", 64))
