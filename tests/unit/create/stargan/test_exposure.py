"""Colour and contrast around the generator: taken out, put back, and of no influence on the edit."""

from __future__ import annotations

import pytest
import torch

from prosopon.create.stargan.exposure import Exposure
from prosopon.create.stargan.model import edit


def test_evened_pictures_have_one_mean_and_spread_and_come_back() -> None:
    torch.manual_seed(0)
    pictures = (0.2 * torch.randn(3, 3, 16, 16) + torch.tensor([-0.3, 0.0, 0.4])[:, None, None, None]).clamp(-1, 1)
    exposure = Exposure.of(pictures)
    evened = exposure.even(pictures)
    assert torch.allclose(evened.mean((2, 3)), torch.zeros(3, 3), atol=0.02)
    assert torch.allclose(evened.square().mean((1, 2, 3)).sqrt(), torch.full((3,), 0.35), atol=0.02)
    assert evened.abs().max() <= 1
    inside = evened.abs() < 1
    assert torch.allclose(exposure.restored(evened)[inside], pictures[inside], atol=1e-6)


def test_a_plain_picture_stays_plain() -> None:
    plain = torch.full((1, 3, 8, 8), 0.5)
    exposure = Exposure.of(plain)
    assert torch.equal(exposure.even(plain), torch.zeros_like(plain))
    assert torch.equal(exposure.restored(torch.zeros_like(plain)), plain)


def test_where_it_is_not_evened_nothing_changes() -> None:
    pictures = torch.rand(2, 3, 8, 8) * 2 - 1
    exposure = Exposure.of(pictures, evened=False)
    assert torch.allclose(exposure.even(pictures), pictures)
    assert torch.allclose(exposure.restored(pictures), pictures)


@pytest.mark.parametrize("evened", [True, False])
def test_an_edit_follows_the_exposure_only_where_it_is_evened(evened: bool) -> None:
    """A net that leaves pictures as they are in contrast alone, as instance norms do."""

    def generator(pictures: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        centred = pictures - pictures.mean((2, 3), keepdim=True)
        return centred / centred.square().mean((1, 2, 3), keepdim=True).sqrt() * 0.35

    torch.manual_seed(1)
    pictures = 0.3 + 0.2 * torch.rand(2, 3, 16, 16)
    made = edit(generator, pictures, torch.zeros(1, 7), evened=evened)
    assert torch.allclose(made, pictures, atol=0.01) == evened
