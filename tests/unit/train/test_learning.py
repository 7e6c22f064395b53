"""The training step: it learns, keeps to its schedule, and stops at what is not finite."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny_gan import Blobs, TinyGan, publish
from torch import nn

from prosopon.core.errors import ProsoponError, UsageError
from prosopon.models.checkpoint import load, load_strict, part
from prosopon.train.average import MovingAverage
from prosopon.train.backups import kept_backups
from prosopon.train.distributed import Processes
from prosopon.train.learner import Learner
from prosopon.train.loader import first_batch, open_batches, place_batch
from prosopon.train.log import read_log
from prosopon.train.loop import fit
from prosopon.train.recipe import Phase
from prosopon.train.sampler import Order, Share
from prosopon.train.settings import Settings
from prosopon.train.timelapse import kept_previews

OPTIONS: dict[str, Any] = {"batch_size": 4, "precision": "fp32", "workers": 0, "device": "cpu"}
CPU = Processes(torch.device("cpu"))


def batch(n_items: int = 4) -> dict[str, torch.Tensor]:
    return place_batch(first_batch(Blobs(), Order(10, 0), n_items), torch.device("cpu"))


def test_it_learns_and_leaves_what_it_promised(tmp_path: Path) -> None:
    recipe = TinyGan(dropout=False)
    result = fit(recipe, tmp_path, Settings(**OPTIONS, steps=60, measure_every=20), publish_picture=publish)
    log = list(read_log(tmp_path / "log.jsonl"))
    first, last = (np.mean([record.losses["generator.distance"] for record in part]) for part in (log[:5], log[-5:]))
    assert last < first / 3
    assert [record.step for record in log if record.metrics] == [20, 40, 60]
    for name in ("run.toml", "index.html", "preview.png", "state.pt", "weights/tiny.test.json"):
        assert (tmp_path / name).stat().st_size > 0
    state, card = load(result.weights)
    assert set(card) >= {"technique", "config", "licence", "sha256", "metrics", "training"}
    load_strict(nn.Sequential(*recipe.generator), part(state, "generator"), "the tiny weights")


def test_minutes_end_a_run(tmp_path: Path) -> None:
    result = fit(TinyGan(), tmp_path, Settings(**OPTIONS, minutes=0.004), publish_picture=publish)
    assert result.step > 0
    assert 0.24 <= result.time_s < 5


def test_learning_rates_fall_at_the_milestones(tmp_path: Path) -> None:
    settings = Settings(**OPTIONS, steps=5, milestones=(2, 4), gamma=0.5)
    fit(TinyGan(lr=0.04), tmp_path, settings, publish_picture=publish)
    rates = [record.lr["generator"] for record in read_log(tmp_path / "log.jsonl")]
    assert rates == pytest.approx([0.04, 0.04, 0.02, 0.02, 0.01])


def test_a_phase_may_bring_its_own_schedule() -> None:
    recipe = TinyGan()
    falling = Phase(
        "generator", ("generator",), lambda p: torch.optim.SGD(p, 1.0), recipe.phases[0].loss,
        schedule=lambda optimiser: torch.optim.lr_scheduler.StepLR(optimiser, 1, 0.1),
    )  # fmt: skip
    recipe.phases = (falling, recipe.phases[1])
    learner = Learner(recipe, Settings(**OPTIONS, steps=1, milestones=(1,), gamma=0.5), CPU)
    learner.step([batch()])
    assert learner.learning_rates() == pytest.approx({"generator": 0.1, "critic": 0.005})


def test_a_phase_gives_no_gradients_to_the_others_parameters() -> None:
    recipe = TinyGan()
    seen: list[bool] = []
    locate = recipe.phases[0].loss

    def looks(held: dict[str, torch.Tensor]) -> Any:
        seen.extend(p.requires_grad for p in recipe.critic.parameters())
        return locate(held)

    recipe.phases = (Phase("generator", ("generator",), recipe.phases[0].optimiser, looks), recipe.phases[1])
    Learner(recipe, Settings(**OPTIONS, steps=1), CPU).step([batch()])
    assert seen == [False, False]
    assert all(p.requires_grad for p in recipe.critic.parameters())


def test_frozen_parameters_stay_frozen() -> None:
    recipe = TinyGan()
    frozen = recipe.generator[0]
    frozen.requires_grad_(False)
    before = frozen.weight.detach().clone()
    Learner(recipe, Settings(**OPTIONS, steps=1), CPU).step([batch()])
    assert torch.equal(frozen.weight, before)
    assert not frozen.weight.requires_grad


def test_gradients_are_clipped() -> None:
    recipe = TinyGan()
    recipe.phases = (
        Phase("generator", ("generator",), lambda p: torch.optim.SGD(p, 1.0), recipe.phases[0].loss),
        recipe.phases[1],
    )
    before = [p.detach().clone() for p in recipe.generator.parameters()]
    losses = Learner(recipe, Settings(**OPTIONS, steps=1, clip_norm=0.01), CPU).step([batch()])
    moved = [now.detach() - then for now, then in zip(recipe.generator.parameters(), before, strict=True)]
    assert losses["generator.gradient_norm"] > 0.01
    assert float(nn.utils.get_total_norm(moved)) == pytest.approx(0.01, rel=1e-3)


class Spoilt(TinyGan):
    """A loss that is not finite in some of its calls."""

    def __init__(self, value: float, calls: Callable[[int], bool]) -> None:
        super().__init__()
        self._value, self._when = value, calls
        self.calls = 0
        self.seen: list[torch.Tensor] = []

    def _locate(self, batch: Any) -> Any:
        loss, terms = super()._locate(batch)
        self.calls += 1
        self.seen.append(batch["picture"].clone())
        return (loss * self._value if self._when(self.calls) else loss), terms


@pytest.mark.parametrize("spoilt", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_takes_the_run_back(tmp_path: Path, spoilt: float) -> None:
    recipe = Spoilt(spoilt, lambda call: call == 6)
    options = Settings(**OPTIONS, steps=9, checkpoint_every_s=0)
    result = fit(recipe, tmp_path, options, publish_picture=publish)
    assert (result.resumed_from, result.step) == (5, 9)
    # The batch that did harm is not met again.
    assert not torch.equal(recipe.seen[5], recipe.seen[6])
    assert [record.step for record in read_log(tmp_path / "log.jsonl")] == list(range(1, 10))
    assert all(math.isfinite(value) for record in read_log(tmp_path / "log.jsonl") for value in record.losses.values())


def test_what_was_passed_over_stays_so(tmp_path: Path) -> None:
    """A run that was taken back, stopped and resumed goes through the same items as one that was not stopped."""
    seen = []
    for name, stops in (("whole", (9,)), ("cut", (7, 9))):
        recipe = Spoilt(math.nan, lambda call: call == 6)
        for steps in stops:
            options = Settings(**OPTIONS, steps=steps, checkpoint_every_s=0)
            fit(recipe, tmp_path / name, options, publish_picture=publish)
        seen.append(recipe.seen)
    assert len(seen[0]) == len(seen[1]) == 10
    assert all(torch.equal(one, other) for one, other in zip(*seen, strict=True))


def test_a_loss_that_stays_not_finite_stops_the_run_and_keeps_the_last_state(tmp_path: Path) -> None:
    recipe = Spoilt(math.nan, lambda call: call >= 4)
    with pytest.raises(ProsoponError, match=r"generator became nan in step 4") as stopped:
        fit(recipe, tmp_path, Settings(**OPTIONS, steps=9, checkpoint_every_s=0), publish_picture=publish)
    assert "\n" not in str(stopped.value)
    assert recipe.calls == 3 + 4  # once, and three times again
    again = fit(TinyGan(), tmp_path, Settings(**OPTIONS, steps=9), publish_picture=publish)
    assert (again.resumed_from, again.step) == (3, 9)


def test_without_a_saved_state_there_is_no_way_back(tmp_path: Path) -> None:
    with pytest.raises(ProsoponError, match="in step 1"):
        fit(Spoilt(math.nan, lambda _: True), tmp_path, Settings(**OPTIONS, steps=2), publish_picture=publish)


def test_backups_and_previews_are_kept(tmp_path: Path) -> None:
    options = Settings(
        **OPTIONS, steps=5, checkpoint_every_s=0, preview_every_s=0, timelapse_every_s=0, backup_every_s=0, backups=2
    )
    fit(TinyGan(), tmp_path, options, publish_picture=publish)
    backups = kept_backups(tmp_path)
    assert [folder.name for folder in backups] == ["step-00000004", "step-00000005"]
    assert {file.name for file in backups[-1].iterdir()} == {"tiny.test.safetensors", "tiny.test.json", "preview.png"}
    state, _ = load(backups[-1] / "tiny.test.safetensors")
    assert any(key.startswith("generator.") for key in state)
    assert [step for step, _ in kept_previews(tmp_path)] == [1, 2, 3, 4, 5]


def test_a_gradient_that_is_not_finite_stops_the_run() -> None:
    recipe = TinyGan()

    def cusp(held: dict[str, torch.Tensor]) -> Any:
        return torch.sqrt(recipe.generator[5].bias.abs().sum() * 0.0), {}

    recipe.phases = (Phase("generator", ("generator",), recipe.phases[0].optimiser, cusp),)
    with pytest.raises(ProsoponError, match=r"generator\.gradient_norm became nan in step 1"):
        Learner(recipe, Settings(**OPTIONS, steps=1), CPU).step([batch()])


def test_the_average_lags_behind_and_is_what_is_exported() -> None:
    recipe = TinyGan()
    learner = Learner(recipe, Settings(**OPTIONS, steps=1, ema_decay=0.9), CPU)
    weight = recipe.generator[0].weight
    before = weight.detach().clone()
    learner.step([batch()])
    early = 2 / 11  # at the first step the average may not yet hold on to the random weights with its full decay
    expected = before * early + weight.detach() * (1 - early)
    torch.testing.assert_close(learner.exported()["generator.0.weight"], expected)
    live = weight.detach().clone()
    with learner.evaluating():
        torch.testing.assert_close(weight.detach(), expected)
        assert not any(module.training for module in recipe.generator.modules())
    assert torch.equal(weight.detach(), live)
    assert all(module.training for module in recipe.generator.modules())


def test_bf16_and_channels_last_train_too(tmp_path: Path) -> None:
    settings = Settings(**{**OPTIONS, "precision": "bf16"}, steps=3, channels_last=True)
    recipe = TinyGan()
    result = fit(recipe, tmp_path, settings, publish_picture=publish)
    assert math.isfinite(result.losses["generator"])
    assert recipe.generator[0].weight.dtype == torch.float32
    assert recipe.generator[0].weight.is_contiguous(memory_format=torch.channels_last)


def test_fp16_is_refused_where_it_does_not_train(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="bf16"):
        fit(TinyGan(), tmp_path, Settings(**{**OPTIONS, "precision": "fp16"}, steps=1), publish_picture=publish)


def test_a_recipe_that_trains_what_is_not_there_is_refused() -> None:
    recipe = TinyGan()
    recipe.exported = ("decoder",)
    with pytest.raises(UsageError, match="decoder"):
        Learner(recipe, Settings(**OPTIONS, steps=1), CPU)


def test_workers_do_not_change_what_is_read() -> None:
    order, share, cpu = Order(10, 3), Share(4), torch.device("cpu")
    read = []
    for workers in (0, 2):
        with open_batches(Blobs(), order, share, 2, workers=workers, device=cpu) as batches:
            read.append([next(batches) for _ in range(4)])
    for alone, helped in zip(*read, strict=True):
        assert alone["picture"].dtype == torch.uint8
        assert torch.equal(alone["picture"], helped["picture"])
        assert torch.equal(alone["x"], helped["x"])


@pytest.mark.parametrize("workers", [0, 1])
def test_what_an_item_complains_of_is_passed_on_as_it_is(tmp_path: Path, workers: int) -> None:
    class Torn(Blobs):
        def item(self, index: int, rng: np.random.Generator) -> Any:
            if index == 6:
                raise ProsoponError("the picture six.png is torn", "fetch it again")
            return super().item(index, rng)

    recipe = TinyGan()
    recipe.dataset = Torn()
    settings = Settings(**{**OPTIONS, "workers": workers}, steps=9)
    with pytest.raises(ProsoponError) as complaint:
        fit(recipe, tmp_path, settings, publish_picture=publish)
    assert str(complaint.value) == "the picture six.png is torn; fetch it again"


def test_pictures_arrive_as_floats_and_the_rest_as_it_is() -> None:
    held = batch(3)
    assert held["picture"].shape == (3, 3, 8, 8)
    assert held["picture"].dtype == torch.float32
    assert 0.8 < float(held["picture"].max()) <= 1
    assert held["x"].shape == (3,)


def test_nothing_to_learn_from_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProsoponError, match="nothing to train"):
        fit(TinyGan(n_items=0), tmp_path / "run", Settings(**OPTIONS, steps=1), publish_picture=publish)
    assert not (tmp_path / "run").exists()


def test_a_run_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(ProsoponError, match=r"run folder .*taken.* cannot be written"):
        fit(TinyGan(), tmp_path / "taken", Settings(**OPTIONS, steps=1), publish_picture=publish)


@pytest.mark.parametrize(
    "wrong",
    [{}, {"steps": 0}, {"steps": 1, "batch_size": 0}, {"steps": 1, "ema_decay": 1.0}, {"steps": 1, "workers": -1}],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        Settings(**wrong)


def test_tensorboard_gets_the_curves_when_asked(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    settings = Settings(**OPTIONS, steps=2, tensorboard=True)
    fit(TinyGan(), tmp_path, settings, publish_picture=publish)
    events = [path.read_bytes() for path in (tmp_path / "tensorboard").iterdir()]
    assert any(b"generator.distance" in event for event in events)


def test_later_the_average_has_its_full_decay() -> None:
    net = torch.nn.Linear(1, 1, bias=False)
    average = MovingAverage({"net": net}, decay=0.9)
    before = net.weight.detach().clone()
    with torch.no_grad():
        net.weight += 1
    average.update(step=1000)
    torch.testing.assert_close(average.state_dict()["net.weight"], before + 0.1)
