"""The patch discriminator: what its verdicts see, its losses, and that it learns."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from prosopon.core.errors import UsageError
from prosopon.models.patch_unet import (
    PatchUnet,
    PatchUnetConfig,
    ReceptiveFields,
    Verdicts,
    choose_strides,
    discriminator_loss,
    generator_loss,
    receptive_fields,
)


def made(seed: int = 0, **config: int | bool) -> PatchUnet:
    torch.manual_seed(seed)
    return PatchUnet(PatchUnetConfig(**{"width": 4, **config}))  # type: ignore[arg-type]


def seen(logit: Tensor, picture: Tensor) -> int:
    """Longest side of what a verdict depends on."""
    (slope,) = torch.autograd.grad(logit, picture, retain_graph=True)
    places = slope.abs().sum((0, 1)).nonzero()
    return int((places.amax(0) - places.amin(0)).max()) + 1


@pytest.mark.parametrize("patch_size", [3, 7, 11, 16, 20, 32])
def test_verdicts_see_exactly_as_much_as_they_say(patch_size: int) -> None:
    net = made(patch_size=patch_size).double()
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.uniform_(layer.weight, 0.01, 0.02)  # nothing cancels out, nothing is cut off
    assert net.fields == receptive_fields(net.strides)
    side = 16 * math.ceil((2 * net.fields.fine + 32) / 16)
    picture = torch.rand(1, 3, side, side, dtype=torch.float64, requires_grad=True)
    verdicts = net(0.5 + picture)
    middle = side // 2
    cell = side // verdicts.coarse.shape[-1]
    assert seen(verdicts.coarse[0, 0, middle // cell, middle // cell], picture) == net.fields.coarse
    found = [seen(verdicts.fine[0, 0, middle + i, middle + i], picture) for i in range(cell)]
    assert max(found) == net.fields.fine


@pytest.mark.parametrize(
    ("patch_size", "strides", "fields"),
    [
        (3, (2,), (3, 5)),
        (8, (2, 2), (7, 15)),
        (12, (2, 1, 2), (11, 23)),
        (16, (2, 2, 2), (15, 31)),
        (20, (2, 1, 2, 2), (19, 43)),
        (512, (2,) * 8, (511, 1023)),
    ],
)
def test_strides_for_patches(patch_size: int, strides: tuple[int, ...], fields: tuple[int, int]) -> None:
    assert choose_strides(patch_size) == strides
    assert receptive_fields(strides) == ReceptiveFields(*fields)


def test_every_patch_size_is_met_within_its_neighbours() -> None:
    for patch_size in range(3, 65):
        assert abs(receptive_fields(choose_strides(patch_size)).coarse - patch_size) <= 2


@pytest.mark.parametrize("patch_size", [2, 513])
def test_patch_sizes_that_make_no_sense_are_refused(patch_size: int) -> None:
    with pytest.raises(UsageError, match=f"{patch_size} pixels"):
        made(patch_size=patch_size)


@pytest.mark.parametrize("size", [(1, 1), (5, 3), (32, 32), (33, 47)])
@pytest.mark.parametrize("patch_size", [11, 16])
def test_pictures_of_any_size_are_judged(size: tuple[int, int], patch_size: int) -> None:
    net = made(patch_size=patch_size)
    verdicts = net(torch.rand(2, 3, *size))
    cell = math.prod(net.strides)
    assert verdicts.fine.shape == (2, 1, *size)
    assert verdicts.coarse.shape == (2, 1, *(math.ceil(side / cell) for side in size))


def test_losses_of_what_is_undecided_certain_and_wrong() -> None:
    def verdicts(logit: float) -> Verdicts:
        return Verdicts(torch.full((2, 1, 2, 2), logit), torch.full((2, 1, 8, 8), logit))

    undecided = verdicts(0)
    assert float(discriminator_loss(undecided, undecided)) == pytest.approx(2 * math.log(2))
    assert float(generator_loss(undecided)) == pytest.approx(2 * math.log(2))
    assert float(discriminator_loss(verdicts(20), verdicts(-20))) < 1e-7
    assert float(discriminator_loss(verdicts(-300), verdicts(300))) == pytest.approx(600)
    assert float(generator_loss(verdicts(-300))) == pytest.approx(600)
    assert discriminator_loss(Verdicts(*(v.bfloat16() for v in undecided)), undecided).dtype == torch.float32


def test_both_verdicts_count_alike() -> None:
    coarse, fine = torch.randn(2, 1, 3, 3), torch.randn(2, 1, 12, 12)
    wanted = nn.functional.binary_cross_entropy_with_logits(coarse, torch.ones_like(coarse))
    wanted = wanted + nn.functional.binary_cross_entropy_with_logits(fine, torch.ones_like(fine))
    torch.testing.assert_close(generator_loss(Verdicts(coarse, fine)), wanted)
    torch.testing.assert_close(
        discriminator_loss(Verdicts(coarse, fine), Verdicts(-coarse, -fine)), wanted
    )  # fakes judged as surely fake as reals are judged real


@pytest.mark.parametrize("spectral_norm", [False, True])
def test_it_learns_to_tell_sharp_from_blurred(spectral_norm: bool) -> None:
    net = made(patch_size=8, spectral_norm=spectral_norm)
    generator = torch.Generator().manual_seed(1)
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-2)
    for _ in range(60):
        real = torch.rand(8, 3, 16, 32, generator=generator)
        fake = nn.functional.avg_pool2d(real, 3, 1, 1, count_include_pad=False)
        loss = discriminator_loss(net(real), net(fake))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert float(loss.detach()) < 0.5
    with torch.no_grad():
        verdicts = net(torch.cat((real[..., :16], fake[..., 16:]), 3))
    # As far from where the halves meet as a verdict sees.
    beyond = 16 - net.fields.fine // 2
    assert float((verdicts.fine[..., :beyond] > 0).float().mean()) > 0.95
    assert float((verdicts.fine[..., -beyond:] < 0).float().mean()) > 0.95


def test_spectral_norm_bounds_every_convolution() -> None:
    net = made(spectral_norm=True).train()
    with torch.no_grad():
        for layer in net.modules():
            if isinstance(layer, nn.Conv2d):
                layer.weight_orig.mul_(50)
    for _ in range(30):
        net(torch.rand(1, 3, 16, 16))
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d):
            assert float(torch.linalg.matrix_norm(layer.weight.detach().flatten(1), 2)) == pytest.approx(1, rel=0.02)


def test_the_same_by_channels_last() -> None:
    net, picture = made(), torch.rand(2, 3, 32, 32)
    wanted = net(picture)
    found = net.to(memory_format=torch.channels_last)(picture.contiguous(memory_format=torch.channels_last))  # type: ignore[call-overload]
    for ours, theirs in zip(found, wanted, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)
