"""Does the First Order Motion Model learn? A very small one on shapes that move over a still background."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from prosopon.create.fomm.config import FommConfig, LossConfig, ScheduleConfig
from prosopon.create.fomm.recipe import FommRecipe
from prosopon.datasets.held_out import Passage
from prosopon.models.motion.config import DenseMotionConfig, GeneratorConfig, KeypointConfig, ModelConfig
from prosopon.models.perceptual import RandomFeatures
from prosopon.train.log import read_log
from prosopon.train.loop import fit
from prosopon.train.randomness import seed_all
from prosopon.train.settings import Settings

SIZE = 32
STEPS = 180
SMALL = FommConfig(
    "shapes",
    model=ModelConfig(
        num_kp=3,
        size_px=SIZE,
        kp_detector=KeypointConfig(block_expansion=8, max_features=32, num_blocks=2, scale_factor=1, pad=3),
        generator=GeneratorConfig(
            block_expansion=8,
            max_features=32,
            num_bottleneck_blocks=1,
            head="blend",
            dense_motion=DenseMotionConfig(block_expansion=8, max_features=32, num_blocks=2, scale_factor=1),
        ),
    ),
    loss=LossConfig(perceptual=(10, 10, 10), scales=(1, 0.5)),
    schedule=ScheduleConfig(lr_generator=2e-3, lr_kp_detector=2e-3),
)


def picture(rng: np.random.Generator, n: int) -> NDArray[np.uint8]:
    """One disc of two halves in `n` places on a shaded background: `uint8 (n, SIZE, SIZE, 3)`."""
    ys, xs = np.mgrid[:SIZE, :SIZE].astype(np.float64)
    low, high = rng.uniform(0, 110, (2, 3))
    one, other = rng.uniform(130, 255, (2, 3))
    background = low + (high - low) * (ys / SIZE)[..., None]
    turn, radius = rng.uniform(0, 2 * np.pi), rng.uniform(7, 9)
    out = []
    for x, y in rng.uniform(9, SIZE - 9, (n, 2)):
        half = ((xs - x) * np.cos(turn) + (ys - y) * np.sin(turn))[..., None] > 0
        cover = np.clip(radius + 0.5 - np.hypot(xs - x, ys - y), 0, 1)[..., None]
        out.append(background * (1 - cover) + np.where(half, one, other) * cover)
    return np.stack(out).astype(np.uint8)


class Discs:
    """Pairs of the same disc in two places."""

    def __len__(self) -> int:
        return 1000

    def item(self, index: int, rng: np.random.Generator) -> Mapping[str, NDArray[Any]]:
        source, driving = picture(rng, 2)
        return {"source": source, "driving": driving}


class HeldOutDiscs:
    """Discs of colours and patterns that were never seen."""

    def passages(self, size_px: int) -> Iterator[Passage]:
        for seed in range(8):
            yield Passage(picture(np.random.default_rng([99, seed]), 5))


def test_motion_is_learnt_and_beats_copying(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    seed_all(0)
    recipe = FommRecipe("fomm.shapes", SMALL, Discs(), RandomFeatures(8), card={}, data={}, held_out=[HeldOutDiscs()])
    settings = Settings(
        steps=STEPS, batch_size=8, precision="fp32", device="cpu", workers=0, measure_every=STEPS, milestones=(140,)
    )
    result = fit(recipe, tmp_path, settings, publish_picture=lambda image, path: None)
    losses = [record.losses["generator"] for record in read_log(tmp_path / "log.jsonl")]
    assert np.mean(losses[-20:]) < 0.5 * np.mean(losses[:20])
    assert result.metrics["l1"] < 0.6 * result.metrics["l1_copy"]
