"""How a swap is trained: every loss and option makes every weight learn, and a run goes on exactly where it stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from face_folder import face_folder

from prosopon.core.errors import CheckpointError, UsageError
from prosopon.create.swap.config import LOSSES, Training, config_of
from prosopon.create.swap.losses import face_terms, pixel_weight
from prosopon.create.swap.model import SwapModel
from prosopon.create.swap.plans.net import Swapped
from prosopon.create.swap.plans.plan import get_plan
from prosopon.create.swap.pretrained import start_state, with_twin, without_twin
from prosopon.create.swap.recipe import SwapRecipe
from prosopon.datasets.face_set import face_store
from prosopon.datasets.swap_pairs import Side, SwapPairConfig, SwapPairs
from prosopon.train.distributed import Processes
from prosopon.train.learner import Learner
from prosopon.train.loader import first_batch, place_batch
from prosopon.train.loop import fit
from prosopon.train.randomness import seed_all
from prosopon.train.sampler import Order
from prosopon.train.settings import Settings

PLAN = "df-ud_small"


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> tuple[Side, Side]:
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("people")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROSOPON_HOME", str(folder / "home"))
        stores = [
            face_store(face_folder(folder / name, colour=colour, count=30, seed=seed))
            for seed, (name, colour) in enumerate((("light", (230, 190, 160)), ("dark", (90, 60, 45))))
        ]
    return Side.of(stores[0], "full"), Side.of(stores[1], "full")


def recipe_of(people: tuple[Side, Side], plan: str = PLAN, *, pretrain: bool = False, **said: Any) -> SwapRecipe:
    config = config_of(plan, Training(**said))
    seed_all(0)
    pairs = SwapPairs(*people, SwapPairConfig(config.plan.input_px, config.plan.output_px, "full", config.augment))
    card = {"licence": "CC0-1.0", "origin": "a test"}
    return SwapRecipe("swap.test", config, pairs, card=card, data={}, pretrain=pretrain)


def one_step(recipe: SwapRecipe) -> dict[str, float]:
    learner = Learner(recipe, settings(1), Processes(torch.device("cpu")))
    batch = place_batch(first_batch(recipe.dataset, Order(len(recipe.dataset), 0), 2), torch.device("cpu"))
    return learner.step([batch])


def settings(steps: int, **changed: Any) -> Settings:
    options: dict[str, Any] = {"batch_size": 2, "precision": "fp32", "workers": 0, "device": "cpu"}
    return Settings(steps=steps, **{**options, **changed})


def publish(picture: np.ndarray, path: Path) -> None:
    path.write_bytes(picture.tobytes()[:10])


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_reaches_every_weight(people: tuple[Side, Side], loss: str) -> None:
    recipe = recipe_of(people, loss=loss)
    before = {key: value.clone() for key, value in recipe.net.state_dict().items()}
    losses = one_step(recipe)
    assert all(np.isfinite(value) for value in losses.values())
    still = [key for key, value in recipe.net.state_dict().items() if torch.equal(value, before[key])]
    # Losses on pictures alone teach no mask.
    assert all(".mask" in key for key in still) and (bool(still) == (LOSSES[loss].mask == 0 and loss != "saehd"))


@pytest.mark.parametrize("said", [
    {"adversarial": 0.1}, {"optimiser": "adabelief"}, {"optimiser": "rmsprop", "keep": 0.3}, {"optimiser": "adam"},
    {"warp": "cells"}, {"warp": "landmarks"}, {"warp": "none"}, {"uniform_yaw": True}, {"rank": 8}, {"eyes": 0.0},
])  # fmt: skip
def test_every_option_trains(people: tuple[Side, Side], said: dict[str, Any]) -> None:
    losses = one_step(recipe_of(people, **said))
    assert all(np.isfinite(value) for value in losses.values())
    assert ("discriminator" in losses) == ("adversarial" in said)


@pytest.mark.parametrize("said", [{}, {"adversarial": 0.1}, {"optimiser": "rmsprop", "keep": 0.3}])
def test_a_stopped_run_goes_on_exactly(people: tuple[Side, Side], tmp_path: Path, said: dict[str, Any]) -> None:
    fit(recipe_of(people, **said), tmp_path / "whole", settings(4), publish_picture=publish)
    for steps in (2, 4):
        fit(recipe_of(people, **said), tmp_path / "cut", settings(steps), publish_picture=publish)
    whole, cut = (torch.load(tmp_path / name / "state.pt", weights_only=True)["learner"] for name in ("whole", "cut"))
    for name, module in whole["modules"].items():
        assert all(torch.equal(value, cut["modules"][name][key]) for key, value in module.items())


def test_pretraining_learns_all_by_one_route(people: tuple[Side, Side]) -> None:
    recipe = recipe_of(people, pretrain=True)
    before = {key: value.clone() for key, value in recipe.net.state_dict().items()}
    one_step(recipe)
    moved = {key for key, value in recipe.net.state_dict().items() if not torch.equal(value, before[key])}
    assert not any("decoder_src" in key for key in moved) and any("decoder_dst" in key for key in moved)
    assert recipe.card["pretrained"] is True


def test_what_is_learnt_is_read_back(people: tuple[Side, Side], tmp_path: Path) -> None:
    recipe = recipe_of(people, face_type="whole", rank=8)
    fit(recipe, tmp_path, settings(1), publish_picture=publish)
    model = SwapModel.from_weights(tmp_path)
    assert (model.plan, model.face_type, model.weights_name) == (recipe.settings.plan, "whole", "swap.test")
    picture = np.random.default_rng(0).integers(0, 255, (1, 64, 64, 3), dtype=np.uint8)
    with torch.no_grad():
        recipe.net.eval()
        made = recipe.net.swap(torch.from_numpy(picture).permute(0, 3, 1, 2) / 255, "a").face
    # Weights are stored in half precision.
    assert (model.swap(picture, "a").face - made).abs().max() < 5e-3


def test_the_preview_shows_both_people_and_the_swap(people: tuple[Side, Side]) -> None:
    recipe = recipe_of(people)
    batch = place_batch(first_batch(recipe.dataset, Order(len(recipe.dataset), 0), 4), torch.device("cpu"))
    with torch.no_grad():
        picture = recipe.preview(batch, torch.device("cpu"))
    assert picture.shape == (8 * 64, 4 * 64, 3)  # face, itself, the other, mask; twice
    assert np.array_equal(picture[:64, :64], (batch["a_target"][0].permute(1, 2, 0) * 255).round().byte().numpy())


def test_starting_from_weights_with_and_without_the_code() -> None:
    own = SwapModel.tiny().net.state_dict()
    given = {key: value + 1 for key, value in own.items()}
    kept, fresh = (start_state(own, given, keep_code=keep) for keep in (True, False))
    for key, value in given.items():
        assert torch.equal(kept[key], value)
        assert torch.equal(fresh[key], own[key] if key.startswith("inters.") else value), (key, value.shape)
    with pytest.raises(CheckpointError, match="another plan"):
        start_state(own, {"x": torch.zeros(1)}, keep_code=True)


@pytest.mark.parametrize("plan", ["df-ud_small", "liae-ud_small"])
def test_pretrained_weights_hold_the_one_decoder_that_has_learnt(plan: str) -> None:
    seed_all(0)
    state = SwapModel(get_plan(plan)).state()
    small = without_twin(state, "net.")
    twins = {key for key in state if key.startswith("net.decoders.decoder_src.")}
    assert set(state) - set(small) == twins
    assert bool(twins) == plan.startswith("df")
    whole = with_twin(state, small)
    assert set(whole) == set(state)
    for key, value in whole.items():
        assert torch.equal(value, state[key.replace("decoder_src", "decoder_dst")])


def test_eyes_and_mouth_count_more_and_the_outside_less() -> None:
    masks = torch.zeros(1, 3, 64, 64)
    masks[:, 0, 8:56, 8:56] = 1
    masks[:, 1, 20:24, 20:40] = 1
    masks[:, 2, 44:50, 20:40] = 1
    weight = pixel_weight(masks, LOSSES["mini"])[0, 0]
    assert weight[0, 0] == pytest.approx(0.1, abs=1e-3) and weight[32, 32] == pytest.approx(1, abs=1e-3)
    assert weight[22, 30] == pytest.approx(4, abs=1e-2) and weight[47, 30] == pytest.approx(3, abs=1e-2)


def test_a_perfect_face_costs_nothing() -> None:
    torch.manual_seed(0)
    target, masks = torch.rand(2, 3, 64, 64), torch.ones(2, 3, 64, 64)
    for name, config in LOSSES.items():
        perfect = Swapped(target.clone(), masks[:, :1].clone())
        assert sum(float(term) for term in face_terms(perfect, target, masks, config).values()) < 1e-4, name
        worse = Swapped(1 - target, 1 - masks[:, :1])
        assert sum(float(term) for term in face_terms(worse, target, masks, config).values()) > 0.1, name


def test_options_that_make_no_sense() -> None:
    for said in ({"eyes": -1.0}, {"keep": 0.0}, {"keep": 1.5}, {"learning_rate": -1.0}, {"rank": -2}):
        with pytest.raises(UsageError):
            Training(**said)
    with pytest.raises(UsageError, match="no plan"):
        config_of("nothing", Training())
