"""Views: the same part of a face, however it lies in the frame."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from prosopon.core.faces import Face
from prosopon.detect.learning.view import View
from prosopon.faces.aligned.maps import apply
from prosopon.faces.aligned.mean_face import OWN
from prosopon.faces.head_box import face_size

POINTS = (OWN * 90 + (70, 60)).astype(np.float32)


def scene(seed: int = 0) -> NDArray[np.uint8]:
    """Smooth blobs, so that cutting finely resolves nothing but rounding."""
    coarse = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((240, 200), Image.Resampling.BICUBIC))


def turned(points: NDArray[np.float32], degrees: float) -> NDArray[np.float32]:
    angle = np.deg2rad(degrees)
    turn = np.array(((np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle))))
    middle = points.mean(0)
    return np.asarray((points - middle) @ turn + middle, np.float32)


def test_a_view_is_centred_and_as_wide_as_said() -> None:
    view = View(96, 1.5, upright=False)
    inside = apply(view.matrix(Face.around(POINTS)), POINTS.astype(np.float64))
    low, high = inside.min(0), inside.max(0)
    assert np.allclose((low + high) / 2, 48, atol=1e-3)
    assert (high - low).max() == pytest.approx(96 / 1.5, abs=1e-3)
    assert view.native_scale(Face.around(POINTS)) == pytest.approx(96 / (1.5 * face_size(POINTS)))


@pytest.mark.parametrize("degrees", [-170.0, -25.0, 40.0])
def test_an_upright_view_shows_a_tilted_face_as_it_shows_a_straight_one(degrees: float) -> None:
    view = View(64, 1.4)
    straight = apply(view.matrix(Face.around(POINTS)), POINTS.astype(np.float64))
    tilted = turned(POINTS, degrees)
    assert np.allclose(apply(view.matrix(Face.around(tilted)), tilted.astype(np.float64)), straight, atol=0.01)


def test_what_is_cut_are_the_pixels_themselves_where_nothing_has_to_be_resampled() -> None:
    side = 2 * round(face_size(POINTS) * 0.6)
    view = View(side, side / face_size(POINTS), upright=False)
    middle = (POINTS.min(0) + POINTS.max(0)) / 2
    points = POINTS + (np.round(middle) - middle)
    box = view.box(Face.around(points))
    left, top = round(box.left), round(box.top)
    frame = scene()
    assert (
        np.abs(view.cut(frame, Face.around(points)).astype(int) - frame[top : top + side, left : left + side]).max()
        <= 1
    )


def test_beyond_the_frame_it_is_reflected() -> None:
    """A face at the corner, on a frame whose reflection can be made beforehand, looks as it would in the larger one."""
    frame = scene()
    larger = np.pad(frame, ((80, 80), (80, 80), (0, 0)), mode="reflect")
    view = View(64, 1.8)
    points = POINTS - POINTS.min(0)
    cut = view.cut(frame, Face.around(points)).astype(int)
    assert np.abs(cut - view.cut(larger, Face.around(points + 80))).max() <= 1
    assert cut.std() > 5


def test_small_views_do_not_alias() -> None:
    """Stripes of one pixel become grey."""
    frame = np.zeros((400, 400, 3), np.uint8)
    frame[:, ::2] = 255
    small = View(24, 1.0).cut(frame, Face.around((OWN * 240 + 80).astype(np.float32)))
    assert small.std() < 8


def test_maps_are_laid_where_they_belong() -> None:
    face = Face.around(turned(POINTS, 30))
    view = View(64, 1.6)
    values = np.zeros((16, 16), np.float32)
    values[12, 8] = 1.0
    laid = view.laid_on_box(values, face)
    box = view.box(face)
    y, x = np.unravel_index(int(laid.argmax()), laid.shape)
    there = np.array((box.left + (x + 0.5) * box.width / 16, box.top + (y + 0.5) * box.height / 16))
    seen = apply(view.matrix(face), there[None])[0] / 64 * 16
    assert np.abs(seen - (8.5, 12.5)).max() < 1.0
    assert laid[0, 0] == 0.0, "the corner of the box lies outside the turned square"
    flat = view.laid_on_box(np.ones((16, 16), np.float32), face)
    assert 0.4 < flat.mean() < 1.0


def test_faces_that_cannot_be_cut_are_refused() -> None:
    with pytest.raises(ValueError, match="without landmarks"):
        View(32, 1.3).cut(scene(), Face(Face.around(POINTS).box))
    with pytest.raises(ValueError, match="one place"):
        View(32, 1.3).cut(scene(), Face.around(np.full((68, 2), 5, np.float32)))


def test_a_face_far_outside_the_frame_costs_no_memory() -> None:
    cut = View(32, 1.3).cut(scene(), Face.around(POINTS * 1e4))
    assert cut.shape == (32, 32, 3)
