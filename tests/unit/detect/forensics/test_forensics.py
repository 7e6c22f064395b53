"""Hardened forensics: the published preprocessing, the net, and learning from what nets have painted."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from small_arena import small_arena

from prosopon.core.errors import CheckpointError, UsageError
from prosopon.datasets.arena.arena import Arena
from prosopon.detect.forensics.hardening import Hardened, Hardening, gaussian_kernel
from prosopon.detect.forensics.net import CONFIGS, SIZE_PX, build
from prosopon.detect.forensics.recipe import forensics_recipe
from prosopon.detect.forensics.technique import Forensics
from prosopon.detect.learning.pairs import ArenaPairs
from prosopon.detect.learning.recipe import ClassifierRecipe, pair_loss
from prosopon.detect.learning.trainable import LearningOptions, Material
from prosopon.models.tensors import to_tensor


@pytest.fixture(scope="module")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Arena:
    return small_arena(tmp_path_factory.mktemp("forensics"))


def _recipe(arena: Arena, config: str = "tiny") -> ClassifierRecipe:
    torch.manual_seed(0)
    return forensics_recipe(Material(arena), LearningOptions("forensics.test", config))


def _picture(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(30, 220, (40, 40, 3)).astype(np.uint8)


@pytest.mark.parametrize(("side", "middle"), [(1, 1.0), (3, 0.5216), (5, 0.3699), (7, 0.2872)])
def test_kernels_are_those_of_opencv(side: int, middle: float) -> None:
    # getGaussianKernel(side, 0, CV_64F) without its fixed tables for small sides
    weights = gaussian_kernel(side)
    assert weights.sum() == pytest.approx(1)
    assert len(weights) == side
    assert weights[side // 2] == pytest.approx(middle, abs=2e-3)


def test_blur_is_the_same_for_both_and_one_does_nothing() -> None:
    picture = _picture()
    for seed in range(20):
        first, second = Hardening((5,), 0.0).apply([picture, picture], np.random.default_rng(seed))
        assert np.array_equal(first, second)
        untouched, _ = Hardening((1,), 0.0).apply([picture, picture], np.random.default_rng(seed))
        assert np.array_equal(untouched, picture)
    blurred = [Hardening((7,), 0.0).apply([picture], np.random.default_rng(seed))[0] for seed in range(20)]
    assert any(one.std() < 0.5 * picture.std() for one in blurred)


def test_grain_is_as_strong_for_both_but_another_one() -> None:
    grey = np.full((64, 64, 3), 128, np.uint8)
    strengths = []
    for seed in range(60):
        first, second = Hardening((1,), 5.0).apply([grey, grey], np.random.default_rng(seed))
        spread = first.astype(float).std(), second.astype(float).std()
        assert spread[0] == pytest.approx(spread[1], abs=0.15)
        if spread[0] > 0.3:
            assert not np.array_equal(first, second)
        strengths.append(spread[0])
    assert 4 < max(strengths) < 5.2
    assert np.median(strengths) < 2


def test_hardening_is_a_configuration_and_generators_that_do_not_paint_are_left_out(arena: Arena) -> None:
    hardened, plain = _recipe(arena).dataset, _recipe(arena, "unhardened").dataset
    assert isinstance(hardened, Hardened)
    assert isinstance(plain, ArenaPairs)
    assert plain.held_out_generators == ("swap",)
    assert CONFIGS["unhardened"].widths == CONFIGS["studio"].widths
    item = hardened.item(0, np.random.default_rng(0))
    assert {key: value.shape for key, value in item.items()} == dict.fromkeys(("real", "fake"), (SIZE_PX, SIZE_PX, 3))


def test_gradients_reach_every_parameter_and_it_learns(arena: Arena) -> None:
    recipe = _recipe(arena)
    optimiser = torch.optim.Adam(recipe.net.parameters(), 3e-3)
    recipe.net.train()
    losses = []
    items = [recipe.dataset.item(number, np.random.default_rng(number)) for number in range(4)]  # always the same
    batch = {name: to_tensor(np.stack([np.asarray(item[name]) for item in items])) for name in ("real", "fake")}
    for step in range(10):
        loss, _ = pair_loss(recipe.net, batch)
        optimiser.zero_grad()
        loss.backward()
        if not step:
            assert all(value.grad is not None and value.grad.any() for value in recipe.net.parameters())
        optimiser.step()
        losses.append(float(loss.detach()))
    assert np.mean(losses[-3:]) < 0.75 * losses[0]


def test_a_clip_is_judged_and_mapped(arena: Arena) -> None:
    torch.manual_seed(2)
    score = Forensics(build({"config": "tiny"})).score(*arena.faces(arena.clips[0]))
    assert score.value is not None
    assert 0 < score.value < 1
    assert score.heat_maps
    assert score.heat_maps[0].drawn_by == "exact"


def test_places_add_up_to_the_answer() -> None:
    torch.manual_seed(0)
    net = build({"config": "tiny"}).eval()
    pictures = torch.rand(2, 3, SIZE_PX, SIZE_PX)
    places, constant = net.by_place(pictures)
    assert places.shape == (2, 8, 8)
    with torch.no_grad():
        assert torch.allclose(places.sum((1, 2)) + constant, net(pictures), atol=1e-5)


def test_unknown_configurations_are_refused(arena: Arena) -> None:
    with pytest.raises(UsageError, match="no configuration"):
        _recipe(arena, "huge")
    with pytest.raises(CheckpointError, match="no net"):
        build({"config": "huge"})


def test_the_weights_that_ship_say_what_they_have_not_seen_and_are_calibrated() -> None:
    detector = Forensics.from_weights()
    assert detector.weights_name == "forensics.studio"
    assert set(detector.card["trained_on"]["held_out"]) == {"landmark-swap", "swap"}
    assert detector.calibration is not None
    assert 0 < detector.calibration.log10_lr(0.98) < 2, "one small net is never strong evidence"
    assert detector.card["figures"]["none"]["auc"] > 0.75 > detector.card["figures"]["crf28+half"]["auc"]
