"""What upsampling draws into a picture is found, at the right place, and not where there is none."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from prosopon.detect.spectrum.peaks import PLACES, peaks, strongest


@pytest.fixture
def footage() -> NDArray[np.float64]:
    """Something as soft as footage with a little grain."""
    rng = np.random.default_rng(5)
    soft = gaussian_filter(rng.normal(0, 1, (140, 140)), 2.0)
    return np.asarray(128 + 200 * soft + rng.normal(0, 1.0, (140, 140)))


def test_footage_has_no_peak(footage: NDArray[np.float64]) -> None:
    assert peaks(footage).max() < 10


def test_a_checkerboard_is_found_at_half_a_cycle_along_both_axes(footage: NDArray[np.float64]) -> None:
    y, x = np.mgrid[:140, :140]
    found = strongest(peaks(footage + 0.6 * (-1.0) ** (x + y)))
    assert (found.y, found.x) == (0.5, 0.5)
    assert found.above_db > 15


@pytest.mark.parametrize("size", [139, 140])
def test_it_is_found_in_pictures_of_any_size(footage: NDArray[np.float64], size: int) -> None:
    y, x = np.mgrid[:size, :size]
    assert strongest(peaks(footage[:size, :size] + 0.6 * (-1.0) ** (x + y))).above_db > 15


def test_columns_and_quarters_are_told_apart(footage: NDArray[np.float64]) -> None:
    x = np.arange(140)
    columns = strongest(peaks(footage + 0.6 * (-1.0) ** x))
    assert (columns.y, columns.x) == (0.0, 0.5)
    quarters = strongest(peaks(footage + 1.0 * np.cos(np.pi / 2 * x)[:, None]))
    assert (quarters.y, quarters.x) == (0.25, 0.0)


def test_a_transposed_convolution_leaves_its_checkerboard() -> None:
    """An upsampling layer as generators have it: its kernel is not divisible by its stride, its input above 0."""
    torch.manual_seed(0)
    rng = np.random.default_rng(6)
    small = torch.from_numpy(1 + gaussian_filter(rng.normal(0, 1, (70, 70)), 1.5))[None, None].float()
    layer = torch.nn.ConvTranspose2d(1, 1, 3, stride=2, padding=1, output_padding=1, bias=False)
    torch.nn.init.constant_(layer.weight, 0.25)
    with torch.no_grad():
        drawn = 100 * layer(small)[0, 0].double().numpy() + rng.normal(0, 0.5, (140, 140))
    found = peaks(drawn)
    assert min(found[PLACES.index(place)] for place in ((0.5, 0.0), (0.0, 0.5), (0.5, 0.5))) > 15
