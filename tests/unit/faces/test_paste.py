from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from prosopon.core.faces import Box
from prosopon.faces.crop import cut
from prosopon.faces.paste import feather, paste


def picture(seed: int = 0, height: int = 90, width: int = 120) -> np.ndarray:
    """Smooth random colours: what a picture without pixel noise looks like."""
    noise = np.random.default_rng(seed).normal(0, 1, (height, width, 3))
    soft = gaussian_filter(noise, (4, 4, 0))
    return np.clip(128 + soft * 600, 0, 255).astype(np.uint8)


def test_feather_is_symmetric_and_reaches_both_ends() -> None:
    mask = feather(64, 0.2)
    assert mask.dtype == np.float32
    assert np.array_equal(mask, mask[::-1])
    assert np.array_equal(mask, mask.T)
    assert mask[32, 32] == 1
    assert 0 <= mask[0].max() < 0.02


@pytest.mark.parametrize("width", [0.0, 0.6])
def test_feather_refuses_nonsense(width: float) -> None:
    with pytest.raises(ValueError, match="falling width"):
        feather(64, width)


@settings(max_examples=25)
@given(st.floats(-10, 60), st.floats(-10, 40), st.floats(20, 60), st.sampled_from([32, 64, 128]))
def test_a_round_trip_leaves_the_picture_as_it_was(left: float, top: float, side: float, size: int) -> None:
    frame = picture()
    box = Box(left, top, left + side, top + side)
    back = paste(frame, cut(frame, box, size), box, feather(size))
    difference = np.abs(back.astype(int) - frame)
    if size >= side:
        assert difference.max() <= 4
    assert difference.mean() < 0.5


def test_whole_pixels_come_back_exactly() -> None:
    frame = picture()
    box = Box(20, 10, 84, 74)
    assert np.array_equal(paste(frame, cut(frame, box, 64), box, feather(64)), frame)


def test_nothing_changes_outside_the_box() -> None:
    frame = picture()
    result = paste(frame, np.zeros((16, 16, 3), np.uint8), Box(30.3, 20.7, 60.2, 50.1), np.ones((16, 16), np.float32))
    touched = (result != frame).any(axis=2)
    rows, columns = np.nonzero(touched)
    assert rows.min() >= 20
    assert rows.max() <= 50
    assert columns.min() >= 30
    assert columns.max() <= 60


def test_a_flat_patch_of_the_same_colour_leaves_no_seam() -> None:
    frame = np.full((50, 50, 3), 131, np.uint8)
    assert (paste(frame, np.full((24, 24, 3), 131, np.uint8), Box(7.4, 9.6, 33.3, 40.2), feather(24)) == 131).all()


def test_a_full_mask_shows_only_the_patch_inside() -> None:
    result = paste(picture(), np.full((8, 8, 3), 9.0), Box(10, 10, 50, 50), np.ones((8, 8), np.float32))
    assert (result[16:44, 16:44] == 9).all()


def test_half_a_pixel_moves_the_patch_by_half_a_pixel() -> None:
    frame = np.zeros((40, 40, 3), np.uint8)
    dot = np.zeros((21, 21, 3), np.float32)
    dot[10, 10] = 200.0
    soft = gaussian_filter(dot, (2, 2, 0)) * 20
    xs = []
    for shift in (0.0, 0.5):
        result = paste(frame, soft, Box(9 + shift, 9, 30 + shift, 30), np.ones((21, 21), np.float32))[..., 0].astype(
            float
        )
        xs.append((result * np.arange(40)).sum() / result.sum())
    assert xs[1] - xs[0] == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("box", [Box(-50, 0, -10, 40), Box(300, 300, 340, 340)])
def test_boxes_outside_change_nothing(box: Box) -> None:
    frame = picture()
    assert np.array_equal(paste(frame, np.zeros((8, 8, 3), np.uint8), box, np.ones((8, 8), np.float32)), frame)


def test_sizes_must_fit() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        paste(picture(), np.zeros((8, 8, 3), np.uint8), Box(0, 0, 9, 9), np.ones((7, 8), np.float32))
    with pytest.raises(ValueError, match="cannot paste"):
        paste(picture(), np.zeros((8, 8, 3), np.uint8), Box(0, 0, 0, 9), np.ones((8, 8), np.float32))
