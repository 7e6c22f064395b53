"""Blurs: weights, edges, and which comes when."""

from __future__ import annotations

import math

import pytest
import torch

from prosopon.core.errors import UsageError
from prosopon.disrupt.pgd.blurs import WHITE, Blur, BlurMode, Schedule, blurs_at

GAUSSIANS = ["G1.0", "G1.5", "G2.0", "G2.5", "G3.0"]


def names(blurs: tuple[Blur | None, ...]) -> list[str]:
    return ["-" if b is None else f"A{b.kernel_px}" if b.sigma_px is None else f"G{b.sigma_px}" for b in blurs]


def in_turn(mode: BlurMode, schedule: Schedule, n: int) -> list[str]:
    return [name for i in range(n) for name in names(blurs_at(i, mode, schedule))]


def test_the_released_cycle_leaves_out_the_average_of_three() -> None:
    cycle = [*GAUSSIANS, "A5", "A7", "A9"]
    assert in_turn("spread", "as_released", 18) == [*cycle, *cycle, *cycle[:2]]


def test_the_cycle_that_was_meant_has_nine() -> None:
    cycle = [*GAUSSIANS, "A3", "A5", "A7", "A9"]
    assert in_turn("spread", "intended", 11) == [*cycle, *cycle[:2]]


def test_expectation_over_blurs_drifts_as_released_and_not_as_meant() -> None:
    first, second, third = (names(blurs_at(i, "eot", "as_released")) for i in range(3))
    assert first == [*GAUSSIANS, "A5", "A7", "A9", "G1.0"]
    assert second == [*GAUSSIANS[1:], "A5", "A7", "A9", "G1.0", "G1.5"]
    assert third == [*GAUSSIANS[2:], "A5", "A7", "A9", "G1.0", "G1.5", "G2.0"]
    assert names(blurs_at(8, "eot", "as_released")) == first
    meant = [names(blurs_at(i, "eot", "intended")) for i in range(3)]
    assert meant == [[*GAUSSIANS, "A3", "A5", "A7", "A9"]] * 3


def test_the_known_blur_is_the_same_in_every_step_and_none_is_none() -> None:
    assert [blurs_at(i, "white", "intended") for i in (0, 5)] == [(WHITE,), (WHITE,)]
    assert names((WHITE,)) == ["G1.5"]
    assert blurs_at(3, None, "as_released") == (None,)


@pytest.mark.parametrize("blur", [Blur(11, 1.5), Blur(11, 3.0), Blur(5), Blur(1), Blur(1, 2.0)])
def test_a_blurred_point_is_the_kernel(blur: Blur) -> None:
    """Against the weights written out: exp(-d^2 / 2 sigma^2) over its sum, or one over the area."""
    side, reach = 21, blur.kernel_px // 2
    point = torch.zeros(1, 2, side, side, dtype=torch.float64)
    point[:, 1, 10, 10] = 1
    kernel = [
        [
            1.0 if blur.sigma_px is None else math.exp(-(x * x + y * y) / (2 * blur.sigma_px**2))
            for x in range(-reach, reach + 1)
        ]
        for y in range(-reach, reach + 1)
    ]
    wanted = torch.zeros(side, side, dtype=torch.float64)
    total = sum(map(sum, kernel))
    wanted[10 - reach : 11 + reach, 10 - reach : 11 + reach] = torch.tensor(kernel, dtype=torch.float64) / total
    blurred = blur(point)
    assert torch.allclose(blurred[0, 1], wanted, atol=1e-15)
    assert torch.equal(blurred[0, 0], torch.zeros(side, side, dtype=torch.float64))


def test_edges_fade_to_grey() -> None:
    blurred = Blur(3)(torch.ones(1, 3, 4, 5))
    assert blurred.shape == (1, 3, 4, 5)
    assert torch.allclose(blurred[0, 0, 0], torch.tensor([4 / 9, 6 / 9, 6 / 9, 6 / 9, 4 / 9]))
    assert torch.allclose(blurred[0, 0, 1, 1:4], torch.ones(3))


def test_a_picture_smaller_than_the_kernel_is_blurred_too() -> None:
    assert Blur(9)(torch.ones(1, 3, 1, 1)).flatten().tolist() == pytest.approx([1 / 81] * 3)


def test_half_precision_around_it_does_not_touch_it() -> None:
    images = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        blurred = WHITE(images)
    assert blurred.dtype == torch.float32
    assert torch.equal(blurred, WHITE(images))


@pytest.mark.parametrize(("kernel", "sigma"), [(4, None), (0, 1.0), (-3, None), (11, 0.0), (11, float("nan"))])
def test_impossible_blurs_are_refused(kernel: int, sigma: float | None) -> None:
    with pytest.raises(UsageError):
        Blur(kernel, sigma)
