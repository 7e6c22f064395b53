"""Filters as matrix products against SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.ndimage import correlate1d

from prosopon.core.errors import UsageError
from prosopon.models.image_losses.filters import Padding, filter_matrix, filtered, gaussian_blur, gaussian_window

SCIPY = {"reflect": "mirror", "replicate": "nearest", "zeros": "constant"}


@pytest.mark.parametrize("padding", SCIPY)
@pytest.mark.parametrize("size", [1, 2, 5, 8, 19])
@pytest.mark.parametrize("shape", [(12, 7), (5, 5), (1, 3), (40, 33)])
def test_it_is_the_filter_of_scipy(padding: Padding, size: int, shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    maps, window = rng.random((2, 3, *shape)), rng.random(size)
    wanted = maps
    for axis in (2, 3):
        # SciPy puts the middle of an even window behind the sample, we before it.
        wanted = correlate1d(wanted, window, axis=axis, mode=SCIPY[padding], origin=-1 if size % 2 == 0 else 0)
    ours = filtered(torch.from_numpy(maps), torch.from_numpy(window), padding)
    np.testing.assert_allclose(ours.numpy(), wanted, rtol=1e-9, atol=1e-9)


def test_valid_leaves_out_what_reaches_over_the_border() -> None:
    matrix = filter_matrix(5, torch.tensor([1.0, 2.0, 3.0]), "valid")
    assert matrix.T.tolist() == [[1, 2, 3, 0, 0], [0, 1, 2, 3, 0], [0, 0, 1, 2, 3]]
    with pytest.raises(UsageError, match="window of 3 pixels"):
        filtered(torch.zeros(1, 1, 2, 9), torch.ones(3), "valid")


def test_windows_are_even_sided_and_sum_to_one() -> None:
    for size in (3, 4, 11, 22):
        window = gaussian_window(size, 1.5, torch.zeros(0, dtype=torch.float64))
        assert float(window.sum()) == pytest.approx(1)
        torch.testing.assert_close(window, window.flip(0))
        assert bool((window[: size // 2].diff() > 0).all())


def test_a_blur_keeps_flat_pictures_and_is_as_wide_as_it_says() -> None:
    flat = torch.full((1, 2, 20, 30), 0.7)
    torch.testing.assert_close(gaussian_blur(flat, 4.0), flat)
    point = torch.zeros(1, 1, 41, 41)
    point[..., 20, 20] = 1
    row = gaussian_blur(point, 4.0)[0, 0, 20]
    assert row.nonzero().flatten().tolist() == list(range(12, 29))
    assert float(row[24] / row[20]) == pytest.approx(np.exp(-0.5), rel=1e-5)


def test_a_blur_under_autocast_is_not_rounded() -> None:
    picture = torch.rand(1, 1, 20, 20, generator=torch.Generator().manual_seed(0))
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(gaussian_blur(picture, 2.0), gaussian_blur(picture.clone(), 2.0))
        rounded = gaussian_blur(picture, 2.0)
    assert torch.equal(rounded, gaussian_blur(picture, 2.0))
