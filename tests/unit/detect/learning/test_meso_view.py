"""Faces as MesoNet's authors cut them."""

from __future__ import annotations

import numpy as np
import pytest

from prosopon.core.faces import Face
from prosopon.detect.learning.meso_view import MesoView
from prosopon.faces.aligned.maps import apply
from prosopon.faces.aligned.mean_face import OWN

POINTS = (OWN * 100 + 60).astype(np.float32)


def test_the_square_is_the_published_one() -> None:
    eyes = (POINTS[36:42].mean(0) + POINTS[42:48].mean(0)) / 2
    lips = [*range(48, 55), *range(60, 65)], [48, *range(54, 60), 60, *range(64, 68)]
    mouth = (POINTS[lips[0]].mean(0) + POINTS[lips[1]].mean(0)) / 2
    apart = np.linalg.norm(POINTS[36:42].mean(0) - POINTS[42:48].mean(0))
    square = MesoView().square(POINTS)
    assert square.side == pytest.approx(2.2 * 1.3 * max(apart, np.linalg.norm(mouth - eyes)), rel=1e-5)
    assert (square.x, square.y) == pytest.approx(tuple((POINTS[27:31].mean(0) + POINTS[31:36].mean(0)) / 2), abs=1e-3)


@pytest.mark.parametrize("degrees", [-100.0, 0.0, 25.0])
def test_the_mouth_lies_straight_below_the_eyes(degrees: float) -> None:
    angle = np.deg2rad(degrees)
    turn = np.array(((np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle))))
    points = ((POINTS - 100) @ turn + 100).astype(np.float32)
    seen = apply(MesoView().matrix(Face.around(points)), points.astype(np.float64))
    eyes, mouth = seen[36:48].mean(0), seen[48:68].mean(0)
    assert mouth[0] == pytest.approx(eyes[0], abs=1.0)
    assert mouth[1] > eyes[1] + 50


def test_it_cuts_256_pixels() -> None:
    frame = np.random.default_rng(0).integers(0, 256, (240, 240, 3), dtype=np.uint8)
    assert MesoView().cut(frame, Face.around(POINTS)).shape == (256, 256, 3)
