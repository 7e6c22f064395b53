"""What holds for everything that happens to pictures, and how near each stand-in is to the real thing."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from prosopon.core.errors import UsageError
from prosopon.models.laundering.blur import Blur
from prosopon.models.laundering.chain import Chain
from prosopon.models.laundering.crop import Crop
from prosopon.models.laundering.gamma import Gamma
from prosopon.models.laundering.jpeg import Jpeg
from prosopon.models.laundering.laundering import Laundering, Random, symmetric
from prosopon.models.laundering.named import LAUNDERINGS, named
from prosopon.models.laundering.noise import Noise
from prosopon.models.laundering.resample import Resize
from prosopon.models.laundering.rounding import Rounding
from prosopon.models.tensors import to_frames, to_tensor

Picture = NDArray[np.uint8]

# How far the real thing is: the mean, and how much in a hundred is off by more than a level.
NEARNESS = {
    "png": (0, 0),
    "jpeg95": (0.2, 4),
    "jpeg75": (0.2, 4),
    "jpeg50": (0.2, 4),
    "jpeg30": (0.2, 4),
    "half": (0.4, 0.2),
    "crop": (0.4, 0.2),
    "blur": (0.5, 4),
    "noise": (0, 0),
    "screenshot": (1.5, 40),
}
EVERY: dict[str, Laundering] = {
    **LAUNDERINGS,
    "nothing": Chain(()),
    "gamma": Gamma(0.8),
    "jpeg_444": Jpeg(60, "4:4:4"),
    "jpeg_soft": Jpeg(60, rounding="soft"),
    "lanczos": Resize(0.37, filter="lanczos"),
    "larger": Resize(1.5),
}
every = pytest.mark.parametrize("name", EVERY)
every_size = pytest.mark.parametrize("size", [(1, 1), (1, 40), (17, 2), (16, 5), (33, 64)])


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("name", LAUNDERINGS)
def test_the_stand_in_is_near_the_real_thing(photograph: Picture, name: str) -> None:
    laundering = named(name)
    real = laundering.real(photograph)
    stood_in = to_frames(laundering(to_tensor(photograph)))[0]
    away = np.abs(stood_in.astype(int) - real)
    mean, percent = NEARNESS[name]
    assert away.mean() <= mean
    assert 100 * (away > 1).mean() <= percent


@pytest.mark.parametrize("name", sorted(set(LAUNDERINGS) - {"png"}))
def test_the_stand_in_is_nearer_to_the_real_thing_than_the_picture_is(photograph: Picture, name: str) -> None:
    laundering = named(name)
    real = laundering.real(photograph).astype(int)
    stood_in = to_frames(laundering(to_tensor(photograph)))[0]
    assert np.abs(stood_in - real).mean() < 0.25 * np.abs(photograph - real).mean()


@every
@every_size
def test_any_size_gives_numbers_in_range_and_gradients(name: str, size: tuple[int, int]) -> None:
    images = noise(2, 3, *size).requires_grad_()
    out = EVERY[name](images)
    assert out.shape == images.shape
    assert float(out.detach().min()) >= 0
    assert float(out.detach().max()) <= 1
    (out * noise(*out.shape, seed=1)).sum().backward()
    assert images.grad is not None
    assert bool(torch.isfinite(images.grad).all())
    assert float(images.grad.abs().max()) > 0


@every
@every_size
def test_the_real_thing_takes_any_size_and_leaves_its_picture_alone(name: str, size: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (*size, 3)).astype(np.uint8)
    kept = picture.copy()
    real = EVERY[name].real(picture)
    assert real.dtype == np.uint8
    assert real.shape == picture.shape
    assert not np.shares_memory(real, picture)
    np.testing.assert_array_equal(picture, kept)


@every
def test_black_and_white_stay_and_have_finite_gradients(name: str) -> None:
    if name in {"noise"}:
        pytest.skip("noise is what it adds")
    for value in (0.0, 1.0):
        images = torch.full((1, 3, 19, 24), value, requires_grad=True)
        out = EVERY[name](images)
        assert float((out - value).detach().abs().max()) < 2e-3
        out.sum().backward()
        assert images.grad is not None
        assert bool(torch.isfinite(images.grad).all())


@every
def test_memory_layout_changes_neither_values_nor_gradients(name: str) -> None:
    kept = noise(2, 3, 26, 31)
    weight = noise(2, 3, 26, 31, seed=1)
    results = []
    for layout in (torch.contiguous_format, torch.channels_last):
        images = kept.clone(memory_format=layout).requires_grad_()
        out = EVERY[name](images)
        (out * weight).contiguous(memory_format=layout).sum().backward()
        results.append((out.detach(), images.grad))
    torch.testing.assert_close(results[1], results[0], rtol=0, atol=2e-6)


@every
def test_the_same_every_time_and_its_input_is_left_alone(name: str) -> None:
    images = noise(1, 3, 20, 21)
    kept = images.clone()
    first, second = EVERY[name](images), EVERY[name](images)
    assert torch.equal(first, second)
    assert torch.equal(images, kept)
    if name != "nothing":
        assert not torch.equal(first, images)


@every
def test_a_picture_does_not_see_the_others(name: str) -> None:
    if name in {"noise"}:
        pytest.skip("noise is another one in each place")
    images = noise(3, 3, 18, 23)
    alone = torch.cat([EVERY[name](image[None]) for image in images])
    torch.testing.assert_close(EVERY[name](images), alone, rtol=0, atol=2e-6)


@every
def test_nets_in_half_precision_do_not_make_it_coarse(name: str) -> None:
    images = noise(1, 3, 24, 24)
    with torch.autocast("cpu", torch.bfloat16):
        out = EVERY[name](images)
    assert torch.equal(out, EVERY[name](images))


def test_the_parameters_stand_in_one_table() -> None:
    assert named("jpeg75") == Jpeg(75)
    assert set(NEARNESS) == set(LAUNDERINGS)
    with pytest.raises(UsageError, match="screenshot"):
        named("carrier pigeon")


def test_for_nets_from_minus_one_to_one() -> None:
    images = noise(1, 3, 8, 8)
    through = symmetric(Gamma(2.0))(images * 2 - 1)
    torch.testing.assert_close(through, images**2 * 2 - 1, rtol=0, atol=1e-6)


def test_what_makes_no_sense_is_refused() -> None:
    for wrong in (
        lambda: Jpeg(0),
        lambda: Jpeg(101),
        lambda: Jpeg(75, "4:1:1"),  # type: ignore[arg-type]
        lambda: Jpeg(75, rounding="up"),  # type: ignore[arg-type]
        lambda: Resize(0),
        lambda: Resize(float("nan")),
        lambda: Resize(0.5, filter="sharp"),  # type: ignore[arg-type]
        lambda: Crop(0),
        lambda: Crop(1.1),
        lambda: Crop(0.5, x=-0.1),
        lambda: Blur(-1),
        lambda: Noise(float("inf")),
        lambda: Gamma(0),
    ):
        with pytest.raises(UsageError):
            wrong()


def test_rounding_is_exact_and_lets_gradients_through() -> None:
    values = torch.tensor([-0.2, 0.0, 0.1, 0.5, 127.5 / 255, 1.0, 1.3]).view(1, 1, 1, 7).requires_grad_()
    out = Rounding()(values)
    assert (out.detach().flatten() * 255).tolist() == [0, 0, 26, 128, 128, 255, 255]
    out.sum().backward()
    assert values.grad is not None
    assert values.grad.flatten().tolist() == [0, 1, 1, 1, 1, 1, 0]


def test_a_crop_without_enlarging_is_a_slice(photograph: Picture) -> None:
    whole = to_tensor(photograph)
    for x, y, left, top in ((0.0, 0.0, 0, 0), (1.0, 1.0, 93, 101), (0.5, 0.25, 46, 25)):
        crop = Crop(0.5, x, y, back=False)
        rows, columns = slice(top, top + 100), slice(left, left + 94)
        assert torch.equal(crop(whole), whole[..., rows, columns])
        np.testing.assert_array_equal(crop.real(photograph), photograph[rows, columns])


def test_a_chain_goes_in_order_and_back(photograph: Picture) -> None:
    parts = (Gamma(1.3), Resize(0.5, back=False))
    images = to_tensor(photograph)
    assert torch.equal(Chain(parts)(images), parts[1](parts[0](images)))
    assert Chain(parts)(images).shape == (1, 3, 100, 94)
    assert Chain(parts, back=True)(images).shape == images.shape
    assert Chain(parts).real(photograph).shape == (100, 94, 3)
    assert Chain(parts, back=True).real(photograph).shape == photograph.shape


def test_noise_is_as_strong_as_said_and_another_when_drawn() -> None:
    grey = torch.full((1, 3, 96, 96), 0.5)
    generator = torch.Generator().manual_seed(3)
    one = Noise(0.05)
    other = one.drawn(generator)
    assert isinstance(one, Random)
    assert other.sigma == one.sigma
    grains = [laundering(grey) - grey for laundering in (one, other)]
    for grain in grains:
        assert float(grain.std()) == pytest.approx(0.05, rel=0.02)
        assert abs(float(grain.mean())) < 1e-3
    assert abs(float((grains[0] * grains[1]).mean())) < 0.05 * 0.05**2 * 3


def test_a_chain_draws_its_parts() -> None:
    chain = Chain((Jpeg(), Crop(0.5), Noise()))
    drawn = chain.drawn(torch.Generator().manual_seed(0))
    assert drawn.parts[0] == Jpeg()
    assert drawn.parts[1] != chain.parts[1]
    assert drawn.parts[2] != chain.parts[2]
    assert drawn == chain.drawn(torch.Generator().manual_seed(0))


def test_a_blurred_point_is_the_gaussian_and_borders_are_mirrored() -> None:
    point = torch.zeros(1, 1, 13, 13, dtype=torch.float64)
    point[..., 6, 6] = 1
    blurred = Blur(1.5)(point)[0, 0]
    assert float(blurred.sum()) == pytest.approx(1)
    assert float(blurred[6, 8] / blurred[6, 6]) == pytest.approx(np.exp(-2 / 1.5**2))
    row = torch.tensor([0.0, 1.0, 0.0, 0.0, 0.0], dtype=torch.float64).view(1, 1, 1, 5)
    line = Blur(0.5)(row)[0, 0, 0]
    # Two pixels on each side; the mirror shows the point a second time, one pixel beyond the border.
    weights = torch.exp(-2 * torch.arange(-2, 3, dtype=torch.float64) ** 2)
    weights /= weights.sum()
    torch.testing.assert_close(line[0], 2 * weights[1])
    torch.testing.assert_close(line[3], weights[4])


@pytest.mark.parametrize("laundering", [Gamma(0.7), Gamma(1.2), Blur(0.8), Resize(0.6), Crop(0.7)], ids=str)
def test_gradients_are_slopes(laundering: Laundering) -> None:
    images = 0.3 + 0.4 * noise(1, 1, 5, 6).double()
    assert torch.autograd.gradcheck(laundering, images.requires_grad_())
