"""The baseline and the trunk that it shares: sizes, gradients, and that it is trained as plainly as it says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from small_arena import small_arena

from prosopon.detect.learning.pairs import ArenaPairs
from prosopon.detect.learning.plain import Plain
from prosopon.detect.learning.recipe import ClassifierRecipe, pair_loss
from prosopon.detect.learning.trainable import LearningOptions, Material
from prosopon.detect.learning.trunk import PlainNet, Trunk
from prosopon.models.tensors import to_tensor


@pytest.mark.parametrize(("size", "left"), [(160, 5), (112, 4), (97, 4)])
def test_trunks_take_any_size(size: int, left: int) -> None:
    trunk = Trunk((8, 8, 8, 8, 16), (1, 1, 1, 2), inputs=6)
    assert trunk(torch.rand(2, 6, size, size)).shape == (2, 16, left, left)
    with pytest.raises(ValueError, match="do not go with"):
        Trunk((8, 8), (1, 1))


def test_heat_is_drawn_of_the_stage_before_the_last() -> None:
    net = PlainNet((8, 8, 8, 12, 16), (1, 1, 2, 2)).eval()
    sizes: list[tuple[int, ...]] = []
    net.fine.register_forward_hook(lambda _module, _given, made: sizes.append(tuple(made.shape)))
    net(torch.rand(1, 3, 160, 160))
    assert sizes == [(1, 12, 10, 10)]


def test_the_baseline_is_plain_and_learns(tmp_path: Path) -> None:
    torch.manual_seed(0)
    recipe = Plain.training(Material(small_arena(tmp_path)), LearningOptions("plain.test"))
    assert isinstance(recipe, ClassifierRecipe)
    assert isinstance(recipe.dataset, ArenaPairs)
    assert recipe.dataset.degrade is None
    assert recipe.dataset.held_out_generators == ("swap",)
    optimiser = torch.optim.AdamW(recipe.net.parameters(), 1e-3)
    recipe.net.train()
    losses = []
    for step in range(6):
        items = [recipe.dataset.item(number, np.random.default_rng([step, number])) for number in range(4)]
        batch = {name: to_tensor(np.stack([item[name] for item in items])) for name in ("real", "fake")}
        loss, _ = pair_loss(recipe.net, batch)
        optimiser.zero_grad()
        loss.backward()
        if not step:
            assert all(value.grad is not None and value.grad.any() for value in recipe.net.parameters())
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.6 * losses[0]
