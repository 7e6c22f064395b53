"""Faces at their own resolution: the frame's own pixels, and the size that arenas have for large ones."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from prosopon.core.clip import Clip
from prosopon.core.faces import Face
from prosopon.detect.learning.native import native_crop, native_crops


def landmarks(x: float, y: float, size: float) -> NDArray[np.float32]:
    """A face whose landmarks fill a square of that size around (x, y)."""
    points = np.random.default_rng(0).uniform(-0.5, 0.5, (68, 2))
    points[:2] = (-0.5, -0.5), (0.5, 0.5)
    return (points * size + (x, y)).astype(np.float32)


@pytest.fixture
def frame() -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (200, 300, 3), np.uint8)


def test_pixels_keep_their_values(frame: NDArray[np.uint8]) -> None:
    crop = native_crop(frame, landmarks(100, 90, 50), 1.2)
    assert crop.shape == (60, 60, 3)
    assert (crop == frame[60:120, 70:130]).all()


def test_beyond_the_border_the_frame_is_mirrored(frame: NDArray[np.uint8]) -> None:
    crop = native_crop(frame, landmarks(10, 90, 50), 1.2)
    assert (crop[:, 20:] == frame[60:120, :40]).all()
    assert (crop[:, 19] == frame[60:120, 1]).all() and (crop[:, 0] == frame[60:120, 20]).all()


def test_large_faces_are_made_as_small_as_arenas_have_them() -> None:
    y, x = np.mgrid[:900, :900]
    frame = np.stack([x / 4, y / 4, 0 * x], -1).astype(np.uint8)
    clip = Clip.of_frames([frame, frame], 25)
    faces = {0: Face.around(landmarks(450, 450, 300)), 1: Face.around(landmarks(450, 450, 330))}
    crops = dict(native_crops(clip, faces, 1.0))
    # One scale for the whole clip: 150 for the median of 315.
    assert [crop.shape[0] for crop in crops.values()] == [round(300 * 150 / 315), round(330 * 150 / 315)]
    assert crops[0][71, 71] == pytest.approx([112, 112, 0], abs=2)


def test_faces_without_a_place_are_passed_over(frame: NDArray[np.uint8]) -> None:
    clip = Clip.of_frames([frame, frame, frame], 25)
    one_place = Face.around(np.full((68, 2), 5, np.float32))
    faces = {0: one_place, 1: Face(one_place.box), 2: Face.around(landmarks(100, 90, 50))}
    assert [index for index, _ in native_crops(clip, faces, 1.3)] == [2]
    assert [*native_crops(clip, {0: one_place}, 1.3)] == []
