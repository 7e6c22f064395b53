"""CycleGAN's nets: shapes, places of the layers, dropout, what a score depends on, old states."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from prosopon.models.checkpoint import load_strict
from prosopon.models.cyclegan import Discriminator, Generator, from_published


def pictures(batch: int, side: int = 16) -> Tensor:
    torch.manual_seed(1)
    return torch.rand(batch, 3, side, side) * 2 - 1


@pytest.mark.parametrize("n_blocks", [6, 9])
@torch.no_grad()
def test_redraws(n_blocks: int) -> None:
    torch.manual_seed(0)
    net, images = Generator(n_blocks, width=4), pictures(2)
    redrawn = net(images)
    assert redrawn.shape == images.shape and bool((redrawn.abs() <= 1).all())
    assert redrawn.std() > 0.05
    torch.testing.assert_close(net(images[1:]), redrawn[1:], rtol=1e-4, atol=1e-5)
    assert f"model.{10 + n_blocks - 1}.conv_block.5.weight" in net.state_dict()
    assert f"model.{10 + n_blocks}.weight" in net.state_dict()
    assert torch.equal(net.eval()(images), redrawn), "without dropout and tracking both modes are one"


@torch.no_grad()
def test_dropout_moves_the_second_convolution_and_works_in_train_mode_alone() -> None:
    torch.manual_seed(0)
    net, images = Generator(2, width=4, dropout=True), pictures(1)
    assert "model.10.conv_block.6.weight" in net.state_dict()
    assert "model.10.conv_block.5.weight" not in net.state_dict()
    assert not torch.equal(net(images), net(images))
    net.eval()
    assert torch.equal(net(images), net(images))


def test_discriminator_judges_patches_of_70_pixels() -> None:
    torch.manual_seed(0)
    # Norms spread what a score depends on over the whole picture, so that the patch shows without them alone.
    judge = Discriminator(width=4).double()
    layers = [layer for layer in judge.model if type(layer).__name__ != "InstanceNorm"]
    images = pictures(1, 128).double().requires_grad_()
    scores = torch.nn.Sequential(*layers)(images)
    assert judge(images).shape == scores.shape == (1, 1, 14, 14)
    (slope,) = torch.autograd.grad(scores[0, 0, 7, 7], images)
    places = slope.abs().sum((0, 1)).nonzero()
    assert (places.amax(0) - places.amin(0) + 1).tolist() == [70, 70]
    convolutions = [key for key in judge.state_dict() if key.endswith("weight")]
    assert convolutions == [f"model.{index}.weight" for index in (0, 2, 5, 8, 11)]


def test_statistics_of_old_states_are_left_out() -> None:
    net = Generator(2, width=4)
    state = {**net.state_dict(), "model.2.running_mean": torch.ones(4), "model.2.running_var": torch.ones(4)}
    load_strict(net, from_published(state), "a state")
