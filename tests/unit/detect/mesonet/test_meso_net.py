"""Meso-4 and MesoInception-4: sizes, gradients, and a head that is a sum over places."""

from __future__ import annotations

import pytest
import torch

from prosopon.detect.learning.meso_trunk import GRID, SIZE_PX
from prosopon.detect.mesonet.net import NETS, MesoBase


def net_of(config: str) -> MesoBase:
    torch.manual_seed(0)
    return NETS[config]()


@pytest.mark.parametrize(("config", "parameters", "buffers"), [("meso4", 27_977, 96), ("mesoinception4", 28_615, 110)])
def test_they_have_the_published_size(config: str, parameters: int, buffers: int) -> None:
    net = net_of(config)
    assert sum(one.numel() for one in net.parameters()) == parameters
    statistics = [one for name, one in net.named_buffers() if "num_batches" not in name]
    assert sum(one.numel() for one in statistics) == buffers
    assert net.features(torch.rand(1, 3, SIZE_PX, SIZE_PX)).shape == (1, 16, GRID, GRID)


@pytest.mark.parametrize("config", NETS)
def test_all_weights_get_gradients(config: str) -> None:
    net = net_of(config)
    net(torch.rand(2, 3, SIZE_PX, SIZE_PX)).sum().backward()
    assert all(one.grad is not None and bool(one.grad.abs().sum() > 0) for one in net.parameters())


@pytest.mark.parametrize("config", NETS)
def test_the_map_adds_up_to_the_logit(config: str) -> None:
    net = net_of(config).eval()
    with torch.no_grad():
        net.last.bias.fill_(0.3)
        net.hidden.bias.normal_()
    pictures = torch.rand(3, 3, SIZE_PX, SIZE_PX)
    places, constant = net.by_place(pictures)
    assert places.shape == (3, GRID, GRID)
    with torch.no_grad():
        assert torch.allclose(places.sum((1, 2)) + constant, net(pictures), atol=1e-5)


def test_a_place_of_the_map_is_what_changes_with_its_features() -> None:
    """Features of one place set to nothing: the logit loses just that place, as long as no hidden unit bends."""
    net = net_of("meso4").eval()
    with torch.no_grad():
        net.hidden.bias.fill_(50.0)  # all units far from their bend
        pictures = torch.rand(1, 3, SIZE_PX, SIZE_PX)
        places, _ = net.by_place(pictures)
        before, features = net(pictures), net.features(pictures)
        features[:, :, 2, 5] = 0
        net.features = lambda pictures: features  # type: ignore[method-assign]
        assert torch.allclose(before - net(pictures), places[:, 2, 5], atol=1e-4)
