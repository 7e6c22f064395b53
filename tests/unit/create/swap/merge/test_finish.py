from __future__ import annotations

import numpy as np
import pytest

from prosopon.create.swap.merge.finish import degraded, denoised, in_palette, motion_blurred, sharpened


def picture(side: int = 32) -> np.ndarray:
    return np.random.default_rng(0).random((side, side, 3)).astype(np.float32)


def dot(side: int = 33) -> np.ndarray:
    mask = np.zeros((side, side, 3), np.float32)
    mask[side // 2, side // 2] = 1
    return mask


@pytest.mark.parametrize("by", ["box", "gaussian"])
def test_sharpening_adds_what_a_blur_takes(by: str) -> None:
    soft = sharpened(picture(), by, -1.0)  # type: ignore[arg-type]
    sharp = sharpened(picture(), by, 1.0)  # type: ignore[arg-type]
    assert np.abs(sharp + soft - 2 * picture()).max() < 1e-5
    assert soft.std() < picture().std() < sharp.std()
    assert np.array_equal(sharpened(picture(), by, 0.0), picture())  # type: ignore[arg-type]
    flat = np.full((5, 5, 3), 0.3, np.float32)
    assert np.abs(sharpened(flat, by, 10.0) - 0.3).max() < 1e-5  # type: ignore[arg-type]


def test_motion_blur_is_as_long_as_the_way_and_along_it() -> None:
    blurred = motion_blurred(dot(), 10.0, 0.0)[..., 0]
    assert blurred.sum() == pytest.approx(1, abs=1e-5)
    assert blurred[16].sum() == pytest.approx(1, abs=1e-5)
    assert (np.flatnonzero(blurred[16] > 0.01) == np.arange(11, 22)).all()
    turned = motion_blurred(dot(), 6.0, 6.0)[..., 0]
    y, x = np.mgrid[:33, :33] - 16
    assert (turned * x * y).sum() == pytest.approx(3, abs=0.4)
    assert (turned * x).sum() == pytest.approx(0, abs=1e-4)
    assert np.abs(motion_blurred(dot(), -6.0, -6.0)[..., 0] - turned).max() < 1e-6


def test_no_way_no_blur() -> None:
    for way in ((0.0, 0.0), (0.1, 0.1), (np.nan, 1.0), (np.inf, 0.0)):
        assert np.array_equal(motion_blurred(picture(), *way), picture())


def test_medians_remove_specks_and_parts_of_a_pass_are_parts() -> None:
    assert denoised(dot(), 1.0).max() == 0
    assert denoised(dot(), 0.25).max() == pytest.approx(0.75)
    assert np.array_equal(denoised(picture(), 0.0), picture())
    twice = denoised(denoised(picture(), 1.0), 1.0)
    assert np.array_equal(denoised(picture(), 2.0), twice)


def test_degrading_takes_detail_and_keeps_the_mean() -> None:
    coarse = degraded(picture(), 0.75)
    assert coarse.shape == picture().shape
    assert coarse.std() < 0.5 * picture().std()
    assert np.abs(coarse.mean((0, 1)) - picture().mean((0, 1))).max() < 0.02
    assert np.array_equal(degraded(picture(), 0.0), picture())
    assert degraded(picture(), 1.0).shape == picture().shape


def test_colours_come_from_the_palette() -> None:
    few = np.zeros((16, 16, 3), np.float32)
    few[:8] = (1, 0, 0)
    drawn = in_palette(picture(), few)
    assert {tuple(colour) for colour in drawn.reshape(-1, 3).tolist()} <= {(0, 0, 0), (1, 0, 0)}


@pytest.mark.parametrize("side", [1, 2])
def test_tiny_pictures(side: int) -> None:
    one = picture(side)
    for out in (sharpened(one, "box", 1.0), motion_blurred(one, 3.0, 1.0), denoised(one, 1.5), degraded(one, 0.5)):
        assert out.shape == one.shape and np.isfinite(out).all()
