"""The detector of seams: its net, how it learns without fakes, and what it says of a clip."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from small_arena import small_arena
from torch import nn

from prosopon.core.errors import CheckpointError, MissingError, UsageError
from prosopon.core.score import Reason
from prosopon.datasets.arena.arena import Arena
from prosopon.detect.blending.net import SIZE_PX, build
from prosopon.detect.blending.recipe import blending_loss, blending_recipe
from prosopon.detect.blending.technique import Blending
from prosopon.detect.learning.recipe import ClassifierRecipe
from prosopon.detect.learning.trainable import LearningOptions, Material
from prosopon.models.tensors import to_tensor


@pytest.fixture(scope="module")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Arena:
    return small_arena(tmp_path_factory.mktemp("blending"))


def _recipe(arena: Arena, config: str = "tiny") -> ClassifierRecipe:
    torch.manual_seed(0)
    return blending_recipe(Material(arena), LearningOptions("blending.test", config))


def _batch(recipe: ClassifierRecipe, size: int, seed: int) -> dict[str, torch.Tensor]:
    items = [recipe.dataset.item(number, np.random.default_rng([seed, number])) for number in range(size)]
    batch = {name: to_tensor(np.stack([np.asarray(item[name]) for item in items])) for name in ("real", "fake")}
    return {**batch, "mask": torch.from_numpy(np.stack([np.asarray(item["mask"]) for item in items]))}


def test_gradients_reach_every_parameter(arena: Arena) -> None:
    recipe = _recipe(arena, "studio")
    loss, _ = blending_loss(recipe.net, _batch(recipe, 2, 0))
    loss.backward()
    silent = [name for name, value in recipe.net.named_parameters() if value.grad is None or not value.grad.any()]
    assert not silent
    assert sum(value.numel() for value in recipe.net.parameters()) < 2e6


def test_no_fake_of_the_arena_is_learnt_from(arena: Arena, tmp_path: Path) -> None:
    originals = small_arena(tmp_path, generators=())
    learnt, same = (_recipe(one).dataset.item(3, np.random.default_rng(1)) for one in (arena, originals))
    assert np.array_equal(learnt["fake"], same["fake"])
    assert learnt["real"].shape == (SIZE_PX, SIZE_PX, 3)
    assert not np.array_equal(learnt["real"], learnt["fake"])


def test_it_learns_from_its_pairs(arena: Arena) -> None:
    recipe = _recipe(arena)
    optimiser = torch.optim.AdamW(recipe.net.parameters(), 4e-3)
    recipe.net.train()
    batch = _batch(recipe, 5, 0)  # always the same: a stream of them takes minutes
    losses = []
    for _ in range(30):
        loss, _ = blending_loss(recipe.net, batch)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.6 * losses[0]


def test_a_clip_is_judged_frame_by_frame_with_maps_in_the_frame(arena: Arena) -> None:
    torch.manual_seed(1)
    detector = Blending(build({"config": "tiny"}))
    clip, tracks = arena.faces(arena.clips[0])
    score = detector.score(clip, tracks)
    assert score.value is not None
    assert 0 < score.value < 1
    assert score.per_frame is not None
    assert np.isfinite(score.per_frame).all()
    assert score.heat_maps
    for heat in score.heat_maps:
        assert heat.drawn_by == "Grad-CAM"
        assert np.abs(heat.values).max() <= 1 + 1e-6
        assert heat.values.shape[0] >= 10
    nobody = detector.score(clip, type(tracks)((), len(clip), "none"))
    assert nobody.abstained is Reason.NO_FACE


def test_unknown_configurations_are_refused(arena: Arena) -> None:
    with pytest.raises(UsageError, match="no configuration"):
        blending_recipe(Material(arena), LearningOptions("x", "huge"))
    with pytest.raises(CheckpointError, match="no net"):
        build({"config": "huge"})
    with pytest.raises((MissingError, CheckpointError)):
        Blending.from_weights("nowhere.at-all")


def test_the_net_is_one_function_in_every_batch() -> None:
    torch.manual_seed(0)
    net: nn.Module = build({"config": "tiny"}).eval()
    pictures = torch.rand(3, 3, SIZE_PX, SIZE_PX)
    with torch.no_grad():
        assert torch.allclose(net(pictures)[1], net(pictures[1:2])[0], atol=1e-5)
        assert net(pictures).shape == (3,)


def test_the_weights_that_ship_see_seams_and_are_calibrated() -> None:
    detector = Blending.from_weights()
    assert detector.weights_name == "blending.studio"
    assert detector.card["trained_on"] == {"generators": ["self-blended", "blended"], "held_out": ["swap"]}
    assert detector.calibration is not None
    assert 0 < detector.calibration.log10_lr(0.98) < 2, "one small net is never strong evidence"
    for figures in detector.card["figures"].values():
        assert figures["auc_partswap"] > 0.8 > figures["auc_animate"], "animated heads have no seam"
