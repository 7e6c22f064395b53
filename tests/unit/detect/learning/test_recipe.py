"""The recipe: a small net learns a small arena's forgeries, and is measured on people it has not seen."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from small_arena import small_arena
from torch import Tensor, nn

from prosopon.datasets.arena.arena import Arena
from prosopon.detect.learning.pairs import ArenaPairs
from prosopon.detect.learning.recipe import ClassifierRecipe, HeldOut, pair_loss
from prosopon.detect.learning.view import View
from prosopon.train.distributed import Processes
from prosopon.train.learner import Learner
from prosopon.train.loader import first_batch, place_batch
from prosopon.train.sampler import Order
from prosopon.train.schedule import Schedule
from prosopon.train.settings import Settings

VIEW = View(128, 1.3)
CPU = torch.device("cpu")


class Grain(nn.Module):
    """How much grain there is: the variance of what a learnt filter leaves."""

    def __init__(self) -> None:
        super().__init__()
        self.filter = nn.Conv2d(3, 4, 3)
        self.norm = nn.BatchNorm1d(4)
        self.last = nn.Linear(4, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        left = self.filter(pictures)[..., 40:90, 40:90]
        logits: Tensor = self.last(self.norm(left.var((2, 3)).add(1e-6).log()))[:, 0]
        return logits


@pytest.fixture(scope="module")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Arena:
    return small_arena(tmp_path_factory.mktemp("arena"))


def recipe_of(arena: Arena) -> ClassifierRecipe:
    torch.manual_seed(0)
    pairs = ArenaPairs(arena, VIEW, held_out_generators=("swap",), degrade=None)
    held_out = HeldOut(arena, VIEW, ("swap",))
    return ClassifierRecipe(
        "grain.trained", Grain(), pairs, Schedule(2e-2, 5, 100), card={}, data={}, held_out=held_out
    )


def test_it_learns_and_is_measured_on_others(arena: Arena) -> None:
    recipe = recipe_of(arena)
    learner = Learner(recipe, Settings(steps=40, precision="fp32"), Processes(CPU))
    order = Order(len(recipe.dataset), 0)
    batches = [place_batch(first_batch(recipe.dataset, Order(order.n_items, seed), 6), CPU) for seed in range(4)]
    first = learner.step([batches[0]])["classify"]
    for step in range(40):
        last = learner.step([batches[step % 4]])
    assert last["classify"] < 0.5 * first
    assert last["classify.accuracy"] == 1.0
    with learner.evaluating():
        figures = recipe.measure(CPU)
        sheet = recipe.preview(batches[0], CPU)
    assert set(figures) == {"auc", "eer", "ece", "auc_held_out"}
    assert figures["auc"] == 1.0
    assert figures["auc_held_out"] == 1.0
    assert sheet.dtype == np.uint8
    assert sheet.ndim == 3


def test_held_out_people_are_not_those_learnt_from(arena: Arena) -> None:
    held = HeldOut(arena, VIEW)
    assert {who for clip in held.clips for who in clip.people} == {"eve", "fay"}
    assert held.faces.shape == (2 * len(held.clips), 128, 128, 3)


def test_the_loss_is_lowest_where_both_are_told_rightly() -> None:
    class Says(nn.Module):
        def forward(self, pictures: Tensor) -> Tensor:
            return pictures.mean((1, 2, 3)) * 20 - 10

    real, fake = torch.zeros(2, 3, 4, 4), torch.ones(2, 3, 4, 4)
    right, terms = pair_loss(Says(), {"real": real, "fake": fake})
    wrong, _ = pair_loss(Says(), {"real": fake, "fake": real})
    assert right < 1e-3
    assert wrong > 9
    assert terms["accuracy"] == 1.0
