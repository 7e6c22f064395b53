"""What holds for every loss on pictures, whatever it measures."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import Tensor

from prosopon.core.errors import UsageError
from prosopon.models.image_losses import edges, frequency, pixelwise, structural

Loss = Callable[..., Tensor]
Pictures = Callable[..., tuple[Tensor, Tensor]]

LOSSES: dict[str, Loss] = {
    "dssim": structural.dssim,
    "dssim_even": partial(structural.dssim, window=8),
    "dssim_reflect": partial(structural.dssim, padding="reflect"),
    "ms_ssim": structural.ms_ssim,
    "patch_dssim": structural.patch_dssim,
    "mae": pixelwise.mae,
    "mse": pixelwise.mse,
    "log_cosh": pixelwise.log_cosh,
    "smooth_l1": pixelwise.smooth_l1,
    "largest": pixelwise.largest,
    "gradient_difference": edges.gradient_difference,
    "gmsd": edges.gmsd,
    "gmsd_as_released": partial(edges.gmsd, as_released=True),
    "laplacian_pyramid": frequency.laplacian_pyramid,
    "focal_frequency": frequency.focal_frequency,
}
LEAST_PX = {"dssim": 11, "dssim_even": 8, "ms_ssim": 48, "patch_dssim": 3, "gradient_difference": 2, "gmsd": 3,
            "gmsd_as_released": 3, "laplacian_pyramid": 2}  # fmt: skip

every_loss = pytest.mark.parametrize("name", LOSSES)


def weights(predicted: Tensor, seed: int = 1) -> Tensor:
    return torch.rand(len(predicted), 1, *predicted.shape[2:], generator=torch.Generator().manual_seed(seed))


@every_loss
def test_one_value_a_picture_and_none_for_equal_ones(pictures: Pictures, name: str) -> None:
    predicted, target = pictures()
    values = LOSSES[name](predicted, target)
    assert values.shape == (3,)
    assert values.dtype == torch.float32
    assert bool((values > 1e-4).all())
    assert float(LOSSES[name](target, target).abs().max()) < 2e-6


@every_loss
def test_a_picture_does_not_see_the_others(pictures: Pictures, name: str) -> None:
    predicted, target = pictures()
    weight = weights(predicted)
    together = LOSSES[name](predicted, target, weight)
    alone = [LOSSES[name](predicted[i : i + 1], target[i : i + 1], weight[i : i + 1]) for i in range(3)]
    torch.testing.assert_close(together, torch.cat(alone), rtol=1e-5, atol=1e-7)


@every_loss
def test_more_difference_is_more_loss(pictures: Pictures, name: str) -> None:
    predicted, target = pictures()
    further = target + 0.5 * (predicted - target)
    assert bool((LOSSES[name](further, target) < LOSSES[name](predicted, target)).all())


@every_loss
def test_a_weight_multiplies(pictures: Pictures, name: str) -> None:
    predicted, target = pictures()
    loss = LOSSES[name]
    plain = loss(predicted, target)
    torch.testing.assert_close(loss(predicted, target, torch.ones(1, 1, 52, 60)), plain, rtol=1e-4, atol=1e-6)
    weight = weights(predicted)
    torch.testing.assert_close(
        loss(predicted, target, 3 * weight), 3 * loss(predicted, target, weight), rtol=1e-4, atol=1e-6
    )


@every_loss
def test_what_has_no_weight_does_not_count(pictures: Pictures, name: str) -> None:
    predicted, target = pictures()
    predicted = torch.cat((target[..., :40], predicted[..., 40:]), dim=3)
    weight = torch.ones(3, 1, 52, 60)
    # The windows of structural losses, edges and bands reach a little over the border of the weight.
    weight[..., 24:] = 0
    assert float(LOSSES[name](predicted, target, weight).abs().max()) < 0.012
    assert float(LOSSES[name](predicted, target, 0 * weight).abs().max()) == 0


@every_loss
def test_memory_format_and_precision_of_the_nets_change_nothing(pictures: Pictures, name: str) -> None:
    predicted, target = pictures()
    plain = LOSSES[name](predicted, target)
    by_pixel = [picture.contiguous(memory_format=torch.channels_last) for picture in (predicted, target)]
    torch.testing.assert_close(LOSSES[name](*by_pixel), plain, rtol=1e-5, atol=1e-7)
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(LOSSES[name](predicted, target), plain, rtol=1e-6, atol=0)
    rounded = LOSSES[name](predicted.bfloat16(), target.bfloat16())
    assert rounded.dtype == torch.float32
    torch.testing.assert_close(
        rounded, LOSSES[name](predicted.bfloat16().float(), target.bfloat16().float()), rtol=1e-6, atol=0
    )


@every_loss
def test_gradients_under_autocast_are_those_without(pictures: Pictures, name: str) -> None:
    predicted, target = pictures()
    slopes = []
    for enabled in (False, True):
        learnt = predicted.clone().requires_grad_()
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            value = LOSSES[name](learnt, target).sum()
        value.backward()
        assert learnt.grad is not None
        slopes.append(learnt.grad)
    torch.testing.assert_close(slopes[0], slopes[1], rtol=1e-5, atol=1e-9)


# Focal frequency holds its own weights fixed, which makes its gradient another than its value's.
@pytest.mark.parametrize("name", [name for name in LOSSES if name != "focal_frequency"])
@pytest.mark.parametrize("weighted", [False, True])
def test_gradients_are_those_of_the_values(pictures: Pictures, name: str, weighted: bool) -> None:
    predicted, target = (picture.double() for picture in pictures(48, 49, 1))
    weight = weights(predicted).double() if weighted else None
    learnt = predicted.clone().requires_grad_()
    (slope,) = torch.autograd.grad(LOSSES[name](learnt, target, weight).sum(), learnt)
    direction = torch.randn(predicted.shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    step = 1e-6
    there, back = (LOSSES[name](predicted + sign * step * direction, target, weight) for sign in (1, -1))
    assert float((slope * direction).sum()) == pytest.approx(float((there - back).sum()) / (2 * step), rel=1e-4)


@every_loss
def test_the_gradient_is_finite_where_pictures_are_flat_or_equal(pictures: Pictures, name: str) -> None:
    flat = torch.full((2, 3, 48, 48), 0.5)
    for target in (flat, torch.zeros_like(flat), pictures(48, 48, 2)[1]):
        learnt = flat.clone().requires_grad_()
        LOSSES[name](learnt, target).sum().backward()
        assert learnt.grad is not None
        assert bool(learnt.grad.isfinite().all())


@every_loss
def test_nothing_flows_into_the_target(pictures: Pictures, name: str) -> None:
    predicted, target = pictures()
    for learnt in (predicted, target):
        learnt.requires_grad_()
    LOSSES[name](predicted, target).sum().backward()
    assert predicted.grad is not None
    assert target.grad is None


@every_loss
def test_pictures_that_are_too_small_are_refused_in_words(pictures: Pictures, name: str) -> None:
    least = LEAST_PX.get(name, 1)
    for size in {1, least - 1, least} - {0}:
        predicted, target = pictures(size, size + 3, 1)
        if size >= least:
            assert bool(LOSSES[name](predicted, target).isfinite().all())
            continue
        with pytest.raises(UsageError, match=f"{size + 3} x {size}") as refused:
            LOSSES[name](predicted, target)
        assert refused.value.hint


@every_loss
def test_what_is_not_a_number_is_not_hidden(pictures: Pictures, name: str) -> None:
    predicted, target = pictures()
    predicted[1, 0, 20, 20] = torch.nan
    assert LOSSES[name](predicted, target).isnan().tolist() == [False, True, False]


@every_loss
def test_shapes_that_do_not_go_together_are_refused(pictures: Pictures, name: str) -> None:
    predicted, target = pictures()
    with pytest.raises(ValueError, match="one shape"):
        LOSSES[name](predicted, target[:1])
    with pytest.raises(ValueError, match="does not fit"):
        LOSSES[name](predicted, target, torch.ones(3, 3, 52, 60))
    with pytest.raises(ValueError, match="does not fit"):
        LOSSES[name](predicted, target, torch.ones(2, 1, 52, 60))
