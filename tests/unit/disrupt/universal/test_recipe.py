"""How changes are learnt: ours and the published way disturb small nets far more than noise, and runs go on exactly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from small_learning import heads
from small_nets_of_heads import HeadNet

from prosopon.core.errors import UsageError
from prosopon.datasets.head_crops import HeadCrops
from prosopon.disrupt.learnt.recipe import ChangeRecipe
from prosopon.disrupt.protector.net import NetConfig, ProtectorNet
from prosopon.disrupt.universal.change import UniversalChange
from prosopon.disrupt.universal.recipe import UniversalOptions, UniversalRecipe
from prosopon.disrupt.universal.technique import Universal
from prosopon.train.distributed import Processes
from prosopon.train.learner import Learner
from prosopon.train.loader import first_batch, place_batch
from prosopon.train.loop import fit
from prosopon.train.sampler import Order
from prosopon.train.settings import Settings

EPSILON = 12 / 255
CPU = torch.device("cpu")


@pytest.fixture
def photos(tmp_path: Path) -> HeadCrops:
    torch.set_num_threads(1)
    return heads(tmp_path / "heads")


def nets() -> dict[str, HeadNet]:
    return {"one": HeadNet("one"), "two": HeadNet("two", edits=True, scale=100.0)}


def recipe(photos: HeadCrops, config: Any = "studio", **more: Any) -> UniversalRecipe:
    torch.manual_seed(0)
    options = UniversalOptions(config=config, step=0.2, inner_steps=3, **more)
    return UniversalRecipe(
        "universal.test", UniversalChange(), photos, nets(), options=options, epsilon=EPSILON, through=("png",),
        card={"technique": "universal"}, data={}, held_out=photos,
    )  # fmt: skip


def settings(steps: int) -> Settings:
    return Settings(
        batch_size=2, precision="fp32", workers=0, device="cpu", steps=steps, timelapse_every_s=1e9,
        checkpoint_every_s=1e9,
    )  # fmt: skip


def publish(picture: np.ndarray, path: Path) -> None:
    path.write_bytes(picture.tobytes()[:10])


@pytest.mark.parametrize("config", ["studio", "published"])
def test_a_few_steps_disturb_every_net_far_more_than_noise(photos: HeadCrops, config: str) -> None:
    made = recipe(photos, config)
    before = made.measure(CPU)
    learner = Learner(made, settings(8), Processes(CPU))
    order = Order(len(photos), 0)
    for start in range(8):
        batch = place_batch(first_batch(photos, Order(len(photos), start), 2), CPU)
        assert all(np.isfinite(value) for value in learner.step([batch]).values())
    after = made.measure(CPU)
    names = {f"{way}.{what}" for way in ("png", "jpeg75") for what in (*nets(), "upright")}
    assert before.keys() == after.keys() == {"png", "jpeg75", *names}
    assert all(0.3 < before[name] < 3 for name in ("png.one", "png.two"))
    assert all(after[name] > 5 for name in ("png.one", "png.two"))
    change = made.module.change
    assert isinstance(change, torch.Tensor)
    assert float(change.detach().abs().max()) <= 1
    assert order.n_items == 4


def test_steps_shrink_after_a_while_so_that_values_come_to_rest(photos: HeadCrops) -> None:
    made = recipe(photos, shrink_after=2)
    learner = Learner(made, settings(8), Processes(CPU))
    lengths = []
    for start in range(6):
        lengths.append(learner.learning_rates()["change"])
        learner.step([place_batch(first_batch(photos, Order(len(photos), start), 2), CPU)])
    np.testing.assert_allclose(lengths, [0.2, 0.2, 0.2, 0.2 * 2 / 3, 0.1, 0.08])


def test_the_published_fusion_keeps_half_of_what_there_was(
    photos: HeadCrops, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    made = recipe(photos, "published")
    change = made.module.change
    assert isinstance(change, torch.Tensor)
    before = change.detach().clone()
    wanted = torch.full_like(before, 0.25)
    monkeypatch.setattr(made, "_wanted", lambda *args: wanted)
    Learner(made, settings(1), Processes(CPU)).step([place_batch(first_batch(photos, Order(4, 0), 2), CPU)])
    torch.testing.assert_close(change.detach(), 0.5 * before + 0.5 * wanted)


def test_a_step_factor_widens_what_one_net_adds(photos: HeadCrops) -> None:
    batch = place_batch(first_batch(photos, Order(4, 0), 2), CPU)
    found = []
    for factor in (1.0, 0.25):
        made = recipe(photos, "published", factors={"one": factor, "two": factor})
        net, way = made.asked(batch)[0]
        found.append(made._wanted(batch, torch.zeros(3, 256, 256), net, way).abs().mean())
    torch.testing.assert_close(found[1], 0.25 * found[0], rtol=1e-3, atol=0)


def test_a_run_that_was_stopped_is_the_run_that_was_not(photos: HeadCrops, tmp_path: Path) -> None:
    for folder, stops in (("whole", (4,)), ("parts", (2, 4))):
        for steps in stops:
            result = fit(recipe(photos), tmp_path / folder, settings(steps), publish_picture=publish)
    assert result.resumed_from == 2
    whole, parts = (Universal.from_weights(tmp_path / folder) for folder in ("whole", "parts"))
    assert torch.equal(whole.change, parts.change)
    assert whole.against == ("one", "two")
    assert whole.epsilon == EPSILON


def test_a_protector_learns_by_the_same_recipe(photos: HeadCrops) -> None:
    torch.manual_seed(0)
    net = ProtectorNet(NetConfig(width=4, max_width=8, halvings=1, n_blocks=1))
    made = ChangeRecipe(
        "protector.test", net, photos, nets(), epsilon=EPSILON, through=("png",),
        optimiser=lambda parameters: torch.optim.Adam(parameters, lr=0.02),
        card={"technique": "protector"}, data={}, held_out=photos,
    )  # fmt: skip
    learner = Learner(made, settings(1), Processes(CPU))
    before = made.measure(CPU)["png"]
    for start in range(10):
        learner.step([place_batch(first_batch(photos, Order(len(photos), start), 2), CPU)])
    assert made.measure(CPU)["png"] > 2 * before
    shown = made.preview(place_batch(first_batch(photos, Order(4, 0), 2), CPU), CPU)
    assert shown.shape == (2 * 256, 3 * 256, 3)


def test_what_cannot_be_learnt_is_refused(photos: HeadCrops) -> None:
    with pytest.raises(UsageError):
        UniversalOptions(momentum=1.0)
    with pytest.raises(UsageError):
        UniversalOptions(inner_steps=0)
    for epsilon, some in ((0.0, nets()), (1.5, nets()), (EPSILON, {})):
        with pytest.raises(UsageError):
            UniversalRecipe(
                "universal.test", UniversalChange(), photos, some, epsilon=epsilon, card={}, data={}
            )  # fmt: skip
