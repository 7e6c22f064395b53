"""The nets that disruption is measured on, against recorded outputs and checkpoints of the published ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from prosopon.models import cyclegan, ganimation, pix2pixhd, stargan

TOLERANCE = 1e-4
IN_PLACE = (1, 4, 7, 16, 19)
"""Norms that the published program overwrites by the ReLU behind them."""


def difference(ours: Tensor, recorded: np.ndarray[Any, Any]) -> float:
    assert tuple(ours.shape) == recorded.shape
    return float(np.abs(ours.detach().numpy() - recorded).max())


@torch.no_grad()
def test_stargan(disruption: Path, disruption_recipe: ModuleType) -> None:
    recorded = np.load(disruption / "stargan_forward_128.npz")
    generator = stargan.Generator()
    disruption_recipe.fill(generator)
    images, labels = torch.from_numpy(recorded["x"]), torch.from_numpy(recorded["c"])
    assert np.array_equal(disruption_recipe.image("A", 128, 128), recorded["x"])
    generator.eval()
    assert difference(generator(images, labels[:1]), recorded["out_eval_c0"]) <= TOLERANCE
    generator.train()
    assert difference(generator(images, labels[3:4]), recorded["out_c3"]) <= TOLERANCE

    activations = generator.activations(images, labels[:1])
    assert len(activations) == 23
    assert difference(activations[-1], recorded["out_c0"]) <= TOLERANCE
    for index in IN_PLACE:
        activations[index] = activations[index].relu()
    means = np.array([float(activation.double().mean()) for activation in activations])
    deviations = np.array([float(activation.double().std()) for activation in activations])
    assert np.abs(means - recorded["feat_mean"]).max() <= TOLERANCE
    assert np.abs(deviations - recorded["feat_std"]).max() <= TOLERANCE

    # All five at once: what one picture becomes does not depend on the batch.
    edited = generator(images.expand(5, -1, -1, -1), labels).double()
    assert np.abs(edited.mean((1, 2, 3)).numpy() - recorded["out_mean"]).max() <= TOLERANCE
    assert np.abs(edited.std((1, 2, 3)).numpy() - recorded["out_std"]).max() <= TOLERANCE


@torch.no_grad()
def test_ganimation(disruption: Path, disruption_recipe: ModuleType) -> None:
    recorded = np.load(disruption / "ganimation_forward_128.npz")
    generator, judge = ganimation.Generator(), ganimation.Discriminator()
    disruption_recipe.fill(generator)
    disruption_recipe.fill(judge)
    images, units = torch.from_numpy(recorded["x"]), torch.from_numpy(recorded["au"])
    found = generator.edit(images, units[:1])
    assert difference(found.attention, recorded["att"]) <= TOLERANCE
    assert difference(found.colours, recorded["reg"]) <= TOLERANCE
    assert difference(generator(images, units[:1]), recorded["composed"]) <= TOLERANCE
    scores, logits = judge(images)
    assert difference(scores[0, 0], recorded["d_src"]) <= TOLERANCE
    assert difference(logits[0], recorded["d_cls"]) <= TOLERANCE


@torch.no_grad()
def test_cyclegan(disruption: Path, disruption_recipe: ModuleType) -> None:
    recorded = np.load(disruption / "cyclegan_forward_128.npz")
    generator = cyclegan.Generator()
    disruption_recipe.fill(generator)
    assert difference(generator(torch.from_numpy(recorded["x"])), recorded["out"]) <= TOLERANCE


@torch.no_grad()
@pytest.mark.parametrize(
    ("made", "key"),
    [
        (lambda: pix2pixhd.GlobalGenerator(width=16), "out_global_ngf16"),
        (lambda: pix2pixhd.LocalEnhancer(width=8), "out_local_ngf8"),
    ],
    ids=["global", "local"],
)
def test_pix2pixhd(made: Callable[[], nn.Module], key: str, disruption: Path, disruption_recipe: ModuleType) -> None:
    recorded = np.load(disruption / "pix2pixhd_forward_128_ngf16.npz")
    labels = nn.functional.one_hot(torch.from_numpy(recorded["labels"].astype(np.int64)), 35).permute(0, 3, 1, 2)
    planes = torch.cat((labels.float(), torch.from_numpy(recorded["edge"])[:, None]), dim=1)
    generator = made()
    disruption_recipe.fill(generator)
    assert difference(generator(planes), recorded[key]) <= TOLERANCE


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("stargan_g_celeba256_c5", stargan.Generator),
        ("stargan_g_both_c15", lambda: stargan.Generator(15)),
        ("stargan_d_celeba256_c5", stargan.Discriminator),
        ("ganimation_g_c17", ganimation.Generator),
        ("ganimation_d_128_c17", ganimation.Discriminator),
        ("cyclegan_resnet9", cyclegan.Generator),
        ("pix2pixhd_global", pix2pixhd.GlobalGenerator),
        ("pix2pixhd_local_1024p", pix2pixhd.LocalEnhancer),
        ("pix2pixhd_multiscale_d", pix2pixhd.Discriminator),
    ],
)
def test_names_and_shapes_are_those_of_published_checkpoints(
    name: str, made: Callable[[], nn.Module], disruption: Path
) -> None:
    recorded = json.loads((disruption / f"statedict_{name}.json").read_text())
    with torch.device("meta"):  # 183 million weights are not needed for their names
        net = made()
    ours = {key: (list(value.shape), str(value.dtype)) for key, value in net.state_dict().items()}
    theirs = {key: (shape, f"torch.{dtype}") for key, shape, dtype in recorded["entries"]}
    assert ours == {key: value for key, value in theirs.items() if not key.startswith("debug")}
    assert sum(weight.numel() for weight in net.parameters()) == recorded["parameters"]


def test_a_published_ganimation_state_loads_with_what_it_holds_twice(disruption: Path) -> None:
    entries = json.loads((disruption / "statedict_ganimation_g_c17.json").read_text())["entries"]
    kinds = {"float32": torch.float32, "int64": torch.int64}
    state = {key: torch.full(shape, 2, dtype=kinds[dtype]) for key, shape, dtype in entries}
    assert any(key.startswith("debug4.") for key in state)
    generator = ganimation.Generator()
    generator.load_state_dict(state)
    assert all(bool((value == 2).all()) for value in generator.state_dict().values())
