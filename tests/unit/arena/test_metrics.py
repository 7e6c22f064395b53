"""Metrics against values that follow from their definitions."""

from __future__ import annotations

import math

import numpy as np
import pytest

from prosopon.arena.metrics import keypoint_distance, l1, psnr, ssim
from prosopon.core.clip import Frame


def grey(value: int, side: int = 16) -> Frame:
    return np.full((side, side, 3), value, dtype=np.uint8)


def noise(seed: int) -> Frame:
    return np.random.default_rng(seed).integers(0, 256, (32, 32, 3), dtype=np.uint8)


def test_the_same_picture() -> None:
    picture = noise(0)
    assert l1(picture, picture) == 0
    assert math.isinf(psnr(picture, picture))
    assert ssim(picture, picture) == pytest.approx(1)


def test_l1_by_hand() -> None:
    assert l1(grey(255), grey(0)) == 1
    assert l1(grey(0), grey(255)) == 1  # uint8 must not wrap around
    one = grey(0)
    one[0, 0, 0] = 51
    assert l1(one, grey(0)) == pytest.approx(0.2 / (16 * 16 * 3))


def test_psnr_by_hand() -> None:
    assert psnr(grey(255), grey(0)) == pytest.approx(0)
    assert psnr(grey(110), grey(100)) == pytest.approx(20 * math.log10(255 / 10))


def test_ssim_by_hand() -> None:
    # Of flat pictures only the luminance term is left: (2 a b + C1) / (a^2 + b^2 + C1), C1 = (0.01 * 255)^2.
    c1 = 2.55**2
    assert ssim(grey(100), grey(50)) == pytest.approx((2 * 100 * 50 + c1) / (100**2 + 50**2 + c1), abs=1e-6)
    assert ssim(noise(0), 255 - noise(0)) < -0.5
    assert abs(ssim(noise(0), noise(1))) < 0.2


def test_keypoints_by_hand() -> None:
    wanted = np.random.default_rng(0).uniform(0, 128, (68, 2)).astype(np.float32)
    moved = wanted.copy()
    moved[48:, 0] += 3  # the mouth, along x only
    moved[36, 1] -= 6  # one point of an eye
    found = keypoint_distance(moved, wanted, 128)
    assert found.mouth == pytest.approx(3 / 2 * 2, rel=1e-4)  # half of the coordinates; 128 px count double
    assert found.eyes == pytest.approx(6 / (12 * 2) * 2, rel=1e-4)
    assert found.whole == pytest.approx((20 * 3 + 6) / (68 * 2) * 2, rel=1e-4)
    assert keypoint_distance(wanted, wanted, 256).whole == 0


def test_refusals() -> None:
    with pytest.raises(ValueError, match="one size"):
        l1(grey(0, 16), grey(0, 17))
    with pytest.raises(ValueError, match="uint8"):
        psnr(grey(0).astype(np.float32), grey(0))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="11 pixels"):
        ssim(grey(0, 8), grey(0, 8))
    with pytest.raises(ValueError, match="68"):
        keypoint_distance(np.zeros((5, 2), np.float32), np.zeros((68, 2), np.float32), 256)
