"""How StarGAN is trained: each phase teaches its net alone, labels stay possible, runs go on where they stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from labelled_discs import SIZE, TINY, config_of, labelled
from torch import Tensor

from prosopon.core.errors import UsageError
from prosopon.create.stargan.config import CONFIGS, StarganConfig, get_config
from prosopon.create.stargan.model import StarganModel
from prosopon.create.stargan.recipe import StarganRecipe, card_of
from prosopon.datasets.attribute_pictures import AttributePictures
from prosopon.train.distributed import Processes
from prosopon.train.learner import Learner
from prosopon.train.loader import first_batch, place_batch
from prosopon.train.loop import fit
from prosopon.train.recipe import Batch
from prosopon.train.sampler import Order
from prosopon.train.settings import Settings

Make = Callable[..., StarganRecipe]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    torch.set_num_threads(1)
    pictures = labelled(tmp_path / "store")

    def recipe(config: StarganConfig | None = None, data: AttributePictures = pictures, **more: Any) -> StarganRecipe:
        torch.manual_seed(0)
        config = config or config_of()
        card = card_of(config, licence="CC0-1.0", origin="a test")
        return StarganRecipe("stargan.test", config, data, card=card, data={}, **more)

    return recipe


def settings(recipe: StarganRecipe, steps: int = 1, **changed: Any) -> Settings:
    size = recipe.settings.schedule.batch_size * recipe.settings.loss.critic_steps
    return Settings(**{"batch_size": size, "precision": "fp32", "workers": 0, "device": "cpu", **changed}, steps=steps)


def batch_for(recipe: StarganRecipe) -> Batch:
    size = settings(recipe).batch_size
    return place_batch(first_batch(recipe.dataset, Order(len(recipe.dataset), 0), size), torch.device("cpu"))


def publish(picture: np.ndarray, path: Path) -> None:
    path.write_bytes(picture.tobytes()[:10])


PUBLISHED = config_of("wgan-gp", critic_steps=3, pair=0)
every_config = pytest.mark.parametrize("config", [config_of(), PUBLISHED], ids=["ours", "published"])


@every_config
def test_each_phase_teaches_its_own_net(make: Make, config: StarganConfig) -> None:
    recipe = make(config)
    learner = Learner(recipe, settings(recipe), Processes(torch.device("cpu")))
    before = {name: {k: v.clone() for k, v in net.state_dict().items()} for name, net in recipe.modules.items()}
    losses = learner.step([batch_for(recipe)])
    assert all(np.isfinite(value) for value in losses.values())
    assert len([phase for phase in recipe.phases if phase.trains == ("critic",)]) == config.loss.critic_steps
    for name, net in recipe.modules.items():
        still = [key for key, value in net.named_parameters() if torch.equal(value, before[name][key])]
        # The reader's scores are of no use to anybody.
        assert still == (["conv1.weight"] if name == "reader" else []), name


def test_all_steps_of_the_discriminator_share_one_optimiser(make: Make) -> None:
    recipe = make(PUBLISHED)
    learner = Learner(recipe, settings(recipe), Processes(torch.device("cpu")))
    learner.step([batch_for(recipe)])
    (critic, *others) = [phase.optimiser for phase in learner._phases if phase.name.startswith("critic")]
    assert all(other is critic for other in others)
    assert {int(state["step"]) for state in critic.state.values()} == {3}
    assert learner.learning_rates()["critic"] == PUBLISHED.schedule.lr_critic


def test_learning_rates_fall_evenly_to_nothing(make: Make) -> None:
    config = replace(PUBLISHED, schedule=replace(PUBLISHED.schedule, steps=4, decay_from=2))
    recipe = make(config)
    learner = Learner(recipe, settings(recipe), Processes(torch.device("cpu")))
    batch = batch_for(recipe)
    rates = []
    for _ in range(4):
        rates.append({name: rate / 1e-3 for name, rate in learner.learning_rates().items() if "critic" in name})
        learner.step([dict(batch)])
    assert [one["critic"] for one in rates] == pytest.approx([1, 1, 1, 0.5])
    assert all(len(set(one.values())) == 1 for one in rates)
    assert learner.learning_rates()["generator"] == 0


def test_published_targets_are_the_labels_of_the_batch_in_another_order(make: Make) -> None:
    recipe = make(PUBLISHED)
    batch = batch_for(recipe)
    parts = [recipe._part(batch, number) for number in range(3)]
    assert torch.equal(torch.cat([part["labels"] for part in parts]), batch["labels"])
    for part in parts:
        assert sorted(map(tuple, part["target"].tolist())) == sorted(map(tuple, part["labels"].tolist()))
        assert (part["target"][:, :2].sum(1) == 1).all()
        assert part["picture"].min() >= -1 and part["picture"].max() <= 1 and part["picture"].min() < -0.3
    # The generator aims at what the last step of the discriminator has seen.
    assert torch.equal(recipe._part(batch, 2)["target"], parts[2]["target"])
    assert any(not torch.equal(part["target"], part["labels"]) for part in parts)


def test_with_exact_answers_the_targets_are_theirs(make: Make) -> None:
    recipe = make()
    batch = batch_for(recipe)
    part = recipe._part(batch, 0)
    assert torch.equal(part["target"], batch["other_labels"])
    assert torch.allclose((part["other"] + 1) / 2, batch["other"])


def test_a_batch_that_cannot_be_shared_is_refused(make: Make) -> None:
    recipe = make(PUBLISHED)
    batch = {name: value[:4] for name, value in batch_for(recipe).items()}
    with pytest.raises(UsageError, match="multiple of 3"):
        recipe._part(batch, 0)


@pytest.mark.parametrize("against", ["g", "gd"])
def test_against_attacks_the_generator_rebuilds_the_picture_as_it_was(make: Make, against: str) -> None:
    seen: list[tuple[Tensor, Tensor, Tensor]] = []

    def adversary(victim: Any, pictures: Tensor, labels: Tensor) -> Tensor:
        pictures = pictures.clone().requires_grad_()
        (slope,) = torch.autograd.grad(victim(pictures, labels).square().sum(), pictures)
        changed = pictures.detach() + 0.05 * slope.sign()
        seen.append((pictures.detach(), labels, changed))
        return changed

    config = replace(config_of(), against_attacks=against)  # type: ignore[arg-type]
    recipe = make(config, adversary=adversary)
    batch = batch_for(recipe)
    by_name = {phase.name: phase for phase in recipe.phases}
    part = recipe._part(batch, 0)
    critic_saw: list[Tensor] = []
    recipe.critic.register_forward_hook(lambda net, args, out: critic_saw.append(args[0].detach()))
    by_name["critic"].loss(batch)
    assert len(seen) == (2 if against == "gd" else 0)
    assert torch.equal(critic_saw[0], seen[0][2] if seen else part["picture"])
    if seen:
        assert torch.equal(critic_saw[1], seen[1][2])
        assert torch.equal(seen[1][1], part["labels"])
    seen.clear()
    loss, terms = by_name["generator"].loss(batch)
    assert len(seen) == 2
    assert torch.equal(seen[0][0], part["picture"]) and torch.equal(seen[0][1], part["target"])
    assert torch.equal(seen[1][1], part["labels"])
    loss.backward()
    assert all(p.grad is not None and p.grad.abs().max() > 0 for p in recipe.generator.parameters())
    assert torch.isfinite(terms["reconstruction"])


def test_what_does_not_fit_is_refused(make: Make, tmp_path: Path) -> None:
    pictures = labelled(tmp_path / "other")
    alone = AttributePictures(pictures.stores, pictures.attributes, paired=False)
    with pytest.raises(UsageError, match="exact answers"):
        make(data=alone)
    make(config_of(pair=0), data=alone)
    with pytest.raises(UsageError, match="adversary"):
        make(replace(config_of(), against_attacks="g"))
    with pytest.raises(UsageError, match="labelled with"):
        make(replace(config_of(), model=replace(TINY, names=("a", "b", "c"), exclusive=())))
    with pytest.raises(UsageError, match="pixels"):
        make(replace(config_of(), model=replace(TINY, size_px=64)))


def test_a_run_goes_on_exactly_where_it_stopped(make: Make, tmp_path: Path) -> None:
    def weights(folder: Path, *steps: int) -> dict[str, Tensor]:
        for count in steps:
            recipe = make(PUBLISHED)
            fit(recipe, folder, settings(recipe, count), publish_picture=publish)
        return StarganModel.from_weights(folder).state()

    whole, broken = weights(tmp_path / "whole", 4), weights(tmp_path / "broken", 2, 4)
    assert all(torch.equal(whole[key], broken[key]) for key in whole)
    assert any(key.startswith("reader.") for key in whole) and not any(key.startswith("critic.") for key in whole)


def test_previews_show_everybody_with_every_edit(make: Make, tmp_path: Path) -> None:
    held_out = labelled(tmp_path / "others", people=3, seed=9).groups()
    recipe = make(held_out=held_out)
    device = torch.device("cpu")
    with torch.no_grad():
        shown = recipe.preview({}, device)
        assert shown.shape == (3 * SIZE, 5 * SIZE, 3)
        assert np.array_equal(shown[:SIZE, :SIZE], held_out[0]["picture"][0])
        assert np.array_equal(recipe.preview({}, device), shown)
        alone = make().preview(batch_for(recipe), device)
    assert alone.shape == (4 * SIZE, 5 * SIZE, 3)


def test_measuring_changes_nothing_and_compares_with_doing_nothing(make: Make, tmp_path: Path) -> None:
    held_out = labelled(tmp_path / "others", people=3, seed=9).groups()
    recipe = make(held_out=held_out)
    before = {key: value.clone() for key, value in recipe.generator.state_dict().items()}
    recipe.generator.eval()
    found = recipe.measure(torch.device("cpu"))
    assert all(torch.equal(before[key], value) for key, value in recipe.generator.state_dict().items())
    copied = np.mean(
        [np.abs(g["picture"][1:].astype(float) - g["picture"][:1].astype(float)).mean() / 255 for g in held_out]
    )
    assert found["edit_l1_copy"] == pytest.approx(copied, rel=1e-4)
    # Of three attributes and three other combinations, half of the values differ, the two colours always together.
    assert 0 <= found["accuracy"] <= 1
    assert make().measure(torch.device("cpu")) == {}


def test_configurations() -> None:
    assert {name: config.loss.objective for name, config in CONFIGS.items()} == {
        "published": "wgan-gp",
        "studio": "logistic-r1",
    }
    published = get_config("published")
    assert (published.loss.critic_steps, published.loss.pair, published.loss.penalty) == (5, 0, 10)
    assert published.schedule.steps == 40_000
