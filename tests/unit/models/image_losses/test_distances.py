"""Pixel, edge and frequency losses: values that can be worked out by hand or another way."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from prosopon.models.image_losses.edges import gmsd, gradient_difference
from prosopon.models.image_losses.frequency import focal_frequency, laplacian_pyramid
from prosopon.models.image_losses.pixelwise import largest, log_cosh, mae, mse, robust, smooth_l1

Pictures = Callable[..., tuple[Tensor, Tensor]]


def test_distances_of_one_number() -> None:
    predicted, target = torch.full((1, 3, 4, 4), 0.75), torch.full((1, 3, 4, 4), 0.25)
    assert float(mae(predicted, target)) == pytest.approx(0.5)
    assert float(mse(predicted, target)) == pytest.approx(0.25)
    assert float(log_cosh(predicted, target)) == pytest.approx(math.log(math.cosh(0.5)), rel=1e-6)
    assert float(smooth_l1(predicted, target)) == pytest.approx((math.hypot(127.5, 1) - 1) / 255, rel=1e-6)
    assert float(largest(predicted, target)) == pytest.approx(0.5)


def test_log_cosh_of_what_is_far_off_does_not_overflow() -> None:
    far = torch.full((1, 1, 2, 2), 1e4, requires_grad=True)
    value = log_cosh(far, torch.zeros(1, 1, 2, 2))
    value.sum().backward()
    assert float(value.detach()) == pytest.approx(1e4 - math.log(2))
    torch.testing.assert_close(far.grad, torch.full((1, 1, 2, 2), 0.25))


def test_the_robust_loss_runs_into_a_square() -> None:
    difference = torch.linspace(-1, 1, 9, dtype=torch.float64)
    square = robust(difference, 2.0, 0.1)
    torch.testing.assert_close(square, difference**2 / 0.2)
    torch.testing.assert_close(robust(difference, 2 - 1e-9, 0.1), square, rtol=1e-5, atol=1e-9)


def test_largest_is_of_each_channel_and_seen_through_the_weight() -> None:
    predicted, target = torch.zeros(1, 2, 3, 3), torch.zeros(1, 2, 3, 3)
    predicted[0, 0, 1, 2], predicted[0, 1, 0, 0], predicted[0, 1, 2, 2] = 0.4, -0.8, 0.2
    assert float(largest(predicted, target)) == pytest.approx(0.6)
    weight = torch.ones(1, 1, 3, 3)
    weight[..., 0, 0] = 0
    assert float(largest(predicted, target, weight)) == pytest.approx(0.3)


def test_gradient_difference_of_a_slope_and_of_a_saddle() -> None:
    y, x = torch.meshgrid(torch.arange(8.0), torch.arange(8.0), indexing="ij")
    inner = torch.zeros(1, 1, 8, 8)
    inner[..., 2:6, 2:6] = 64 / 16  # the border's one-sided differences do not count, the rest on average once
    nothing = torch.zeros(1, 1, 8, 8)
    slope = (0.1 * x + 0.2 * y).expand(1, 1, 8, 8)
    assert float(gradient_difference(slope, nothing, inner, scale=1.0)) == pytest.approx((0.01 + 0.04) / 4, rel=1e-5)
    bowl = (0.05 * x * x).expand(1, 1, 8, 8)
    along = float((0.1 * x[2:6, 2:6]).square().mean())
    assert float(gradient_difference(bowl, nothing, inner, scale=1.0)) == pytest.approx((along + 0.01) / 4, rel=1e-4)
    saddle = (0.1 * x * y).expand(1, 1, 8, 8)
    first = float(((0.1 * x) ** 2 + (0.1 * y) ** 2)[2:6, 2:6].mean())
    wanted = (first + 2 * 0.01) / 4
    assert float(gradient_difference(saddle, nothing, inner, scale=1.0)) == pytest.approx(wanted, rel=1e-4)


def test_gradient_difference_does_not_see_an_even_shift_of_brightness(pictures: Pictures) -> None:
    predicted, _ = pictures()
    assert float(gradient_difference(predicted + 0.25, predicted).max()) < 1e-9


def test_gmsd_turns_with_the_picture_and_what_was_released_does_not(pictures: Pictures) -> None:
    predicted, target = pictures(24, 24)
    turned = predicted.transpose(2, 3), target.transpose(2, 3)
    torch.testing.assert_close(gmsd(*turned), gmsd(predicted, target), rtol=1e-5, atol=0)
    assert not torch.allclose(gmsd(*turned, as_released=True), gmsd(predicted, target, as_released=True), rtol=1e-3)


def test_gmsd_is_low_where_edges_are_lost_evenly(pictures: Pictures) -> None:
    _, target = pictures(24, 24)
    spotted = target.clone()
    spotted[..., :12] = 0.5
    assert bool((gmsd(0.5 + 0.5 * (target - 0.5), target) < 0.5 * gmsd(spotted, target)).all())


def test_what_was_released_of_gmsd_is_for_three_channels() -> None:
    with pytest.raises(ValueError, match="three channels"):
        gmsd(torch.zeros(1, 1, 8, 8), torch.zeros(1, 1, 8, 8), as_released=True)


def test_the_pyramid_leaves_a_flat_difference_to_its_last_band() -> None:
    target = torch.rand(2, 3, 32, 40, generator=torch.Generator().manual_seed(0))
    values = laplacian_pyramid(target + 0.5, target)
    torch.testing.assert_close(values, torch.full((2,), 0.5 / 4**5), rtol=1e-2, atol=0)
    small = target[..., :4, :4]
    torch.testing.assert_close(laplacian_pyramid(small + 0.5, small), torch.full((2,), 0.5 / 4**2), rtol=1e-3, atol=0)


@pytest.mark.parametrize("shape", [(8, 8), (7, 9), (6, 1), (1, 1), (5, 4)])
def test_half_a_spectrum_counts_for_the_whole(pictures: Pictures, shape: tuple[int, int]) -> None:
    predicted, target = (picture.double() for picture in pictures(*shape))
    spectrum = np.abs(np.fft.fft2((predicted - target).numpy(), norm="ortho"))
    for alpha in (0.0, 1.0, 1.5):
        focus = (spectrum / spectrum.max(axis=(2, 3), keepdims=True)) ** alpha
        wanted = (focus * spectrum**2).mean(axis=(1, 2, 3))
        np.testing.assert_allclose(focal_frequency(predicted, target, alpha=alpha).numpy(), wanted, rtol=1e-9)


def test_without_focus_the_spectrum_is_the_picture(pictures: Pictures) -> None:
    predicted, target = pictures()
    weight = torch.rand(3, 1, 52, 60, generator=torch.Generator().manual_seed(4))
    torch.testing.assert_close(focal_frequency(predicted, target, weight, alpha=0.0), mse(predicted, target, weight))


def test_the_focus_is_held_fixed() -> None:
    difference = torch.zeros(1, 1, 1, 8, dtype=torch.float64)
    difference[..., :] = torch.cos(torch.arange(8) * math.pi / 2) + 0.5
    learnt = difference.clone().requires_grad_()
    focal_frequency(learnt, torch.zeros_like(difference)).sum().backward()
    spectrum = torch.fft.fft2(difference, norm="ortho")
    focus = spectrum.abs() / spectrum.abs().max()
    wanted = torch.fft.ifft2(2 * focus * spectrum, norm="ortho").real / 8
    torch.testing.assert_close(learnt.grad, wanted)
