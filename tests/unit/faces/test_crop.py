from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prosopon.core.faces import Box
from prosopon.faces.crop import cut, square, union


def ramp(height: int = 60, width: int = 80) -> np.ndarray:
    """Red rises by 2 a column, green by 3 a row: every cut must read off its own place."""
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    return np.stack([x * 2, y * 3, np.full_like(x, 77)], axis=-1).astype(np.uint8)


def test_square_keeps_the_centre_and_adds_the_margin() -> None:
    box = square(Box(10, 20, 30, 60), margin=0.25)
    assert box.centre == (20, 40)
    assert box.width == box.height == 60


def test_union() -> None:
    assert union([Box(1, 5, 3, 9), Box(0, 6, 2, 12)]) == Box(0, 5, 3, 12)
    with pytest.raises(ValueError, match="no boxes"):
        union([])


def test_whole_pixels_are_copied_exactly() -> None:
    frame = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    assert np.array_equal(cut(frame, Box(7, 3, 27, 23), 20), frame[3:23, 7:27])


@given(st.floats(10, 30), st.floats(10, 20), st.floats(12, 30), st.integers(5, 60))
def test_fractional_boxes_are_exact(left: float, top: float, side: float, size: int) -> None:
    """A cubic filter reproduces a linear ramp: each pixel's colour says where its centre lies."""
    patch = cut(ramp(), Box(left, top, left + side, top + side), size).astype(float)
    centres = (np.arange(size) + 0.5) * side / size - 0.5
    assert np.abs(patch[..., 0] - 2 * (left + centres)[None, :]).max() < 1.01
    assert np.abs(patch[..., 1] - 3 * (top + centres)[:, None]).max() < 1.01


def test_outside_repeats_the_edge() -> None:
    frame = np.full((20, 30, 3), 200, np.uint8)
    assert (cut(frame, Box(-15, -25, 40, 30), 32) == 200).all()
    assert (cut(frame, Box(100, 100, 120, 120), 8) == 200).all()


def test_making_it_smaller_does_not_alias() -> None:
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[:, ::2] = 255
    small = cut(stripes, Box(0, 0, 256, 256), 32)
    assert np.ptp(small[:, 2:-2].astype(int)) <= 2  # the filter is cut off at the frame's edge
    assert abs(int(small[16, 16, 0]) - 127) <= 2


def test_the_frame_is_not_changed() -> None:
    frame = ramp()
    kept = frame.copy()
    cut(frame, Box(1.5, 2.5, 30, 31), 16)
    assert np.array_equal(frame, kept)


@pytest.mark.parametrize(("box", "size"), [(Box(3, 3, 3, 9), 8), (Box(0, 0, 5, 5), 0)])
def test_nonsense_is_refused(box: Box, size: int) -> None:
    with pytest.raises(ValueError, match="cannot cut"):
        cut(ramp(), box, size)
