"""The JPEG with gradients against the real one, and what its gradients are good for."""

from __future__ import annotations

import io
from typing import Literal

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from skimage import data
from torch import Tensor

from prosopon.models.laundering.jpeg import Jpeg
from prosopon.models.laundering.jpeg_tables import quantisation
from prosopon.models.laundering.rounding import softly_rounded
from prosopon.models.tensors import to_frames, to_tensor

Picture = NDArray[np.uint8]
Subsampling = Literal["4:2:0", "4:4:4"]
every_subsampling = pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:0"])


def away(jpeg: Jpeg, picture: Picture) -> NDArray[np.int_]:
    return np.abs(to_frames(jpeg(to_tensor(picture)))[0].astype(int) - jpeg.real(picture))


@every_subsampling
@pytest.mark.parametrize("quality", [100, 95, 75, 50, 30, 5])
def test_what_pillow_gives_back(photograph: Picture, quality: int, subsampling: Subsampling) -> None:
    for picture in (photograph, np.ascontiguousarray(data.chelsea()[90:220, 60:335])):
        error = away(Jpeg(quality, subsampling), picture)
        assert error.mean() < 0.15
        assert (error > 1).mean() < 0.03


@every_subsampling
@pytest.mark.parametrize("size", [(1, 1), (1, 50), (50, 1), (8, 8), (15, 3), (15, 4), (15, 5), (16, 17), (31, 33)])
def test_borders_of_any_size_are_those_of_libjpeg(
    photograph: Picture, size: tuple[int, int], subsampling: Subsampling
) -> None:
    cut = np.ascontiguousarray(photograph[60 : 60 + size[0], 70 : 70 + size[1]])
    error = away(Jpeg(90, subsampling), cut)
    assert error.max() <= 4
    assert error.mean() < 0.3


@every_subsampling
def test_even_pictures_and_steps_between_blocks_are_exact(subsampling: Subsampling) -> None:
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[:, 16:32] = (200, 30, 90)
    picture[:, 32:48] = (17, 99, 250)
    picture[16:32, 48:] = 255
    for quality in (100, 90, 75, 51, 50, 49, 20, 1):
        assert away(Jpeg(quality, subsampling), picture).max() == 0


@pytest.mark.parametrize("quality", [1, 10, 49, 50, 51, 75, 99, 100])
def test_the_tables_are_those_in_the_files(quality: int) -> None:
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "JPEG", quality=quality)
    tables = Image.open(file).quantization  # type: ignore[attr-defined]
    assert list(quantisation(quality, colour=False)) == list(tables[0])
    assert list(quantisation(quality, colour=True)) == list(tables[1])


def test_gradients_are_those_of_the_codec_without_its_roundings(photograph: Picture) -> None:
    # Flat enough that nothing is clipped: without rounding nothing would be lost at full resolution.
    images = (0.4 + 0.2 * to_tensor(photograph)).requires_grad_()
    weight = torch.randn(images.shape, generator=torch.Generator().manual_seed(0))
    (Jpeg(75, "4:4:4")(images) * weight).sum().backward()
    torch.testing.assert_close(images.grad, weight, rtol=0, atol=2e-5)


def test_gradients_of_grey_changes_pass_whole_and_of_fine_colour_do_not(photograph: Picture) -> None:
    images = (0.4 + 0.2 * to_tensor(photograph)).requires_grad_()
    weight = torch.randn(images.shape, generator=torch.Generator().manual_seed(0))
    (Jpeg(75)(images) * weight).sum().backward()
    assert images.grad is not None
    torch.testing.assert_close(images.grad.sum(1), weight.sum(1), rtol=0, atol=2e-5)
    assert float((images.grad - weight).pow(2).mean()) > 0.3


def test_soft_rounding_meets_the_numbers_and_is_flat_there() -> None:
    values = torch.tensor([-2.0, 0.0, 3.0, 0.4, 1.6], dtype=torch.float64, requires_grad=True)
    out = softly_rounded(values)
    wanted = torch.tensor([-2.0, 0.0, 3.0, 0.4**3, 2 - 0.4**3], dtype=torch.float64)
    torch.testing.assert_close(out.detach(), wanted)
    out.sum().backward()
    torch.testing.assert_close(values.grad, torch.tensor([0, 0, 0, 0.48, 0.48], dtype=torch.float64))


def test_the_soft_codec_is_near_the_real_one(photograph: Picture) -> None:
    error = away(Jpeg(75, "4:4:4", "soft"), photograph)
    changed = np.abs(photograph.astype(int) - Jpeg(75, "4:4:4").real(photograph))
    assert error.mean() < 0.6 * changed.mean()


@every_subsampling
def test_gradients_of_the_soft_codec_are_slopes(subsampling: Subsampling) -> None:
    images = 0.3 + 0.4 * torch.rand(1, 3, 3, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert torch.autograd.gradcheck(Jpeg(80, subsampling, "soft"), images.requires_grad_())


@pytest.mark.parametrize("rounding", ["straight-through", "soft"])
def test_changes_found_through_it_outlive_the_real_one(
    photograph: Picture, rounding: Literal["straight-through", "soft"]
) -> None:
    picture = np.ascontiguousarray(photograph[40:104, 60:124])
    clean = to_tensor(picture)
    kernel = torch.randn(4, 3, 5, 5, generator=torch.Generator().manual_seed(1))

    def effect(images: Tensor) -> Tensor:
        return torch.nn.functional.conv2d(images - clean, kernel).pow(2).mean()

    def attacked(jpeg: Jpeg | None) -> Tensor:
        start = torch.rand(clean.shape, generator=torch.Generator().manual_seed(2)) - 0.5
        images = (clean + start * 2 / 255).clamp(0, 1)
        for _ in range(8):
            images.requires_grad_()
            value = effect(images if jpeg is None else jpeg(images))
            (slope,) = torch.autograd.grad(value, images)
            moved = images.detach() + 2 / 255 * slope.sign()
            images = moved.clamp(clean - 8 / 255, clean + 8 / 255).clamp(0, 1)
        return images.detach()

    real = Jpeg(50)
    clean_effect = effect(to_tensor(real.real(picture)))
    unaware, aware = (
        effect(to_tensor(real.real(to_frames(attacked(jpeg))[0]))) for jpeg in (None, Jpeg(50, rounding=rounding))
    )
    assert float(aware) > 1.2 * float(unaware)
    assert float(aware) > 1.5 * float(clean_effect)
