from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from skimage.color import rgb2lab

from prosopon.faces.colour.released.deepfacelab import ReleasedMode, transferred_as_released
from prosopon.faces.colour.released.faceswap import balanced, match_histogram, reinhard
from prosopon.faces.colour.released.tables import lab8_of, lab_by_table, rgb8_of

SIDE = 24


def picture(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random((SIDE, SIDE, 3)).astype(np.float32)


def test_the_table_is_coarse_but_not_wrong() -> None:
    apart = np.abs(lab_by_table(picture(0)) - rgb2lab(picture(0)))
    assert 0.02 < apart.mean() < 0.2
    assert apart.max() < 2.5


def test_eight_bits_there_and_back() -> None:
    picture8 = (picture(0) * 255).astype(np.uint8)
    assert np.abs(rgb8_of(lab8_of(picture8)).astype(int) - picture8).mean() < 1.5
    assert lab8_of(np.full((1, 1, 3), 255, np.uint8)).tolist() == [[[255, 128, 128]]]
    assert lab8_of(np.zeros((1, 1, 3), np.uint8)).tolist() == [[[0, 128, 128]]]


@pytest.mark.parametrize("mode", get_args(ReleasedMode))
def test_every_released_mode_runs_and_is_repeatable(mode: ReleasedMode) -> None:
    mask = np.zeros((SIDE, SIDE))
    mask[4:20, 6:18] = 0.5
    first, second = (
        transferred_as_released(picture(0), picture(1), mode, mask, np.random.default_rng(2)) for _ in range(2)
    )
    assert first.shape == (SIDE, SIDE, 3)
    assert np.isfinite(first).all() and first.min() >= 0 and first.max() <= 1
    assert np.array_equal(first, second)


def test_preserving_paper_inverts_the_contrast() -> None:
    mask = np.ones((SIDE, SIDE))
    dull = np.float32(0.5) + np.float32(0.3) * (picture(0) - np.float32(0.5))
    right = reinhard(dull, picture(1), mask, preserve_paper=False)
    released = reinhard(dull, picture(1), mask)
    assert right.std() > 2 * dull.std()
    assert released.std() < 0.5 * dull.std()


def test_nothing_is_matched_under_an_empty_mask() -> None:
    assert np.array_equal(match_histogram(picture(0), picture(1), np.zeros((SIDE, SIDE))), picture(0))


def test_sliders_at_zero_change_nothing_in_rgb() -> None:
    picture8 = np.rint(picture(0) * 255) / 255
    assert np.abs(balanced(picture8.astype(np.float32), "RGB", (0, 0, 0), 0, 0) - picture8).max() < 1e-6
