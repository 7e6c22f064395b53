"""The folded blocks against the blocks that they replace."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from prosopon.models import folded
from prosopon.models.blocks import DownBlock, Hourglass, ResidualBlock, SameBlock, UpBlock
from prosopon.models.folded import FoldedHead, Packed, doubling_conv, fold, joined_conv, quad_conv

TOLERANCE = 2e-5


@pytest.fixture(params=["packed", "plain"], autouse=True)
def layout(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Everything holds with and without weights laid out ahead."""
    if request.param == "plain":
        monkeypatch.setattr(folded, "_packs", lambda dtype: False)
    return str(request.param)


def lively(net: nn.Module) -> nn.Module:
    """Batch norms as after training: neither zero mean nor unit variance."""
    torch.manual_seed(3)
    for part in net.modules():
        if isinstance(part, nn.BatchNorm2d):
            for tensor in (part.weight.data, part.running_var):
                assert tensor is not None
                tensor.uniform_(0.5, 2)
            for tensor in (part.bias.data, part.running_mean):
                assert tensor is not None
                tensor.normal_(0, 0.3)
    return net.eval()


def pictures(channels: int, side: int, batch: int = 2) -> Tensor:
    return torch.randn(batch, channels, side, side, generator=torch.Generator().manual_seed(1))


BLOCKS: dict[str, Callable[[], nn.Module]] = {
    "same": lambda: SameBlock(5, 12),
    "same 7x7": lambda: SameBlock(5, 12, kernel=7),
    "down": lambda: DownBlock(5, 12),
    "up": lambda: UpBlock(5, 12),
    "residual": lambda: ResidualBlock(5),
    "hourglass": lambda: Hourglass(4, 5, 3, 16),
    "head": lambda: nn.Sequential(nn.Conv2d(5, 7, 7)),
    "narrow head": lambda: nn.Sequential(nn.Conv2d(5, 3, 7, padding=3)),
    "narrow head of 8": lambda: nn.Sequential(nn.Conv2d(8, 3, 7, padding=3)),
    "narrow head of 16": lambda: nn.Sequential(nn.Conv2d(16, 4, 7, padding=3)),
    "narrow head of 32": lambda: nn.Sequential(nn.Conv2d(32, 1, 7, padding=3)),
}


def inputs_of(net: nn.Module) -> int:
    return next(part.in_channels for part in net.modules() if isinstance(part, nn.Conv2d))


@pytest.mark.parametrize("side", [8, 16, 34])
@pytest.mark.parametrize("name", BLOCKS)
@torch.inference_mode()
def test_folded_equals_block(name: str, side: int) -> None:
    if name == "hourglass" and side % 8:
        side = 40
    net = nn.Sequential(lively(BLOCKS[name]())).eval()
    features = pictures(inputs_of(net), side)
    wanted = net(features)
    quick = fold(net)
    for _ in range(2):  # the first call lays weights out, the second uses them
        got = quick(features)
        assert got.shape == wanted.shape
        assert float((got - wanted).abs().max()) <= TOLERANCE
    assert float((quick(features[:1]) - wanted[:1]).abs().max()) <= TOLERANCE
    half = fold(net).to(torch.bfloat16)(features.bfloat16()).float()
    assert float((half - wanted).abs().mean()) <= 0.02 * float(wanted.std())


@torch.inference_mode()
def test_folding_leaves_the_original_alone() -> None:
    net = lively(Hourglass(4, 3, 2, 16))
    before = {key: value.clone() for key, value in net.state_dict().items()}
    fold(net)
    after = net.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(value, after[key]) for key, value in before.items())


@torch.inference_mode()
def test_doubling_conv_at_the_border() -> None:
    conv = nn.Conv2d(2, 3, 3, padding=1)
    features = pictures(2, 3)
    wanted = conv(F.interpolate(features, scale_factor=2.0, mode="nearest"))
    assert torch.allclose(doubling_conv(conv.weight, conv.bias)(features), wanted, atol=1e-6)


@torch.inference_mode()
def test_quad_conv_is_a_shuffled_conv() -> None:
    conv = nn.Conv2d(2, 3, 5, padding=2)
    features = pictures(2, 6)
    assert torch.allclose(F.pixel_shuffle(quad_conv(conv)(features), 2), conv(features), atol=1e-6)


@torch.inference_mode()
def test_joined_convs_answer_one_after_the_other() -> None:
    first, second = nn.Conv2d(4, 3, 7, padding=3), nn.Conv2d(4, 1, 7, padding=3)
    features = pictures(4, 8)
    wanted = torch.cat((first(features), second(features)), dim=1)
    assert torch.allclose(joined_conv(first, second)(features), wanted, atol=1e-6)


@torch.inference_mode()
def test_moving_to_another_type_forgets_the_layout(layout: str) -> None:
    packed = Packed(nn.Conv2d(4, 8, 3, padding=1), relu=True)
    features = pictures(4, 16)
    wanted = packed(features)
    packed.to(torch.bfloat16)
    got = packed(features.bfloat16())
    assert got.dtype == torch.bfloat16
    assert float((got.float() - wanted).abs().max()) < 0.05
    packed.to(torch.float32)
    packed.weight.zero_()
    packed.to(torch.float32)
    assert float((packed(features) - F.relu(packed.bias)[None, :, None, None]).abs().max()) <= TOLERANCE


def test_gradients_flow_through_a_folded_net() -> None:
    net = fold(lively(Hourglass(4, 3, 2, 16)))
    features = pictures(3, 8).requires_grad_()
    net(features).square().sum().backward()
    assert features.grad is not None
    assert float(features.grad.abs().max()) > 0


def test_head_tells_its_type() -> None:
    assert FoldedHead(nn.Conv2d(2, 3, 3, padding=1)).to(torch.bfloat16).weight.dtype == torch.bfloat16
