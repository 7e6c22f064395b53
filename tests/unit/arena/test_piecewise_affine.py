"""Faces bent onto landmarks: where they come to lie, and what is shown of folded triangles."""

from __future__ import annotations

import numpy as np
import pytest

from prosopon.arena.piecewise_affine import TRIANGLES, bent, corners
from prosopon.faces.aligned.cut import Window
from prosopon.faces.aligned.hull import landmark_mask
from prosopon.faces.aligned.mean_face import OWN

SIDE = 96
POINTS = (OWN * 0.6 + (0.2, 0.22)) * SIDE
WHOLE = Window(0, SIDE, 0, SIDE)


def ramps() -> np.ndarray:
    """Red says where across, green where down: pixel centres are at their own coordinates."""
    y, x = np.mgrid[:SIDE, :SIDE]
    return np.stack((2 * x + 1, 2 * y + 1, np.full_like(x, 7)), axis=-1).astype(np.uint8)


def test_a_face_on_its_own_landmarks_is_itself() -> None:
    face = bent(ramps(), POINTS, POINTS, WHOLE)
    assert np.allclose(face.patch[face.covered], ramps()[face.covered], atol=1e-3)
    assert (face.patch[~face.covered] == 0).all()


def test_the_triangles_cover_the_face_and_nothing_else() -> None:
    face = bent(ramps(), POINTS, POINTS, WHOLE)
    mask = landmark_mask(POINTS, SIDE)
    assert face.covered[mask == 1].all()
    low, high = corners(POINTS).min(0) - 1, corners(POINTS).max(0) + 1
    rows, columns = np.nonzero(face.covered)
    assert (rows > low[1] - 1).all()
    assert (rows < high[1]).all()
    assert (columns > low[0] - 1).all()
    assert (columns < high[0]).all()


def test_a_moved_and_enlarged_face_is_read_where_it_was() -> None:
    onto = (POINTS - 48) * 1.25 + (51.5, 47.0)
    face = bent(ramps(), POINTS, onto, WHOLE)
    y, x = np.mgrid[:SIDE, :SIDE] + 0.5
    expected = np.stack((2 * ((x - 51.5) / 1.25 + 48), 2 * ((y - 47.0) / 1.25 + 48)), axis=-1)
    assert (
        np.abs(face.patch[face.covered][:, :2] - expected[face.covered]).max() < 0.1
    )  # cubic convolution bends ramps a little


def test_a_window_is_a_piece_of_the_whole() -> None:
    onto = POINTS + np.array((3.3, -2.7))
    whole, piece = bent(ramps(), POINTS, onto, WHOLE), bent(ramps(), POINTS, onto, Window(20, 70, 31, 66))
    for all_of_it, some in zip(whole, piece, strict=True):
        assert np.array_equal(all_of_it[20:70, 31:66], some)


def test_only_the_moved_landmark_moves_its_triangles() -> None:
    onto = POINTS.copy()
    onto[30] += (2.0, 0.0)  # the tip of the nose
    face = bent(ramps(), POINTS, onto, WHOLE)
    moved = np.abs(face.patch - ramps()).max(-1) > 0.01
    touched = np.isin(TRIANGLES, 30).any(1)
    reach = corners(POINTS)[np.unique(TRIANGLES[touched])]
    rows, columns = np.nonzero(moved & face.covered)
    assert len(rows) > 10
    assert (columns + 0.5 >= reach.min(0)[0]).all()
    assert (columns + 0.5 <= reach.max(0)[0] + 2).all()
    assert (rows + 0.5 >= reach.min(0)[1]).all()
    assert (rows + 0.5 <= reach.max(0)[1]).all()


def test_the_open_mouth_is_told_and_the_shut_one_has_no_inside() -> None:
    wide = POINTS.copy()
    wide[65:68] += (0, 8)
    inside = bent(ramps(), POINTS, wide, WHOLE).in_mouth
    middle = np.floor(wide[60:68].mean(0)).astype(int)
    assert inside[middle[1], middle[0]]
    assert 30 < inside.sum() < 200
    shut = POINTS.copy()
    shut[[67, 66, 65]] = shut[[61, 62, 63]]
    assert bent(ramps(), POINTS, shut, WHOLE).in_mouth.sum() == 0


def test_triangles_are_all_turned_the_same_way() -> None:
    points = corners(OWN)[TRIANGLES]
    a, b = points[:, 1] - points[:, 0], points[:, 2] - points[:, 0]
    assert (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0] > 0).all()
    assert set(TRIANGLES.ravel()) == set(range(78))


def test_a_mirrored_or_flat_face_shows_nothing() -> None:
    assert not bent(ramps(), POINTS, POINTS * (-1, 1) + (SIDE, 0), WHOLE).covered.any()
    assert not bent(ramps(), POINTS, np.full((68, 2), 40.0), WHOLE).covered.any()
    assert not bent(ramps(), POINTS, POINTS + 1000, WHOLE).covered.any()


def test_landmarks_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="68 landmarks"):
        bent(ramps(), POINTS[:5], POINTS, WHOLE)
