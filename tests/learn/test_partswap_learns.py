"""Does co-part segmentation learn? A very small one on shapes that move over a still background."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from prosopon.create.partswap.config import (
    FaceLossConfig,
    LossConfig,
    ModelConfig,
    PartSwapConfig,
    ReconstructionConfig,
    ScheduleConfig,
    SegmentationConfig,
)
from prosopon.create.partswap.recipe import PartSwapRecipe
from prosopon.datasets.held_out import Passage
from prosopon.models.perceptual import RandomFeatures
from prosopon.train.log import read_log
from prosopon.train.loop import fit
from prosopon.train.randomness import seed_all
from prosopon.train.settings import Settings

SIZE = 32
STEPS = 110
SMALL = PartSwapConfig(
    "shapes",
    model=ModelConfig(
        num_segments=3,
        size_px=SIZE,
        segmentation=SegmentationConfig(block_expansion=8, max_features=32, num_blocks=2, scale_factor=1),
        reconstruction=ReconstructionConfig(
            block_expansion=8, max_features=32, num_bottleneck_blocks=1, head="blend"
        ),
    ),
    loss=LossConfig(perceptual=(10, 10, 10), scales=(1, 0.5)),
    schedule=ScheduleConfig(lr_segmentation=2e-3, lr_reconstruction=2e-3),
    face=FaceLossConfig(),
)  # fmt: skip


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
    """Pairs of the same disc in two places, before a camera that stands still."""

    def __len__(self) -> int:
        return 1000

    def item(self, index: int, rng: np.random.Generator) -> Mapping[str, NDArray[Any]]:
        source, driving = picture(rng, 2)
        return {
            "source": source,
            "driving": driving,
            "landmarks_driving": np.zeros((68, 2), np.float32),
            "known_driving": np.array(0, np.float32),
            "camera": np.eye(2, 3, dtype=np.float32),
        }


class HeldOutDiscs:
    """Discs of colours and patterns that were never seen."""

    def passages(self, size_px: int) -> Iterator[Passage]:
        for seed in range(8):
            yield Passage(picture(np.random.default_rng([99, seed]), 5))


def test_parts_are_found_by_motion_and_beat_copying(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    seed_all(0)
    recipe = PartSwapRecipe(
        "partswap.shapes", SMALL, Discs(), RandomFeatures(8), card={}, data={}, held_out=[HeldOutDiscs()]
    )
    settings = Settings(
        steps=STEPS, batch_size=8, precision="fp32", device="cpu", workers=0, measure_every=STEPS, milestones=(85,)
    )
    result = fit(recipe, tmp_path, settings, publish_picture=lambda image, path: None)
    losses = [record.losses["parts"] for record in read_log(tmp_path / "log.jsonl")]
    assert np.mean(losses[-20:]) < 0.6 * np.mean(losses[:20])
    assert result.metrics["warped_l1"] < 0.4 * result.metrics["l1_copy"]
