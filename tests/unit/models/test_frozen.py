"""Frozen nets: no gradients of weights, the same answers and the same gradient at the pictures."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

from prosopon.models.frozen import freeze
from prosopon.models.instance_norm import InstanceNorm


def net() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1), InstanceNorm(6, affine=True), nn.ReLU(),
        nn.Conv2d(6, 4, 4, stride=2, padding=1), InstanceNorm(4), nn.ReLU(),
        nn.ConvTranspose2d(4, 3, 4, stride=2, padding=1), nn.Flatten(), nn.Linear(3 * 8 * 8, 2),
    )  # fmt: skip


def gradient(through: nn.Module, pictures: Tensor) -> Tensor:
    at = pictures.clone().requires_grad_()
    (found,) = torch.autograd.grad(through(at).square().sum(), at)
    return found


@pytest.mark.parametrize("batch", [1, 3])
def test_answers_and_gradients_at_the_pictures_stay(batch: int) -> None:
    plain = net()
    quick = copy.deepcopy(plain)
    freeze(quick)
    pictures = torch.rand(batch, 3, 8, 8)
    torch.testing.assert_close(quick(pictures), plain(pictures), rtol=1e-4, atol=1e-5)
    exact = gradient(copy.deepcopy(plain).double(), pictures.double())
    torch.testing.assert_close(gradient(quick, pictures).double(), exact, rtol=1e-3, atol=1e-5)


def test_weights_collect_nothing_and_keep_their_names_and_values() -> None:
    plain = net()
    quick = copy.deepcopy(plain)
    freeze(quick)
    assert not quick.training and not any(weight.requires_grad for weight in quick.parameters())
    assert list(quick.state_dict()) == list(plain.state_dict())
    assert all(torch.equal(value, plain.state_dict()[key]) for key, value in quick.state_dict().items())


def test_features_follow_the_layout_of_the_weights() -> None:
    quick = net()
    freeze(quick)
    features = quick[:5](torch.rand(1, 3, 8, 8))
    assert features.is_contiguous(memory_format=torch.channels_last) and not features.is_contiguous()
