"""Metrics under a mask: what lies outside it does not count."""

from __future__ import annotations

import numpy as np
import pytest

from prosopon.arena.masked_metrics import masked_l1, masked_psnr, masked_ssim
from prosopon.arena.metrics import l1, psnr

RNG = np.random.default_rng(4)
ONE = RNG.integers(0, 256, (40, 48, 3), dtype=np.uint8)
OTHER = RNG.integers(0, 256, (40, 48, 3), dtype=np.uint8)
ALL = np.ones((40, 48), np.float32)


def test_a_mask_of_everything_is_no_mask() -> None:
    assert masked_l1(ONE, OTHER, ALL) == pytest.approx(l1(ONE, OTHER))
    assert masked_psnr(ONE, OTHER, ALL) == pytest.approx(psnr(ONE, OTHER))
    assert abs(masked_ssim(ONE, OTHER, ALL)) < 0.1


def test_what_is_outside_does_not_count() -> None:
    mask = np.zeros((40, 48), bool)
    mask[:, :20] = True
    half = ONE.copy()
    half[:, 30:] = OTHER[:, 30:]
    assert masked_l1(half, ONE, mask) == 0
    assert masked_psnr(half, ONE, mask) == np.inf
    assert masked_ssim(half, ONE, mask) == pytest.approx(1)
    assert masked_l1(half, ONE, ~mask) > 0.1


def test_values_count_by_their_weight() -> None:
    black, grey = np.zeros((40, 48, 3), np.uint8), np.zeros((40, 48, 3), np.uint8)
    grey[0], grey[1] = 51, 102
    mask = np.zeros((40, 48), np.float32)
    mask[0], mask[1] = 1.0, 0.5
    assert masked_l1(grey, black, mask) == pytest.approx((0.2 * 1 + 0.4 * 0.5) / 1.5)
    assert masked_psnr(grey, black, mask) == pytest.approx(-10 * np.log10((0.04 * 1 + 0.16 * 0.5) / 1.5))


def test_an_empty_mask_measures_nothing() -> None:
    for measured in (masked_l1, masked_psnr, masked_ssim):
        assert np.isnan(measured(ONE, OTHER, ALL * 0))


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="one size"):
        masked_l1(ONE, OTHER[:20], ALL)
    with pytest.raises(ValueError, match="one size"):
        masked_ssim(ONE.astype(np.float32), OTHER, ALL)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="does not fit"):
        masked_l1(ONE, OTHER, ALL[:20])
