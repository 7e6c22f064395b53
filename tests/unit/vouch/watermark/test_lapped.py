"""The functions that carry the mark."""

from __future__ import annotations

import numpy as np
import pytest

from prosopon.vouch.watermark.lapped import BLOCKS, FREQUENCIES, analyse, functions, sampled, synthesise

SIDE = BLOCKS * FREQUENCIES


@pytest.mark.parametrize("size", [256, 500])
def test_they_are_orthonormal(size: int) -> None:
    products = sampled(size) @ sampled(size).T / size
    assert np.abs(products - np.eye(SIDE)).max() < 0.02


def test_outside_of_the_frame_they_are_zero() -> None:
    assert not functions(np.array([-1e-3, -0.5, 1.001, 2.0])).any()
    assert functions(np.array([1e-3, 0.999])).any()


def test_synthesis_and_analysis_are_inverse() -> None:
    rng = np.random.default_rng(0)
    coefficients = rng.standard_normal((BLOCKS, FREQUENCIES, BLOCKS, FREQUENCIES)).astype(np.float32)
    coefficients[:, 0] = coefficients[:, :, :, 0] = 0.0  # these do not integrate to 0 at the border
    again = analyse(synthesise(coefficients, 300, 420))
    assert np.abs(again - coefficients).max() < 0.05


def test_coefficients_depend_neither_on_the_size_nor_on_the_mean() -> None:
    def drawn(height: int, width: int) -> np.ndarray:
        y, x = (np.arange(height) + 0.5) / height, (np.arange(width) + 0.5) / width
        return (40 * np.sin(9 * x)[None] * np.cos(14 * y)[:, None] + 30 * x[None]).astype(np.float32)

    large = analyse(drawn(512, 640))
    assert np.abs(analyse(drawn(200, 160)) - large).max() < 0.02 * np.abs(large).max()
    assert np.abs(analyse(drawn(512, 640) + 90) - large).max() < 1e-3


def test_a_change_far_away_does_not_matter() -> None:
    plane = np.zeros((280, 280), np.float32)
    plane[:20] = 100.0
    plane[20:40] = -100.0
    touched = np.abs(analyse(plane)).max(axis=(1, 2, 3))
    assert touched[:3].min() > 1.0
    assert touched[5:].max() < 1e-3


def test_sampled_functions_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        sampled(64)[0, 0] = 1.0
