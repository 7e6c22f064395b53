"""Resampling against Pillow, against PyTorch, and by what must hold."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from prosopon.models.laundering.resample import Filter, really_resampled, resampled
from prosopon.models.tensors import to_frames, to_tensor

sizes = pytest.mark.parametrize("size", [(100, 94), (67, 251), (300, 40), (1, 1), (201, 93)])


@sizes
@pytest.mark.parametrize("name", ["bilinear", "bicubic", "lanczos"])
def test_as_pillow_does_it(photograph: NDArray[np.uint8], size: tuple[int, int], name: Filter) -> None:
    ours = to_frames(resampled(to_tensor(photograph), *size, filter=name))[0]
    pillows = really_resampled(photograph, *size, filter=name)
    assert ours.shape == pillows.shape
    assert np.abs(ours.astype(int) - pillows).max() <= 1


@sizes
def test_as_pytorch_does_it(photograph: NDArray[np.uint8], size: tuple[int, int]) -> None:
    # Low contrast, so that nothing is clipped.
    images = 0.4 + 0.2 * to_tensor(photograph)
    theirs = F.interpolate(images, size=size, mode="bicubic", antialias=True)
    torch.testing.assert_close(resampled(images, *size), theirs, rtol=0, atol=2e-6)


def test_an_even_picture_stays_even() -> None:
    for size in ((3, 50), (14, 1), (9, 9)):
        out = resampled(torch.full((1, 2, 9, 13), 0.3, dtype=torch.float64), *size)
        torch.testing.assert_close(out, torch.full((1, 2, *size), 0.3, dtype=torch.float64))


def test_its_own_size_is_the_picture_itself() -> None:
    images = torch.rand(1, 3, 5, 6)
    assert resampled(images, 5, 6) is images


def test_halving_pairs_is_their_weighted_mean() -> None:
    row = torch.tensor([0.2, 0.4, 0.6, 0.8], dtype=torch.float64).view(1, 1, 1, 4)
    out = resampled(row, 1, 2, filter="bilinear").flatten()
    # The triangle is as wide as four pixels: 1/4, 3/4, 3/4, 1/4, and what is beyond the border left out.
    first = (3 * 0.2 + 3 * 0.4 + 0.6) / 7
    torch.testing.assert_close(out, torch.tensor([first, 1 - first], dtype=torch.float64))


def test_what_inference_left_behind_can_be_differentiated() -> None:
    images = torch.rand(1, 3, 21, 22)
    with torch.inference_mode():
        resampled(images, 5, 23)
    images.requires_grad_()
    resampled(images, 5, 23).sum().backward()
    assert images.grad is not None
