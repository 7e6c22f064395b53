"""Convolutions over small maps as matrix products: the same numbers, and only where they are sooner."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from prosopon.models.matrix_conv import MatrixConv2d

SHAPES = [
    (128, 128, 3, 1, 1, 4),
    (128, 192, 5, 2, 2, 8),
    (160, 128, 5, 2, 0, 11),
    (128, 128, 1, 1, 0, 3),
    (128, 256, 3, 1, 1, 8),
]


def twins(channels: int, width: int, kernel: int, stride: int, padding: int) -> tuple[nn.Conv2d, MatrixConv2d]:
    torch.manual_seed(0)
    plain = nn.Conv2d(channels, width, kernel, stride=stride, padding=padding)
    product = MatrixConv2d(channels, width, kernel, stride=stride, padding=padding)
    product.load_state_dict(plain.state_dict())
    return plain, product


def learnt(conv: nn.Conv2d, x: Tensor, layout: torch.memory_format) -> list[Tensor]:
    """Result and gradients in bf16 arithmetic."""
    conv = conv.to(memory_format=layout)  # type: ignore[call-overload]
    x = x.to(memory_format=layout).detach().requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        out = conv(x)
    weight = torch.linspace(-1, 1, out.numel()).reshape(out.shape)
    (out.float() * weight).sum().backward()
    assert x.grad is not None and conv.weight.grad is not None and conv.bias is not None and conv.bias.grad is not None
    return [out.float(), x.grad, conv.weight.grad, conv.bias.grad]


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("shape", SHAPES)
def test_result_and_gradients(shape: tuple[int, ...], layout: torch.memory_format) -> None:
    channels, width, kernel, stride, padding, side = shape
    plain, product = twins(channels, width, kernel, stride, padding)
    x = torch.randn(3, channels, side, side)
    exact = learnt_exactly(plain, x)
    for one, other, truth in zip(learnt(plain, x, layout), learnt(product, x, layout), exact, strict=True):
        assert one.shape == other.shape == truth.shape and one.dtype == other.dtype
        # bf16 has eight bits: what rounding alone does, and never much worse than the library's own.
        assert (other - truth).norm() <= 4e-3 * truth.norm()
        assert (other - truth).norm() <= 3 * (one - truth).norm() + 1e-6


def learnt_exactly(conv: nn.Conv2d, x: Tensor) -> list[Tensor]:
    conv.zero_grad()
    x = x.detach().clone().requires_grad_()
    out = conv(x)
    weight = torch.linspace(-1, 1, out.numel()).reshape(out.shape)
    (out * weight).sum().backward()
    assert x.grad is not None and conv.weight.grad is not None and conv.bias is not None and conv.bias.grad is not None
    found = [out.detach(), x.grad, conv.weight.grad.clone(), conv.bias.grad.clone()]
    conv.zero_grad()
    return found


def counted(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How often a product was taken."""
    from prosopon.models import matrix_conv

    calls: list[int] = []
    original = matrix_conv._patches

    def patches(*args: object) -> Tensor:
        calls.append(1)
        return original(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(matrix_conv, "_patches", patches)
    return lambda: len(calls)


def test_only_where_it_is_sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    count = counted(monkeypatch)
    _, conv = twins(128, 128, 3, 1, 1)
    small, large = torch.rand(1, 128, 4, 4), torch.rand(1, 128, 16, 16)
    conv(small)  # fp32
    with torch.autocast("cpu", torch.bfloat16), torch.no_grad():
        conv(small)  # nothing is learnt
    with torch.autocast("cpu", torch.bfloat16):
        conv(large)
        twins(32, 128, 3, 1, 1)[1](torch.rand(1, 32, 4, 4))
    assert count() == 0
    with torch.autocast("cpu", torch.bfloat16):
        conv(small)
    assert count() == 1


def test_frozen_weights_get_no_gradient() -> None:
    _, conv = twins(128, 128, 3, 1, 1)
    conv.requires_grad_(False)
    x = torch.rand(1, 128, 4, 4, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16):
        conv(x).float().sum().backward()
    assert conv.weight.grad is None and x.grad is not None


def test_without_bias() -> None:
    torch.manual_seed(0)
    conv = MatrixConv2d(128, 128, 3, padding=1, bias=False)
    with torch.autocast("cpu", torch.bfloat16):
        out = conv(torch.rand(2, 128, 4, 4))
    out.float().sum().backward()
    assert out.shape == (2, 128, 4, 4) and conv.weight.grad is not None
