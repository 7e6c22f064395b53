"""SSIM and its relatives against independent implementations and known values."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from skimage.metrics import structural_similarity
from torch import Tensor

from prosopon.models.image_losses.structural import dssim, ms_ssim, patch_dssim, ssim_map

Pictures = Callable[..., tuple[Tensor, Tensor]]


@pytest.mark.parametrize("window", [2, 5, 8, 11])
def test_ssim_is_that_of_two_dimensional_convolutions(pictures: Pictures, window: int) -> None:
    x, y = (picture.double() for picture in pictures(32, 40))
    offsets = torch.arange(window, dtype=torch.float64) - (window - 1) / 2
    line = torch.exp(-(offsets**2) / (2 * 1.5**2))
    kernel = torch.outer(line, line)
    kernel = (kernel / kernel.sum()).expand(3, 1, window, window)

    def mean(maps: Tensor) -> Tensor:
        return F.conv2d(maps, kernel, groups=3)

    m, n = mean(x), mean(y)
    deviations = mean(x * x) - m * m + mean(y * y) - n * n
    wanted = (2 * m * n + 1e-4) * (2 * (mean(x * y) - m * n) + 9e-4)
    wanted = wanted / ((m * m + n * n + 1e-4) * (deviations + 9e-4))
    torch.testing.assert_close(ssim_map(x, y, window=window), wanted)
    torch.testing.assert_close(dssim(x, y, window=window), (1 - wanted.mean((1, 2, 3))) / 2)


def test_ssim_is_that_of_scikit_image(pictures: Pictures) -> None:
    x, y = pictures(40, 52, 1)
    wanted = structural_similarity(
        x[0].double().numpy(), y[0].double().numpy(), channel_axis=0, data_range=1.0, gaussian_weights=True,
        use_sample_covariance=False, truncate=10 / 3, win_size=11,
    )  # fmt: skip
    assert 1 - 2 * float(dssim(x.double(), y.double())) == pytest.approx(wanted, abs=1e-9)


def test_reflected_borders_are_those_of_padding(pictures: Pictures) -> None:
    x, y = pictures(20, 24)
    padded = (F.pad(picture, (5, 5, 5, 5), mode="reflect") for picture in (x, y))
    ours = ssim_map(x, y, padding="reflect")
    assert ours.shape == x.shape
    torch.testing.assert_close(ours, ssim_map(*padded), rtol=1e-4, atol=1e-5)


def test_the_weight_stands_under_the_windows_middle(pictures: Pictures) -> None:
    x, y = pictures(24, 24, 1)
    maps = (1 - ssim_map(x, y, window=5)) / 2
    weight = torch.zeros(1, 1, 24, 24)
    weight[..., 12, 7] = 1
    torch.testing.assert_close(dssim(x, y, weight, window=5), maps[..., 10, 5].mean(1) / maps[0, 0].numel())


def test_opposite_pictures_are_as_unlike_as_can_be() -> None:
    checks = (torch.arange(24)[:, None] + torch.arange(24)).remainder(2).float().expand(1, 3, 24, 24)
    assert float(dssim(checks, 1 - checks)) == pytest.approx(1, abs=0.01)
    assert float(patch_dssim(checks, 1 - checks)) == pytest.approx(1, abs=0.03)


def test_ms_ssim_has_a_slope_where_contrast_is_reversed(pictures: Pictures) -> None:
    _, y = pictures(48, 48)
    x = (1 - y).requires_grad_()
    ms_ssim(x, y).sum().backward()
    assert x.grad is not None
    assert bool(x.grad.isfinite().all())


@pytest.mark.parametrize("size", [(49, 50), (97, 130), (176, 177)])
def test_ms_ssim_of_odd_sizes_lies_between_none_and_all(pictures: Pictures, size: tuple[int, int]) -> None:
    values = ms_ssim(*pictures(*size, n=2))
    assert bool(((values > 0) & (values < 1)).all())


def test_patches_are_compared_with_all_their_channels_at_once(pictures: Pictures) -> None:
    x, y = (picture.double() for picture in pictures(7, 9, 2))
    wanted = np.zeros((2, 2, 3))
    for item in range(2):
        for row in range(2):
            for column in range(3):
                cut = np.s_[item, :, 3 * row : 3 * row + 3, 3 * column : 3 * column + 3]
                a, b = x[cut].numpy().ravel(), y[cut].numpy().ravel()
                means = (2 * a.mean() * b.mean() + 1e-4) / (a.mean() ** 2 + b.mean() ** 2 + 1e-4)
                spread = (2 * np.mean((a - a.mean()) * (b - b.mean())) + 9e-4) / (a.var() + b.var() + 9e-4)
                wanted[item, row, column] = (1 - means * spread) / 2
    np.testing.assert_allclose(patch_dssim(x, y).numpy(), wanted.mean((1, 2)), rtol=1e-9)
