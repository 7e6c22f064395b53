"""Openings of eyes and mouth from 68 landmarks."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from prosopon.faces.openings import eye_opening, eye_openings, mouth_opening


def a_face(left: float, right: float, mouth: float) -> NDArray[np.float64]:
    """Eyes and mouth 20 wide, so many high."""
    points = np.zeros((68, 2))
    for corner, x, high in ((36, 50, left), (42, 100, right)):
        half = high / 2
        points[corner : corner + 6] = [
            (x, 70), (x + 6, 70 - half), (x + 14, 70 - half), (x + 20, 70), (x + 14, 70 + half), (x + 6, 70 + half)
        ]  # fmt: skip
    points[48], points[54] = (70, 110), (90, 110)
    points[61:64] = [(76, 110 - mouth / 2), (80, 110 - mouth / 2), (84, 110 - mouth / 2)]
    points[65:68] = [(84, 110 + mouth / 2), (80, 110 + mouth / 2), (76, 110 + mouth / 2)]
    return points


def test_they_are_height_over_width() -> None:
    face = a_face(6, 2, 10)
    np.testing.assert_allclose(eye_openings(face), [0.3, 0.1])
    assert eye_opening(face) == pytest.approx(0.2)
    assert mouth_opening(face) == pytest.approx(0.5)


def test_size_roll_and_place_do_not_matter() -> None:
    face = a_face(6, 2, 10)
    angle = np.deg2rad(35)
    turned = 3.5 * face @ np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) + (9, -4)
    np.testing.assert_allclose(eye_openings(turned), eye_openings(face))
    assert mouth_opening(turned) == pytest.approx(mouth_opening(face))


def test_series_and_missing_faces() -> None:
    series = np.stack([a_face(6, 6, 0), np.full((68, 2), np.nan), a_face(0, 0, 4)]).astype(np.float32)
    opening = eye_opening(series)
    assert opening.shape == (3,)
    np.testing.assert_allclose(opening, [0.3, np.nan, 0], atol=1e-6)
    np.testing.assert_allclose(mouth_opening(series), [0, np.nan, 0.2], atol=1e-6)
