from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from prosopon.core.faces import Box
from prosopon.faces.aligned.cut import Window, cut_aligned, laid_back, seen_through
from prosopon.faces.aligned.maps import Matrix, apply, inverted
from prosopon.faces.crop import cut


def noise(height: int = 90, width: int = 120, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)


def soft(height: int = 120, width: int = 160) -> np.ndarray:
    """Smooth random colours: what a picture without pixel noise looks like."""
    drawn = gaussian_filter(np.random.default_rng(0).normal(0, 1, (height, width, 3)), (4, 4, 0))
    return np.clip(128 + drawn * 600, 0, 255).astype(np.uint8)


def about(x: float, y: float, size_px: int, scale: float = 1.0, degrees: float = 0.0) -> Matrix:
    """A crop whose middle is at a place in the frame."""
    cos, sin = scale * np.cos(np.radians(degrees)), scale * np.sin(np.radians(degrees))
    linear = np.array(((cos, -sin), (sin, cos)))
    return np.column_stack((linear, size_px / 2 - linear @ (x, y)))


def test_whole_pixels_are_the_frames_own() -> None:
    frame = noise()
    assert np.array_equal(cut_aligned(frame, np.array(((1.0, 0, -30), (0, 1.0, -20))), 64), frame[20:84, 30:94])


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_quarter_turns_move_pixels_only(quarters: int) -> None:
    frame = noise(64, 64)
    turned = cut_aligned(frame, np.round(about(32, 32, 64, 1.0, 90 * quarters), 12), 64)
    assert np.array_equal(turned, np.rot90(frame, -quarters))


def test_outside_the_edge_is_repeated() -> None:
    frame = noise()
    crop = cut_aligned(frame, np.array(((1.0, 0, 10), (0, 1.0, 7))), 64)
    assert np.array_equal(crop[7:, 10:], frame[:57, :54])
    assert np.array_equal(crop[0, 10:], frame[0, :54])
    assert (crop[:7, :10] == frame[0, 0]).all()
    beyond = cut_aligned(frame, np.array(((1.0, 0, -500), (0, 1.0, 0))), 32)
    assert (beyond == frame[:32, -1:]).all()
    assert (cut_aligned(frame, about(1e8, -1e8, 32), 32) == frame[0, -1]).all()


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (5, 1)])
def test_frames_of_a_pixel_or_a_row(size: tuple[int, int]) -> None:
    frame = noise(*size)
    crop = cut_aligned(frame, about(0.5, 0.5, 16, 3.0, 30), 16)
    assert crop.shape == (16, 16, 3)
    flat = cut_aligned(np.full((*size, 3), 77, np.uint8), about(0.5, 0.5, 16, 0.3, 30), 16)
    assert (flat == 77).all()


@pytest.mark.parametrize("scale", [0.11, 0.3, 0.75, 1.0, 2.6])
def test_one_colour_stays_that_colour(scale: float) -> None:
    assert (cut_aligned(np.full((300, 300, 3), 131, np.uint8), about(150, 150, 96, scale, 23), 96) == 131).all()


@pytest.mark.parametrize("degrees", [0, 45])
def test_making_smaller_does_not_alias(degrees: float) -> None:
    stripes = np.zeros((512, 512, 3), np.uint8)
    stripes[:, ::2] = 255
    small = cut_aligned(stripes, about(256, 256, 40, 0.13, degrees), 40)
    assert small.std() < 2
    assert small.mean() == pytest.approx(127.5, abs=2)


@pytest.mark.parametrize("side", [120.0, 101.5, 64.25])
def test_upright_crops_are_those_of_a_box(side: float) -> None:
    frame, scale = soft(), 48 / side
    box = Box(11, 3, 11 + side, 3 + side)
    crop = cut_aligned(frame, np.array(((scale, 0, -11 * scale), (0, scale, -3 * scale))), 48)
    off = np.abs(crop.astype(int) - cut(frame, box, 48))
    assert off.mean() < 1.0
    assert off.max() <= 12


def test_a_bright_dot_lands_where_the_map_says() -> None:
    frame = np.zeros((100, 100, 3), np.uint8)
    frame[40, 60] = 255
    matrix = about(55.3, 44.1, 64, 1.7, 33)
    crop = gaussian_filter(cut_aligned(frame, matrix, 64)[..., 0].astype(float), 1)
    rows, columns = np.mgrid[:64, :64] + 0.5
    found = (crop * columns).sum() / crop.sum(), (crop * rows).sum() / crop.sum()
    assert found == pytest.approx(tuple(apply(matrix, np.array((60.5, 40.5)))), abs=0.15)


@settings(max_examples=20, deadline=None)
@given(st.floats(20, 140), st.floats(20, 100), st.floats(1.0, 2.5), st.floats(-180, 180))
def test_a_round_trip_leaves_the_picture_as_it_was(x: float, y: float, scale: float, degrees: float) -> None:
    frame = soft()
    matrix = about(x, y, 64, scale, degrees)
    back = laid_back(cut_aligned(frame, matrix, 64), matrix, 120, 160)
    whole = back.inside == 1.0
    off = np.abs(back.patch - frame[back.window.slices])[whole]
    assert whole.any()
    assert off.max() <= 6
    assert off.mean() < 1.0


def test_laying_back_touches_its_window_only() -> None:
    matrix = about(70, 50, 32, 1.0, 45)
    back = laid_back(np.ones((32, 32, 4), np.float32), matrix, 90, 120)
    reach = 32 * np.sqrt(0.5)
    assert back.window == pytest.approx((50 - reach, 50 + reach, 70 - reach, 70 + reach), abs=2)
    assert back.patch.shape == (back.window.bottom - back.window.top, back.window.right - back.window.left, 4)
    assert back.patch.dtype == back.inside.dtype == np.float32
    assert back.patch == pytest.approx(1.0)
    assert back.inside.sum() == pytest.approx(32 * 32, rel=0.01)
    assert back.inside.max() == 1.0
    assert back.inside[0, 0] == 0.0


@pytest.mark.parametrize("scale", [0.25, 1.0, 3.7])
def test_what_is_covered_has_the_crops_area(scale: float) -> None:
    back = laid_back(np.zeros((64, 64, 1), np.uint8), about(300, 300, 64, scale, 17), 600, 600)
    assert back.inside.sum() == pytest.approx((64 / scale) ** 2, rel=0.01)


def test_whole_pixels_come_back_exactly() -> None:
    frame = noise()
    matrix = np.array(((1.0, 0, -30), (0, 1.0, -20)))
    back = laid_back(cut_aligned(frame, matrix, 64), matrix, 90, 120)
    inside = back.inside == 1.0
    assert inside.sum() == 64 * 64
    assert np.array_equal(back.patch[inside], frame[back.window.slices][inside])


def test_a_patch_does_not_leave_its_range() -> None:
    mask = (np.indices((40, 40)).sum(0) % 7 < 3).astype(np.float32)[..., None]
    back = laid_back(mask, about(60, 50, 40, 0.6, 12), 90, 120)
    assert back.patch.min() >= 0.0
    assert back.patch.max() <= 1.0


@pytest.mark.parametrize("place", [(-400, 0), (0, 5000), (1e7, 1e7)])
def test_crops_outside_their_frame_are_empty(place: tuple[float, float]) -> None:
    back = laid_back(np.ones((16, 16, 3), np.float32), about(*place, 16), 90, 120)
    assert back.patch.size == back.inside.size == 0
    assert back.window.top <= back.window.bottom
    frame = np.zeros((90, 120, 3), np.float32)
    frame[back.window.slices] += back.patch
    assert frame.max() == 0.0


def test_the_result_depends_on_nothing_else() -> None:
    frame, matrix = noise(400, 600), about(300, 200, 64, 0.4, 21)
    once = cut_aligned(frame, matrix, 64)
    assert np.array_equal(once, cut_aligned(frame.copy(), matrix.copy(), 64))
    around = np.full((800, 1200, 3), 255, np.uint8)
    around[100:500, 100:700] = frame
    moved = matrix.copy()
    moved[:, 2] -= matrix[:, :2] @ (100, 100)
    assert np.abs(cut_aligned(around, moved, 64).astype(int) - once).max() <= 1


def test_arguments_are_left_as_they_are() -> None:
    frame, matrix = noise(), about(50, 40, 32, 0.5)
    kept_frame, kept = frame.copy(), matrix.copy()
    frame.setflags(write=False)
    laid_back(cut_aligned(frame, matrix, 32), matrix, 90, 120)
    assert np.array_equal(frame, kept_frame)
    assert np.array_equal(matrix, kept)


def test_a_window_of_a_result_is_part_of_it() -> None:
    source, matrix = soft().astype(np.float32), inverted(about(80, 60, 64, 1.3, 8))
    whole = seen_through(source, matrix, Window(0, 64, 0, 64))
    part = seen_through(source, matrix, Window(10, 30, 5, 60))
    assert part == pytest.approx(whole[10:30, 5:60], abs=1e-2)


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="way back"):
        cut_aligned(noise(), np.zeros((2, 3)), 32)
    with pytest.raises(ValueError, match="pixels"):
        cut_aligned(noise(), np.eye(2, 3), 0)
    for shape in ((8, 9, 3), (8, 8), (0, 0, 3), (8, 8, 0)):
        with pytest.raises(ValueError, match="S, S, C"):
            laid_back(np.zeros(shape, np.float32), np.eye(2, 3), 32, 32)
