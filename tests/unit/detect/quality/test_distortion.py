"""Reflections, colours, blur: by hand."""

from __future__ import annotations

import colorsys

import numpy as np
import pytest
from skimage.measure import blur_effect

from prosopon.detect.quality import distortion
from prosopon.detect.quality.against_blur import blurred


def test_strong_colours_are_no_reflections() -> None:
    picture = np.zeros((10, 10, 3), np.uint8)
    picture[:3, :, 0] = 250  # the least channel is 0
    assert distortion.reflections(picture) == (0, 0, 0)


def test_reflections_are_what_the_least_channel_has_above_the_usual() -> None:
    picture = np.zeros((10, 10, 3), np.uint8)
    picture[:4] = 90
    picture[0, :2] = (250, 110, 100)
    picture[9, 9] = 130
    # Least channels: 38 of 90, two of 100, one of 130.
    mean = (38 * 90 + 200 + 130) / 100
    bar = mean + 0.5 * np.sqrt((38 * 90**2 + 2 * 100**2 + 130**2) / 100 - mean**2)
    usual = (38 * (90 - bar) + 2 * (100 - bar) + 130 - bar) / 100
    assert 1.5 * usual < 90 - bar and 130 - bar > 4 * usual  # the brightest is more than a reflection
    share, strength, spread = distortion.reflections(picture)
    assert share == 0.4
    assert strength == pytest.approx((90.5 - bar) / 150)
    assert spread == pytest.approx(np.sqrt(38 * 0.5**2 + 2 * 9.5**2) / np.sqrt(40) / 150)


def test_hue_is_turned_so_that_red_lies_in_the_middle() -> None:
    red = np.full((4, 4, 3), (200, 0, 0), np.uint8)
    hue, saturation, value = distortion.colour_moments(red).reshape(3, 5)
    assert hue == pytest.approx([0.5, 0, 0, 0, 0])
    assert saturation == pytest.approx([1, 0, 0, 0, 1])
    assert value == pytest.approx([200 / 255, 0, 0, 0, 0])


def test_hsv_is_that_of_the_standard_library() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (6, 7, 3), np.uint8)
    ours = np.stack(distortion._hsv(picture), -1).reshape(-1, 3)
    theirs = np.array([colorsys.rgb_to_hsv(*(pixel / 255)) for pixel in picture.reshape(-1, 3)])
    theirs[:, 0] = (theirs[:, 0] + 0.5) % 1
    assert ours == pytest.approx(theirs)


def test_moments_by_hand() -> None:
    picture = np.zeros((1, 4, 3), np.uint8)
    picture[0, 3] = 255
    value = distortion.colour_moments(picture)[10:]
    spread = np.sqrt(3) / 4
    skewness = (3 * (-0.25) ** 3 + 0.75**3) / 4 / spread**3
    assert value == pytest.approx([0.25, spread, skewness, 0.75, 0.25])


def test_the_most_frequent_colours_come_first() -> None:
    picture = np.zeros((1, 10, 3), np.uint8)
    picture[0, :3] = 255
    picture[0, 3] = (255, 0, 0)
    picture[0, 4:] = (0, 0, 7)  # the same of 32 levels as black
    shares = distortion.colour_diversity(picture)
    assert shares[:4] == pytest.approx([0.6, 0.3, 0.1, 0])
    assert shares[100] == pytest.approx(3 / 2000)


def test_few_colours_may_cover_nearly_all() -> None:
    picture = np.zeros((20, 10, 3), np.uint8)
    picture[0, 0] = 255  # half a percent
    assert distortion.colour_diversity(picture)[100] == pytest.approx(1 / 2000)


def test_blurriness_by_hand() -> None:
    row = np.zeros((1, 40))
    row[0, 20] = 9.0  # differences 9 and 9; after a mean of nine: 1 where it begins and 1 where it ends
    both = np.tile(row, (9, 1))
    # Of 18 the two places have 9 - 0 each left, since the mean of nine is flat around the point.
    assert distortion._lost(both, 1) == pytest.approx(0)
    ramp = np.tile(np.arange(40.0), (5, 1))
    # A ramp stays a ramp but for four pixels at both ends, where the last pixel is repeated.
    after = np.abs(np.diff(np.convolve(np.pad(np.arange(40.0), 4, mode="edge"), np.ones(9) / 9, "valid")))
    assert distortion._lost(ramp, 1) == pytest.approx(1 - np.maximum(0, 1 - after).sum() / 39)


def test_blurriness_grows_with_blur_as_that_of_scikit_image() -> None:
    sharp = np.random.default_rng(0).normal(100, 30, (64, 64))
    pictures = [sharp, blurred(sharp), blurred(blurred(blurred(sharp)))]
    ours, theirs = [distortion.blurriness(one) for one in pictures], [blur_effect(one / 255) for one in pictures]  # type: ignore[no-untyped-call]
    assert ours == sorted(ours) and theirs == sorted(theirs)
    assert distortion.blurriness(np.full((20, 20), 5.0)) == 1


def test_edges_are_as_wide_as_their_ramps() -> None:
    for width in (1, 3, 6):
        row = np.concatenate((np.zeros(20), np.linspace(0, 120, width + 1)[1:], np.full(20, 120.0)))
        plane = np.tile(row, (8, 1))
        assert distortion.edge_width(plane) == pytest.approx(width / 30)
    assert distortion.edge_width(np.zeros((8, 8))) == 0


def test_runs_are_counted_within_their_row() -> None:
    signs = np.array([[1.0, 1, 0], [0, 0, 0], [1, -1, -1]])
    assert distortion._run_lengths(signs).tolist() == [[2, 2, 1], [3, 3, 3], [1, 2, 2]]
