"""Instance normalisation: values of the definition, gradients in every memory format, running statistics."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from prosopon.models.instance_norm import InstanceNorm, own_statistics

LAYOUTS = [torch.contiguous_format, torch.channels_last]
every_layout = pytest.mark.parametrize("layout", LAYOUTS)
every_incoming = pytest.mark.parametrize("incoming", LAYOUTS)


def filled(channels: int, *, affine: bool = True, tracked: bool = True) -> InstanceNorm:
    torch.manual_seed(1)
    norm = InstanceNorm(channels, affine=affine, tracked=tracked)
    for tensor in (norm.weight, norm.bias, norm.running_mean):
        if tensor is not None:
            tensor.data.normal_()
    if norm.running_var is not None:
        norm.running_var.uniform_(0.5, 2)
    return norm


def features(*shape: int) -> Tensor:
    torch.manual_seed(0)
    return 3 * torch.randn(*shape) + 2


def input_gradient(
    norm: nn.Module, x: Tensor, gradient: Tensor, layout: torch.memory_format, incoming: torch.memory_format
) -> Tensor:
    x = x.to(memory_format=layout).detach().requires_grad_()
    (found,) = torch.autograd.grad(norm(x), x, gradient.to(memory_format=incoming))
    return found


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("affine", [False, True])
@pytest.mark.parametrize("training", [False, True])
@every_layout
@every_incoming
def test_gradient_is_that_of_double_precision_in_every_layout(
    batch: int, affine: bool, training: bool, layout: torch.memory_format, incoming: torch.memory_format
) -> None:
    norm = filled(6, affine=affine).train(training)
    x, gradient = features(batch, 6, 9, 7), torch.randn(batch, 6, 9, 7)
    contiguous = torch.contiguous_format
    exact = input_gradient(copy.deepcopy(norm).double(), x.double(), gradient.double(), contiguous, contiguous)
    found = input_gradient(norm, x, gradient, layout, incoming)
    torch.testing.assert_close(found.double(), exact, rtol=1e-4, atol=1e-5)


def test_gradient_before_a_channels_last_convolution() -> None:
    def through(norm: nn.Module, layout: torch.memory_format) -> Tensor:
        torch.manual_seed(2)
        conv = nn.Conv2d(8, 8, 3, padding=1).requires_grad_(False).to(memory_format=layout)  # type: ignore[call-overload]
        x = features(1, 8, 12, 12).requires_grad_()
        (found,) = torch.autograd.grad(conv(norm(x)).square().sum(), x)
        return found

    plain, other = (through(InstanceNorm(8), layout) for layout in LAYOUTS)
    torch.testing.assert_close(plain, other, rtol=1e-4, atol=1e-4)

    # The reason why there is a norm of our own.
    plain, other = (through(nn.InstanceNorm2d(8), layout) for layout in LAYOUTS)
    if torch.allclose(plain, other, rtol=1e-4, atol=1e-4):
        pytest.skip(f"PyTorch {torch.__version__} has mended F.instance_norm: ours may go")
    assert (plain - other).norm() > 0.5 * plain.norm()


@pytest.mark.parametrize("affine", [False, True])
@pytest.mark.parametrize("tracked", [False, True])
def test_values_keys_and_running_statistics_are_those_of_the_ordinary_norm(affine: bool, tracked: bool) -> None:
    ours = filled(5, affine=affine, tracked=tracked)
    ordinary = nn.InstanceNorm2d(5, affine=affine, track_running_stats=tracked)
    ordinary.load_state_dict(ours.state_dict())
    assert list(ours.state_dict()) == list(ordinary.state_dict())
    for seed in range(3):
        x = features(2, 5, 6 + seed, 4)
        torch.testing.assert_close(ours(x), ordinary(x), rtol=1e-5, atol=1e-5)
    for key, value in ours.state_dict().items():
        if key != "num_batches_tracked":  # the ordinary one does not count
            torch.testing.assert_close(value, ordinary.state_dict()[key])
    ours.eval(), ordinary.eval()
    torch.testing.assert_close(ours(x), ordinary(x), rtol=1e-5, atol=1e-5)


def test_eval_mode_uses_running_statistics_only_where_they_are_tracked() -> None:
    x = features(1, 4, 8, 8)
    assert not torch.allclose(filled(4)(x), filled(4).eval()(x), atol=0.1)
    untracked = filled(4, tracked=False)
    assert torch.equal(untracked(x), untracked.eval()(x))


def test_running_statistics_change_in_train_mode_alone_and_can_be_kept() -> None:
    norm, x = InstanceNorm(3, tracked=True), features(4, 3, 5, 5)
    before = {key: value.clone() for key, value in norm.state_dict().items()}
    norm.eval()(x)
    with own_statistics(nn.Sequential(norm)):
        assert torch.equal(norm(x), InstanceNorm(3)(x))
    assert not norm.training
    norm.train()
    with own_statistics(norm):
        norm(x)
    assert all(torch.equal(value, before[key]) for key, value in norm.state_dict().items())
    norm(x)
    assert norm.running_mean is not None and norm.running_var is not None and norm.num_batches_tracked is not None
    torch.testing.assert_close(norm.running_mean, 0.1 * x.mean((0, 2, 3)))
    torch.testing.assert_close(norm.running_var, 0.9 + 0.1 * x.var((2, 3)).mean(0))
    assert int(norm.num_batches_tracked) == 1


def test_statistics_are_updated_again_after_an_error() -> None:
    norm = InstanceNorm(3, tracked=True)
    norm.updates = False
    with pytest.raises(ZeroDivisionError), own_statistics(norm):
        raise ZeroDivisionError
    assert not norm.updates
    norm.updates = True
    with pytest.raises(ZeroDivisionError), own_statistics(norm):
        raise ZeroDivisionError
    assert norm.updates


def test_odd_input() -> None:
    norm = filled(4)
    assert norm.bias is not None and norm.running_var is not None
    one_pixel = features(2, 4, 1, 1)
    shift = norm.bias.detach()[None, :, None, None].expand(2, -1, 1, 1)
    torch.testing.assert_close(norm(one_pixel), shift, atol=1e-3, rtol=0)
    even = torch.full((1, 4, 3, 3), 7.0)
    torch.testing.assert_close(norm(even)[0, :, 0, 0], norm.bias.detach(), atol=1e-3, rtol=0)
    assert norm(torch.zeros(0, 4, 3, 3)).shape == (0, 4, 3, 3)
    assert bool(norm.running_var.isfinite().all())
    with pytest.raises(ValueError, match="5 channels"):
        InstanceNorm(4)(torch.zeros(1, 5, 3, 3))


def test_pictures_of_a_batch_do_not_meet() -> None:
    norm, x = filled(4), features(3, 4, 6, 6)
    torch.testing.assert_close(norm(x)[1:2], norm(x[1:2]))


@every_layout
def test_bf16_keeps_the_statistics_in_full_precision(layout: torch.memory_format) -> None:
    norm, exact = filled(4), filled(4)
    x = 100 + features(1, 4, 64, 64)
    halved = x.bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        found = norm(halved.to(memory_format=layout))
    expected = exact(halved.float())
    assert (found.float() - expected).abs().max() < 0.03
    assert norm.running_mean is not None and exact.running_mean is not None
    torch.testing.assert_close(norm.running_mean, exact.running_mean, rtol=1e-3, atol=1e-3)


def test_second_derivative() -> None:
    x = features(1, 2, 3, 3).double().requires_grad_()
    norm = filled(2).double()
    norm.updates = False
    assert torch.autograd.gradgradcheck(norm, (x,))


def test_learns_scale_and_shift() -> None:
    norm, x = filled(3), features(2, 3, 4, 4)
    assert norm.weight is not None and norm.bias is not None
    gradient = torch.randn(2, 3, 4, 4)
    norm(x).backward(gradient)
    plain = F.layer_norm(x.flatten(2), (16,)).view_as(x)
    torch.testing.assert_close(norm.bias.grad, gradient.sum((0, 2, 3)))
    torch.testing.assert_close(norm.weight.grad, (gradient * plain).sum((0, 2, 3)), rtol=1e-4, atol=1e-4)
