"""One step of training: losses that reach every parameter, a camera that moves the background, measures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from tiny_partswap import PAINT, PARTS, SIZE, TINY_FACE, pictures
from torch import Tensor

from prosopon.create.partswap.config import PartSwapConfig
from prosopon.create.partswap.net import Segments, part_flow
from prosopon.create.partswap.recipe import PartSwapRecipe, card_of
from prosopon.create.partswap.technique import PartSwap
from prosopon.datasets.held_out import Passage
from prosopon.models.grid import coordinate_grid
from prosopon.models.perceptual import RandomFeatures

PUBLISHED = replace(TINY_FACE, name="tiny", model=PAINT, face=None)
every_config = pytest.mark.parametrize("config", [PUBLISHED, TINY_FACE], ids=["published", "face"])


class Nothing:
    def __len__(self) -> int:
        return 1

    def item(self, index: int, rng: np.random.Generator) -> Mapping[str, NDArray[Any]]:
        raise AssertionError


class Clips:
    def passages(self, size_px: int) -> Iterator[Passage]:
        for seed in (4, 5):
            frames = (pictures(3, seed).permute(0, 2, 3, 1) * 255).byte().numpy()
            yield Passage(frames)


def recipe_of(config: PartSwapConfig, **more: Any) -> PartSwapRecipe:
    torch.manual_seed(1)
    card = card_of(config, licence="MIT", origin="a test")
    return PartSwapRecipe("partswap.tiny", config, Nothing(), RandomFeatures(4), card=card, data={}, **more)


def batch() -> dict[str, Tensor]:
    rng = np.random.default_rng(0)
    turned = torch.tensor([[0.9, 0.1, 0.2], [-0.1, 0.9, -0.1]])
    return {
        "source": pictures(3, 1),
        "driving": pictures(3, 2),
        "landmarks_driving": torch.from_numpy(rng.uniform(-0.7, 0.7, (3, 68, 2)).astype(np.float32)),
        "known_driving": torch.tensor([1.0, 1.0, 0.0]),
        "camera": turned.expand(3, -1, -1),
    }


@every_config
def test_the_loss_reaches_every_parameter(config: PartSwapConfig) -> None:
    recipe = recipe_of(config)
    (phase,) = recipe.phases
    torch.manual_seed(0)
    loss, terms = phase.loss(batch())
    assert torch.isfinite(loss)
    assert loss.item() == pytest.approx(sum(term.item() for term in terms.values()), rel=1e-5)
    assert all(term.item() > 0 for term in terms.values()), terms
    loss.backward()
    for net in phase.trains:
        for name, parameter in recipe.modules[net].named_parameters():
            assert parameter.grad is not None and float(parameter.grad.abs().max()) > 0, f"{net}.{name}"
    assert not [parameter for parameter in recipe.perceptual.parameters() if parameter.grad is not None]


def test_both_learning_rates_cover_all_parameters_once() -> None:
    recipe = recipe_of(replace(PUBLISHED, schedule=replace(PUBLISHED.schedule, lr_segmentation=1.0)))
    parameters = [p for net in recipe.exported for p in recipe.modules[net].parameters()]
    groups = recipe.phases[0].optimiser(parameters).param_groups
    assert [group["lr"] for group in groups] == [1.0, PUBLISHED.schedule.lr_reconstruction]
    assert sum(len(group["params"]) for group in groups) == len(parameters)


def segments(background: float) -> Segments:
    share = torch.full((1, PARTS + 1, 8, 8), (1 - background) / PARTS)
    share[:, 0] = background
    points = torch.rand(1, PARTS, 2, generator=torch.Generator().manual_seed(2))
    return Segments(share, points)


def test_the_background_moves_with_the_camera_and_parts_do_not() -> None:
    camera = batch()["camera"][:1]
    grid = coordinate_grid(8, 8)
    wanted = grid @ camera[0, :, :2].T + camera[0, :, 2]
    assert torch.allclose(part_flow(segments(1), segments(1), camera)[0], wanted, atol=1e-6)
    assert torch.allclose(part_flow(segments(1), segments(1))[0], grid, atol=1e-6)
    assert torch.equal(part_flow(segments(0), segments(0), camera), part_flow(segments(0), segments(0)))


def test_the_camera_is_used_in_training_and_swaps_are_mixed_in() -> None:
    assert TINY_FACE.face is not None

    def loss(share: float, given: dict[str, Tensor]) -> dict[str, float]:
        torch.manual_seed(0)
        face = replace(TINY_FACE.face, swapped_share=share)  # type: ignore[type-var]
        terms = recipe_of(replace(TINY_FACE, face=face)).phases[0].loss(given)[1]
        return {name: term.item() for name, term in terms.items()}

    still = {**batch(), "camera": torch.eye(2, 3).expand(3, -1, -1)}
    assert loss(0, batch())["warped"] != loss(0, still)["warped"]
    # Whether only parts are taken says nothing of how the source moves, and all of what is painted.
    whole, some = loss(0, still), loss(1, still)
    assert whole["warped"] == some["warped"]
    assert whole["painted"] != some["painted"]


def test_held_out_clips_are_measured_against_copying() -> None:
    recipe = recipe_of(TINY_FACE, held_out=[Clips()])
    with torch.no_grad():
        measured = recipe.measure(torch.device("cpu"))
    seen = [pictures(3, seed) for seed in (4, 5)]
    copied = np.mean([float((one[1:] - one[:1]).abs().mean()) for one in seen])
    assert measured.keys() == {"l1", "l1_copy", "warped_l1"}
    assert measured["l1_copy"] == pytest.approx(copied, abs=0.01)
    with torch.no_grad():
        preview = recipe.preview(batch(), torch.device("cpu"))
    assert preview.shape == (3 * SIZE, 6 * SIZE, 3)
    assert (
        np.abs(preview[:SIZE, :SIZE].astype(float) / 255 - batch()["source"][0].permute(1, 2, 0).numpy()).max() < 0.01
    )


def test_the_card_builds_the_nets_again() -> None:
    from prosopon.create.partswap.config import ModelConfig
    from prosopon.train.rebuild import from_table

    recipe = recipe_of(TINY_FACE)
    model = PartSwap.untrained(from_table(ModelConfig, recipe.card["model"], "the card"))
    state = {
        f"{net}.{key}": value for net in recipe.exported for key, value in recipe.modules[net].state_dict().items()
    }
    model.load_state(state, "the recipe")
    assert recipe.card["technique"] == "partswap"
