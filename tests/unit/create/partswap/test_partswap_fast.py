"""The quick path against the plain one."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from tiny_partswap import BLEND, PAINT, SIZE, aligned, model_of, pictures
from torch import Tensor, nn

from prosopon.create.partswap.config import ModelConfig
from prosopon.create.partswap.fast import FastSwapper
from prosopon.create.partswap.model import SwapMotion
from prosopon.create.partswap.options import Where
from prosopon.create.partswap.technique import PartSwap
from prosopon.models.grid import resize_flow, warp

SOURCE, TARGETS = pictures(1, 1), pictures(3, 2)
every_motion = pytest.mark.parametrize("motion", ["parts", "fomm"])
every_precision = pytest.mark.parametrize(("precision", "worst"), [(torch.float32, 1e-4), (torch.bfloat16, 0.02)])


def quick(
    swapper: FastSwapper, mask: Tensor, source_mask: Tensor | None = None, **how: object
) -> tuple[Tensor, Tensor]:
    encoded = swapper.encode(SOURCE, SOURCE, mask=source_mask)
    return swapper.swap(encoded, TARGETS, TARGETS, mask=mask, **how)  # type: ignore[arg-type]


@every_motion
@every_precision
@pytest.mark.parametrize("config", [PAINT, BLEND])
@pytest.mark.parametrize("side", [SIZE // 4, SIZE])
def test_fast_is_plain_with_a_mask(
    config: ModelConfig, side: int, motion: SwapMotion, precision: torch.dtype, worst: float
) -> None:
    model = aligned(model_of(config))
    mask = torch.rand(3, 1, side, side, generator=torch.Generator().manual_seed(0))
    wanted = model.swap(SOURCE, TARGETS, mask=mask, motion=motion).prediction
    assert float((wanted - TARGETS).abs().mean()) > 0.01
    got, taken = quick(FastSwapper(model, precision=precision, motion=motion), mask)
    assert taken.shape == (3, 1, SIZE, SIZE)
    assert float((got - wanted).abs().max()) <= worst


@every_motion
@pytest.mark.parametrize("config", [PAINT, BLEND])
@pytest.mark.parametrize("whose", ["target", "source"])
@pytest.mark.parametrize("hard", [False, True])
def test_fast_is_plain_with_parts_by_number(
    config: ModelConfig, motion: SwapMotion, whose: Where, *, hard: bool
) -> None:
    model = aligned(model_of(config))
    wanted = model.swap(
        SOURCE, TARGETS, [1, 3], motion=motion, hard=hard, use_source_segmentation=whose == "source"
    ).prediction
    swapper = FastSwapper(model, motion=motion)
    encoded = swapper.encode(SOURCE, SOURCE, numbers=[1, 3], hard=hard)
    got, _ = swapper.swap(encoded, TARGETS, TARGETS, numbers=[1, 3], whose=whose, hard=hard)
    apart = (got - wanted).abs()
    # Where a segment is one half to within rounding, hard masks may differ by a pixel.
    assert float(apart.max()) <= 1e-4 or (hard and float((apart > 1e-4).float().mean()) < 0.01)


def own_mask() -> Tensor:
    mask = torch.zeros(1, 1, SIZE, SIZE)
    mask[..., 8:40, 16:60] = 1
    return mask


def moved(model: PartSwap, mask: Tensor) -> Tensor:
    """Where a mask of the source is seen in the targets."""
    source = SOURCE.expand(3, -1, -1, -1)
    with torch.no_grad():
        flow, _ = model.motion(source, TARGETS, model.segment(source), model.segment(TARGETS), "parts")
    return warp(mask.expand(3, -1, -1, -1), resize_flow(flow, SIZE, SIZE, align_corners=True), align_corners=True)


@pytest.mark.parametrize("whose", ["target", "source", "both", "overlap"])
def test_whose_parts_are_taken(whose: Where) -> None:
    model = model_of(BLEND)
    theirs = own_mask().flip(-1).expand(3, -1, -1, -1) * 0.8
    own = moved(model, own_mask())
    wanted = {"target": theirs, "source": own, "both": torch.maximum(theirs, own)}
    wanted["overlap"] = torch.minimum(theirs, own)
    assert float((own - own_mask()).abs().mean()) > 0.02
    _, taken = quick(FastSwapper(model), theirs, own_mask(), whose=whose)
    assert torch.allclose(taken, wanted[whose], atol=1e-4)


def test_hard_takes_all_or_nothing() -> None:
    _, taken = quick(FastSwapper(model_of(BLEND)), torch.rand(3, 1, SIZE, SIZE), hard=True)
    assert set(taken.unique().tolist()) == {0.0, 1.0}


@every_motion
def test_nets_that_nobody_asks_for_are_left_out(motion: SwapMotion) -> None:
    model = aligned(model_of(BLEND))
    mask = own_mask().expand(3, -1, -1, -1)
    swapper = FastSwapper(model, motion=motion, segments=False)
    assert (swapper.segmentation is None) == (motion == "fomm")
    assert torch.equal(quick(swapper, mask)[0], quick(FastSwapper(model, motion=motion), mask)[0])


def test_pictures_larger_than_the_nets_keep_their_detail() -> None:
    """With nothing taken, the pixels of the target come through as far as the decoder lets them."""
    model = model_of(BLEND)
    blend = model.reconstruction_module.blend
    assert isinstance(blend, nn.Conv2d) and blend.bias is not None
    with torch.no_grad():
        blend.weight.zero_()
        blend.bias.fill_(20)
    swapper = FastSwapper(model)
    fine = torch.rand(1, 3, 2 * SIZE, 2 * SIZE, generator=torch.Generator().manual_seed(1))
    encoded = swapper.encode(SOURCE, F.interpolate(SOURCE, scale_factor=2))
    got, taken = swapper.swap(encoded, F.avg_pool2d(fine, 2), fine)
    assert got.shape == fine.shape and float(taken.max()) == 0
    assert torch.allclose(got, fine, atol=1e-4)


def test_the_model_is_left_alone() -> None:
    model = aligned(model_of(BLEND))
    before = model.swap(SOURCE, TARGETS, [1, 2], motion="fomm").prediction
    FastSwapper(model, precision=torch.bfloat16, motion="fomm")
    assert torch.equal(model.swap(SOURCE, TARGETS, [1, 2], motion="fomm").prediction, before)
