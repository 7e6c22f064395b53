"""Does a swap learn? Of two drawn people of different colours, one gets the other's skin after some steps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from face_folder import face_folder

from prosopon.create.swap.config import Training, config_of
from prosopon.create.swap.model import SwapModel
from prosopon.create.swap.recipe import SwapRecipe
from prosopon.datasets.face_set import face_store
from prosopon.datasets.swap_pairs import Side, SwapPairConfig, SwapPairs
from prosopon.train.loop import fit
from prosopon.train.randomness import seed_all
from prosopon.train.settings import Settings

LIGHT, DARK = (230, 190, 160), (90, 60, 45)


def publish(picture: np.ndarray, path: Path) -> None:
    assert picture.std() > 5
    path.write_bytes(b"seen")


def skin(picture: torch.Tensor, mask: np.ndarray) -> np.ndarray:
    return np.median(picture.permute(1, 2, 0).numpy()[mask > 250], axis=0) * 255


def test_a_swap_learns(tmp_path: Path) -> None:
    torch.set_num_threads(2)
    stores = [
        face_store(face_folder(tmp_path / name, colour=colour, count=40, seed=seed))
        for seed, (name, colour) in enumerate((("light", LIGHT), ("dark", DARK)))
    ]
    source, target = (Side.of(store, "full") for store in stores)
    config = config_of("df-ud_small", Training(learning_rate=1e-3, optimiser="adam", eyes=0))
    plan = config.plan
    seed_all(0)
    recipe = SwapRecipe(
        "swap.test",
        config,
        SwapPairs(source, target, SwapPairConfig(plan.input_px, plan.output_px, "full", config.augment)),
        card={"licence": "CC0-1.0", "origin": "a test"},
        data={},
    )
    settings = Settings(steps=160, batch_size=4, precision="fp32", workers=0, device="cpu", preview_every_s=1e6)
    row = int(target.held[0])
    crop, mask = target.crop(row, plan.input_px), target.mask(row, plan.output_px)[..., 0]
    fit(recipe, tmp_path / "run", settings, publish_picture=publish)
    model = SwapModel.from_weights(tmp_path / "run")
    as_source, as_itself = (model.swap(crop[None], route) for route in ("a", "b"))  # type: ignore[arg-type]
    assert np.abs(skin(as_source.face[0], mask) - LIGHT).max() < 45
    assert np.abs(skin(as_itself.face[0], mask) - DARK).max() < 45
    assert as_source.mask is not None
    found = as_source.mask[0, 0].numpy()
    assert found[mask > 250].mean() > 0.7
    assert found[mask < 5].mean() < 0.35
