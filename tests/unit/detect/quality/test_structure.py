"""SSIM against scikit-image, VIF against its formula in plain loops, HLFI by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import convolve2d
from skimage.metrics import structural_similarity

from prosopon.detect.quality import structure
from prosopon.detect.quality.against_blur import blurred


@pytest.fixture
def picture() -> NDArray[np.float64]:
    rng = np.random.default_rng(3)
    return np.clip(blurred(blurred(rng.normal(120, 60, (60, 72)))) * 1.0, 0, 255)


def test_ssim_is_that_of_scikit_image(picture: NDArray[np.float64]) -> None:
    copy = blurred(picture)
    theirs = structural_similarity(  # type: ignore[no-untyped-call]
        picture, copy, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255
    )
    assert structure.ssim(picture, copy) == pytest.approx(theirs, abs=1e-9)
    assert structure.ssim(picture, picture) == pytest.approx(1)


def test_vif_is_its_formula(picture: NDArray[np.float64]) -> None:
    copy = blurred(picture) + np.random.default_rng(0).normal(0, 3, picture.shape)
    assert structure.vif(picture, copy) == pytest.approx(_vif(picture, copy), rel=1e-6)


def test_vif_knows_what_is_kept_and_what_is_lost(picture: NDArray[np.float64]) -> None:
    assert structure.vif(picture, picture) == pytest.approx(1, abs=1e-6)
    once, often = blurred(picture), blurred(blurred(blurred(picture)))
    assert 1 > structure.vif(picture, once) > structure.vif(picture, often) > 0
    mean = picture.mean()
    assert structure.vif(picture, mean + 1.4 * (picture - mean)) > 1  # more contrast shows more
    assert structure.vif(picture, -picture) == pytest.approx(0, abs=1e-6)  # nothing of it: the gain is below 0
    assert structure.vif(np.full((48, 48), 9.0), np.full((48, 48), 9.0)) == 1


def test_hlfi_counts_the_middle_of_the_spectrum() -> None:
    y, x = np.mgrid[:40, :40]
    slow = 100 * np.cos(2 * np.pi * 2 * x / 40)  # 0.05 cycles a pixel: low
    fast = 100 * np.cos(2 * np.pi * 8 * y / 40)  # 0.2: high
    assert structure.hlfi(slow) == pytest.approx(1)
    assert structure.hlfi(fast) == pytest.approx(-1)
    assert structure.hlfi(slow + fast) == pytest.approx(0, abs=1e-9)
    assert structure.hlfi(slow + 3 * fast) == pytest.approx(-0.5)
    # Not only columns count: fast along y is high, whatever x is.
    assert structure.hlfi(3 * slow + fast) == pytest.approx(0.5)


@pytest.mark.parametrize("shape", [(40, 41), (41, 40)])
def test_hlfi_sums_the_whole_spectrum(shape: tuple[int, int]) -> None:
    plane = np.random.default_rng(1).normal(size=shape)
    size = np.abs(np.fft.fft2(plane))
    low_y, low_x = (np.abs(np.fft.fftfreq(n)) < 0.075 for n in shape)
    low = size[np.ix_(low_y, low_x)].sum()
    assert structure.hlfi(plane) == pytest.approx((low - (size.sum() - low)) / size.sum())


def _vif(picture: NDArray[np.float64], copy: NDArray[np.float64]) -> float:
    """Sheikh and Bovik's formula with whole windows and convolutions in two dimensions."""
    top = bottom = 0.0
    for scale in range(1, 5):
        n = 2 ** (4 - scale + 1) + 1
        at = np.arange(n) - n // 2
        window = np.exp(-(at[:, None] ** 2 + at**2) / (2 * (n / 5) ** 2))
        window /= window.sum()

        def under(plane: NDArray[np.float64], window: NDArray[np.float64] = window) -> NDArray[np.float64]:
            return np.asarray(convolve2d(plane, window, mode="valid"))

        if scale > 1:
            picture, copy = under(picture)[::2, ::2], under(copy)[::2, ::2]
        m, n_ = under(picture), under(copy)
        v, w, s = under(picture**2) - m**2, under(copy**2) - n_**2, under(picture * copy) - m * n_
        for a, b, c in zip(v.ravel(), w.ravel(), s.ravel(), strict=True):
            gain = max(0.0, c / a)
            rest = b - gain * c
            top += np.log10(1 + gain**2 * a / (max(rest, 1e-10) + 2))
            bottom += np.log10(1 + a / 2)
    return float(top / bottom)
