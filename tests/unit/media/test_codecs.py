from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from prosopon.media.codecs import through_jpeg, through_x264


def film(n: int = 4, height: int = 48, width: int = 64) -> np.ndarray:
    grain = np.random.default_rng(0).normal(128, 60, (n, height, width, 3))
    return np.clip(gaussian_filter(grain, (0, 1.5, 1.5, 0)) * 2 - 128, 0, 255).astype(np.uint8)


def error(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one.astype(float) - other).mean())


def test_the_lower_the_quality_the_more_is_lost() -> None:
    frame = film()[0]
    losses = [error(frame, through_jpeg(frame, quality)) for quality in (95, 60, 10)]
    assert 0 < losses[0] < losses[1] < losses[2]


@pytest.mark.parametrize(("height", "width"), [(48, 64), (47, 61)])
def test_a_video_comes_back_in_its_shape_and_order(height: int, width: int) -> None:
    frames = film(height=height, width=width)
    back = through_x264(frames, 12)
    assert back.shape == frames.shape
    for index, frame in enumerate(frames):
        assert min(range(4), key=lambda other: error(frame, back[other])) == index


def test_a_higher_rate_factor_loses_more() -> None:
    frames = film()
    assert error(frames, through_x264(frames, 18)) < error(frames, through_x264(frames, 40))


def test_h264_leaves_the_same_every_time() -> None:
    rng = np.random.default_rng(0)
    frames = np.clip(gaussian_filter(rng.normal(128, 200, (8, 320, 320, 3)), (0, 2, 2, 0)), 0, 255).astype(np.uint8)
    first = through_x264(frames, 26)
    assert all((through_x264(frames, 26) == first).all() for _ in range(25))
