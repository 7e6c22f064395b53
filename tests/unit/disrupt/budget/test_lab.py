"""Lab with gradients, and changes of colour that leave lightness alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skimage.color import rgb2lab
from torch import Tensor

from prosopon.disrupt.budget.chroma import Chroma
from prosopon.disrupt.budget.lab import lab_of, rgb_of
from prosopon.faces.colour.lab import lab_of as lab_in_numpy


def every_colour(n: int = 9) -> Tensor:
    """All mixtures of n steps, `(1, 3, n, n^2)` float64."""
    steps = torch.linspace(0, 1, n, dtype=torch.float64)
    return torch.stack(torch.meshgrid(steps, steps, steps, indexing="ij")).reshape(1, 3, n, -1)


def test_the_numbers_of_others() -> None:
    colours = every_colour()
    ours = lab_of(colours)[0].flatten(1).numpy()
    theirs = rgb2lab(colours[0].movedim(0, -1).numpy()).reshape(-1, 3).T
    assert np.abs(ours - theirs).max() < 0.02
    assert np.abs(ours - lab_in_numpy(colours[0].flatten(1).numpy().astype(np.float32))).max() < 0.01


def test_known_colours() -> None:
    colours = torch.tensor([[1, 1, 1], [0, 0, 0], [0.5, 0.5, 0.5], [1, 0, 0]], dtype=torch.float64).T[None, :, None]
    lab = lab_of(colours)[0, :, 0].T
    wanted = torch.tensor([[100, 0, 0], [0, 0, 0], [53.389, 0, 0], [53.24, 80.09, 67.20]], dtype=torch.float64)
    torch.testing.assert_close(lab, wanted, rtol=0, atol=5e-3)


def test_there_and_back() -> None:
    colours = every_colour()
    torch.testing.assert_close(rgb_of(lab_of(colours)), colours, rtol=0, atol=1e-7)
    single = colours.float()
    torch.testing.assert_close(rgb_of(lab_of(single)), single, rtol=0, atol=2e-5)


def test_gradients_are_slopes() -> None:
    images = 0.005 + 0.99 * torch.rand(1, 3, 2, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    images[..., 0, :] *= 0.03
    assert torch.autograd.gradcheck(lab_of, images.requires_grad_())
    assert torch.autograd.gradcheck(rgb_of, lab_of(images).detach().requires_grad_())


@pytest.mark.parametrize("value", [0.0, 0.04045, 1.0])
def test_gradients_at_the_ends_are_finite(value: float) -> None:
    images = torch.full((1, 3, 2, 2), value, requires_grad=True)
    lab = lab_of(images)
    rgb_of(lab).sum().backward()
    assert images.grad is not None
    torch.testing.assert_close(images.grad, torch.ones_like(images), rtol=0, atol=5e-2)
    outside = torch.tensor([0.0, 110, -110]).view(1, 3, 1, 1).requires_grad_()
    rgb_of(outside).sum().backward()
    assert outside.grad is not None
    assert bool(torch.isfinite(outside.grad).all())


def test_precision_is_kept_under_autocast() -> None:
    colours = every_colour().float()
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(lab_of(colours), lab_of(colours))
        coarse = rgb_of(lab_of(colours))
    torch.testing.assert_close(coarse, colours, rtol=0, atol=2e-5)


@pytest.mark.parametrize(("lightness", "colour"), [(0.0, 5.0), (1.0, 8.0), (2.0, 0.0), (0.0, 0.0), (50.0, 3.0)])
def test_limits_hold_for_every_colour(lightness: float, colour: float) -> None:
    images = every_colour().float()
    candidate = images + 0.5 * torch.randn(images.shape, generator=torch.Generator().manual_seed(0))
    out = Chroma(lightness, colour).project(images, candidate)
    change = lab_of(out.double()) - lab_of(images.double())
    assert float(change[:, 0].abs().max()) <= lightness + 0.011
    assert float(change[:, 1:].norm(dim=1).max()) <= colour + 0.011
    assert float(out.min()) >= 0
    assert float(out.max()) <= 1


def test_in_the_middle_of_the_range_the_limits_are_reached() -> None:
    images = 0.4 + 0.2 * torch.rand(1, 3, 12, 12, generator=torch.Generator().manual_seed(0))
    candidate = images + 0.3 * torch.randn(images.shape, generator=torch.Generator().manual_seed(1))
    change = lab_of(Chroma(1.0, 4.0).project(images, candidate)) - lab_of(images)
    asked = lab_of(candidate.clamp(0, 1)) - lab_of(images)
    torch.testing.assert_close(change[:, 0], asked[:, 0].clamp(-1, 1), rtol=0, atol=0.02)
    nearer = (4 / asked[:, 1:].norm(dim=1)).clamp_max(1)
    torch.testing.assert_close(change[:, 1:], asked[:, 1:] * nearer[:, None], rtol=0, atol=0.02)


def test_limits_may_differ_from_place_to_place() -> None:
    images = torch.full((1, 3, 1, 2), 0.5)
    limits = torch.tensor([0.0, 6.0]).view(1, 1, 1, 2)
    change = lab_of(Chroma(limits, limits).project(images, images + torch.tensor([0.3, 0, 0]).view(3, 1, 1)))
    change = change - lab_of(images)
    assert float(change[..., 0].abs().max()) < 0.02
    assert float(change[:, 1:, :, 1].norm()) == pytest.approx(6, abs=0.02)
