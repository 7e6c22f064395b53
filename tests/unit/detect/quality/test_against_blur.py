"""The measures against a blurred copy, by hand and by plain loops."""

from __future__ import annotations

import numpy as np
import pytest

from prosopon.detect.quality import against_blur as measures

BLACK_WHITE = np.array([[0.0, 10.0], [20.0, 30.0]])
OTHER = np.array([[1.0, 8.0], [20.0, 33.0]])


def test_luma_is_that_of_bt_601_with_headroom() -> None:
    ends = np.array([[[0, 0, 0], [255, 255, 255], [255, 0, 0]]], np.uint8)
    assert measures.luma(ends)[0] == pytest.approx([16.0, 16 + 0.8588 * 255, 16 + 0.2568 * 255])


def test_the_blur_is_a_gaussian_of_nine_pixels_and_keeps_what_is_flat() -> None:
    point = np.zeros((5, 5))
    point[2, 2] = 1
    side = np.exp(-2.0)
    row = np.array([side, 1, side]) / (1 + 2 * side)
    assert measures.blurred(point)[1:4, 1:4] == pytest.approx(np.outer(row, row))
    assert measures.blurred(np.full((4, 6), 7.0)) == pytest.approx(7.0)  # also at the edges


def test_the_edge_pixel_itself_is_repeated_by_the_mirror() -> None:
    plane = np.array([[8.0, 0.0, 0.0, 0.0]])
    side = np.exp(-2.0)
    assert measures.blurred(plane)[0, 0] == pytest.approx(8 * (1 + side) / (1 + 2 * side))


def test_differences_by_hand() -> None:
    # I - B = -1, 2, 0, -3
    assert measures.mse(BLACK_WHITE, OTHER) == pytest.approx(14 / 4)
    assert measures.psnr(BLACK_WHITE, OTHER) == pytest.approx(10 * np.log10(255**2 / 3.5))
    assert measures.ad(BLACK_WHITE, OTHER) == pytest.approx(-0.5)
    assert measures.sc(BLACK_WHITE, OTHER) == pytest.approx(1400 / (1 + 64 + 400 + 1089))
    assert measures.nk(BLACK_WHITE, OTHER) == pytest.approx((80 + 400 + 990) / 1400)
    assert measures.md(BLACK_WHITE, OTHER) == 3
    assert measures.nae(BLACK_WHITE, OTHER) == pytest.approx(6 / 60)
    assert measures.snr(BLACK_WHITE, OTHER) == pytest.approx(10 * np.log10(1400 / 14))


def test_the_largest_ten_differences_are_averaged() -> None:
    plane = np.zeros((5, 5))
    copy = np.arange(25.0).reshape(5, 5)
    assert measures.ramd(plane, copy) == pytest.approx(np.sqrt(np.mean(np.arange(15, 25))))
    assert measures.ramd(BLACK_WHITE, OTHER) == pytest.approx(np.sqrt(6 / 4))  # fewer than ten: all


def test_laplacian_by_hand() -> None:
    plane = np.zeros((3, 3))
    plane[1, 1] = 1.0  # h = -4
    copy = plane * 0.5  # h = -2
    assert measures.lmse(plane, copy) == pytest.approx(4 / 16)
    assert measures.lmse(np.ones((4, 4)), np.ones((4, 4))) == 0


def test_angles_between_colours() -> None:
    red, green, grey = ([255.0, 0, 0], [0, 255.0, 0], [100.0, 100, 100])
    first, second = np.array([[red, grey]]), np.array([[green, grey]])
    assert measures.mas(first, second) == pytest.approx(1 - 0.5)  # one right angle (1), one of 0
    apart = np.sqrt(2) / np.sqrt(3)
    assert measures.mams(first, second) == pytest.approx((1 - (1 - 1) * (1 - apart) + 0) / 2)
    assert measures.mas(first, first) == 1 and measures.mams(first, first) == 0
    half = np.array([[[255.0, 255, 0], grey]])
    assert measures.mas(first, half) == pytest.approx(1 - 0.25)  # 45 degrees


def test_black_has_no_angle() -> None:
    black, red = np.zeros((1, 1, 3)), np.full((1, 1, 3), 9.0)
    assert measures.mas(black, red) == 1


def test_spectral_magnitudes_are_those_of_an_orthonormal_transform() -> None:
    plane = np.array([[1.0, 0], [0, 0]])  # |F| = 0.5 everywhere
    assert measures.sme(plane, np.zeros((2, 2))) == pytest.approx(0.25)
    larger = np.random.default_rng(0).normal(size=(64, 64))
    # Of the same noise in a larger picture, about the same.
    assert measures.sme(larger, 0.5 * larger) == pytest.approx(0.25 * (larger**2).mean())


def test_gradients_by_hand() -> None:
    across = np.tile(np.arange(4.0) * 3, (4, 1))
    down = across.T
    assert measures.gme(across, 0 * across) == pytest.approx(9)
    assert measures.gme(across, down) == pytest.approx(0)
    assert measures.gpe(across, down) == pytest.approx((np.pi / 2) ** 2)
    assert measures.gpe(across, across) == 0


def test_phases_that_are_nearly_the_same_are_not_taken_for_opposite_ones() -> None:
    y, x = np.mgrid[:8, :8].astype(float)
    first = -x + 0.01 * y  # angle just below pi
    second = -x - 0.01 * y  # just above -pi
    assert measures.gpe(first, second) == pytest.approx(0.02**2, rel=1e-3)


@pytest.mark.parametrize("name", ["psnr", "snr"])
def test_equal_pictures_have_finite_ratios(name: str) -> None:
    assert getattr(measures, name)(BLACK_WHITE, BLACK_WHITE) == 100
