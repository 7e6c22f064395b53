"""The plain path: what a swap of everything, of nothing and of what is not there gives."""

from __future__ import annotations

import pytest
import torch
from tiny_partswap import BLEND, PAINT, PARTS, SIZE, aligned, model_of, pictures

from prosopon.core.errors import MissingError, UsageError
from prosopon.create.partswap.config import ModelConfig
from prosopon.create.partswap.drawing import coloured, palette
from prosopon.create.partswap.model import at_features
from prosopon.create.partswap.net import Segments, visibility
from prosopon.models.grid import coordinate_grid, warp

both_heads = pytest.mark.parametrize("config", [PAINT, BLEND], ids=["paint", "blend"])
EVERYTHING = range(PARTS + 1)
FEATURES = (SIZE // 4, SIZE // 4)


@both_heads
def test_taking_everything_is_rebuilding_the_target_from_the_source(config: ModelConfig) -> None:
    model = model_of(config)
    source, target = pictures(1, 1), pictures(1, 2)
    rebuilt = model.reconstruct(source, target).prediction
    assert float(rebuilt.std()) > 0.01
    by_mask = model.swap(source, target, mask=torch.ones(1, 1, *FEATURES)).prediction
    assert torch.allclose(by_mask, rebuilt, atol=1e-6)
    hard = model.swap(source, target, mask=torch.full((1, 1, *FEATURES), 0.51), hard=True).prediction
    assert torch.equal(hard, by_mask)
    if config is PAINT:  # where segments are as large as features, so that nothing is blurred at the border
        by_parts = model.swap(source, target, EVERYTHING).prediction
        assert torch.allclose(by_parts, rebuilt, atol=1e-5)


@both_heads
@pytest.mark.parametrize("from_source", [False, True])
def test_taking_nothing_shows_nothing_of_the_source(config: ModelConfig, *, from_source: bool) -> None:
    model = model_of(config)
    target, nothing = pictures(1, 2), torch.zeros(1, 1, SIZE, SIZE)
    one, other = (
        model.swap(pictures(1, seed), target, mask=nothing, use_source_segmentation=from_source).prediction
        for seed in (1, 3)
    )
    assert torch.equal(one, other)
    nets = model.reconstruction_module
    with torch.no_grad():
        assert torch.allclose(one, nets.picture(nets.encode(target), target)[0], atol=1e-6)


@both_heads
def test_what_is_not_taken_stays(config: ModelConfig) -> None:
    """Far from the left half, which is the source's, the right half is the target's."""
    model = model_of(config)
    target, left = pictures(1, 2), torch.zeros(1, 1, SIZE, SIZE)
    none = model.swap(pictures(1, 1), target, mask=left).prediction
    left[..., :8] = 1
    some = model.swap(pictures(1, 1), target, mask=left)
    assert float(some.mask[..., 0].min()) > 0.3 and float(some.mask[..., -1].max()) == 0
    changed = (some.prediction - none).abs().mean((0, 1, 2))
    assert float(changed[:8].mean()) > 0.005
    assert float(changed[-8:].max()) < 1e-5


def test_a_single_source_serves_a_batch_of_targets() -> None:
    model = aligned(model_of(BLEND))
    source, targets = pictures(1, 1), pictures(3, 2)
    for motion in ("parts", "fomm"):
        batch = model.swap(source, targets, [1, 2], motion=motion).prediction  # type: ignore[arg-type]
        for index in range(3):
            alone = model.swap(source, targets[index : index + 1], [1, 2], motion=motion)  # type: ignore[arg-type]
            assert torch.allclose(batch[index], alone.prediction[0], atol=1e-5)
    assert len(model.reconstruct(source, targets).prediction) == 3


@pytest.mark.parametrize(("parts", "says"), [([PARTS + 1], "part 5"), ([1, -1], "part -1"), ([], "no part")])
def test_parts_that_are_not_there(parts: list[int], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        model_of(PAINT).swap(pictures(1), pictures(1), parts)


def test_without_animation_weights_there_is_no_alignment() -> None:
    with pytest.raises(MissingError, match="no animation weights"):
        model_of(PAINT).swap(pictures(1), pictures(1), [1], motion="fomm")


def test_the_alignment_moves_the_source_otherwise_than_the_parts() -> None:
    model = aligned(model_of(BLEND))
    swaps = [model.swap(pictures(1, 1), pictures(1, 2), [1, 2], motion=kind) for kind in ("parts", "fomm")]  # type: ignore[arg-type]
    assert torch.equal(swaps[0].mask, swaps[1].mask)
    assert float((swaps[0].prediction - swaps[1].prediction).abs().max()) > 0.01


@pytest.mark.parametrize("shape", [(40, 40), (32, 48), (48, 32), (17 * 3, 17 * 3)])
def test_masks_of_sizes_that_do_not_fit_are_refused(shape: tuple[int, int]) -> None:
    with pytest.raises(UsageError, match="multiple"):
        at_features(torch.ones(1, 1, *shape), (16, 16))


def test_large_masks_are_shrunk_without_aliasing() -> None:
    stripes = torch.zeros(1, 1, 64, 64)
    stripes[..., ::2] = 1
    small = at_features(stripes, (16, 16))
    assert small.shape == (1, 1, 16, 16)
    assert torch.allclose(small[..., 2:-2, 2:-2], torch.tensor(0.5), atol=0.02)


def test_a_mask_in_the_source_moves_with_the_source() -> None:
    model = model_of(PAINT)
    source, target = pictures(1, 1), pictures(1, 2)
    mask = torch.rand(1, 1, *FEATURES)
    with torch.no_grad():
        flow, _ = model.motion(source, target, model.segment(source), model.segment(target), "parts")
    assert float((flow - coordinate_grid(*FEATURES)).abs().mean()) > 0.02
    taken = model.swap(source, target, mask=mask, use_source_segmentation=True).mask
    assert torch.allclose(taken, warp(mask, flow, align_corners=True), atol=1e-6)


def test_what_is_hidden_is_what_the_source_has_before_the_targets_background() -> None:
    def seen(part: float) -> Segments:
        return Segments(torch.tensor([1 - part, part]).view(1, 2, 1, 1), torch.zeros(1, 1, 2))

    shown = {(a, b): visibility(seen(a), seen(b)).item() for a in (0.0, 1.0) for b in (0.0, 1.0)}
    assert shown == {(0, 0): 1, (0, 1): 1, (1, 0): 0, (1, 1): 1}


def test_parts_are_drawn_over_the_picture_in_colours_that_can_be_told_apart() -> None:
    colours = torch.tensor(palette(15), dtype=torch.float32)
    apart = torch.cdist(colours, colours) + 1000 * torch.eye(16)
    assert float(apart.min()) > 35
    likelihood = torch.zeros(1, 3, 8, 8)
    likelihood[:, 0], likelihood[:, 2, 2:5, 2:5] = 0.5, 0.9
    picture = torch.rand(1, 3, 8, 8)
    drawn = coloured(picture, Segments(likelihood, torch.zeros(1, 2, 2)), strength=1)
    inside = torch.zeros(8, 8, dtype=torch.bool)
    inside[2:5, 2:5] = True
    assert torch.equal(drawn[..., ~inside], picture[..., ~inside])
    assert torch.allclose(drawn[0, :, 3, 3] * 255, torch.tensor(palette(2)[2], dtype=torch.float32))
