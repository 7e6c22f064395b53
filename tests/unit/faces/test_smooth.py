from __future__ import annotations

import numpy as np
import pytest

from prosopon.core.faces import Box, Face, Track
from prosopon.faces.smooth import bridge, smooth, smooth_boxes, smooth_landmarks


def test_gaps_are_bridged_linearly_and_ends_stand_still() -> None:
    series = bridge({2: np.array([0.0]), 6: np.array([8.0])}, 9)
    assert series[:, 0].tolist() == [0, 0, 0, 2, 4, 6, 8, 8, 8]


def test_bridging_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing to bridge"):
        bridge({}, 3)


def test_steady_motion_is_left_alone_also_at_the_ends() -> None:
    line = np.arange(40.0)[:, None] * [1.0, -2.0]
    assert np.allclose(smooth(line, 3.0), line, atol=1e-9)


def test_jitter_shrinks_without_lag() -> None:
    time = np.arange(200.0)
    motion = 40 * np.sin(time / 30)
    noisy = motion + np.random.default_rng(1).normal(0, 1.5, 200)
    calm = smooth(noisy, 3.0)
    assert np.std(np.diff(calm - motion)) < 0.15 * np.std(np.diff(noisy - motion))
    lags = [np.corrcoef(calm[20:-20], np.roll(motion, lag)[20:-20])[0, 1] for lag in range(-3, 4)]
    assert int(np.argmax(lags)) - 3 == 0


@pytest.mark.parametrize("length", [1, 2, 3, 5])
def test_short_series(length: int) -> None:
    values = np.arange(float(length))
    assert smooth(values, 3.0).shape == (length,)
    assert np.isfinite(smooth(values, 3.0)).all()


def test_sigma_zero_changes_nothing() -> None:
    values = np.random.default_rng(0).normal(size=(10, 4))
    assert np.array_equal(smooth(values, 0.0), values)


def test_boxes_for_every_frame() -> None:
    faces = {i: Face(Box(i, 0, i + 10, 20), np.full((68, 2), i, np.float32)) for i in (0, 1, 2, 7, 8, 9)}
    boxes = smooth_boxes(Track(faces), 10, sigma_frames=2.0)
    assert len(boxes) == 10
    assert boxes[5].left == pytest.approx(5, abs=1e-6)
    assert boxes[5].width == pytest.approx(10)
    landmarks = smooth_landmarks(Track(faces), 10)
    assert landmarks.shape == (10, 68, 2)
    assert landmarks.dtype == np.float32
    assert landmarks[4, 0, 0] == pytest.approx(4, abs=1e-4)
