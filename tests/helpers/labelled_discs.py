"""Drawn faces with two attributes, as a StarGAN that is a few thousand weights large learns them in seconds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from prosopon.create.stargan.config import LossConfig, ModelConfig, Objective, ScheduleConfig, StarganConfig
from prosopon.datasets.attribute_pictures import AttributePictures
from prosopon.datasets.attributes import AttributeSet
from prosopon.train.store import ArrayStore, Column, Rows, Shot, write_store

SIZE = 32
ATTRIBUTES = AttributeSet(("red", "blue", "barred"), (("red", "blue"),))
TINY = ModelConfig(
    SIZE, ATTRIBUTES.names, ATTRIBUTES.exclusive,
    width=8, n_blocks=1, critic_width=8, critic_layers=3, reader_width=4, reader_layers=3,
)  # fmt: skip


def config_of(objective: Objective = "logistic-r1", critic_steps: int = 1, pair: float = 10) -> StarganConfig:
    loss = LossConfig(objective=objective, critic_steps=critic_steps, pair=pair, penalty=1)
    return StarganConfig("tiny", TINY, loss, ScheduleConfig(batch_size=4, lr_generator=2e-3, lr_critic=1e-3))


def disc(rng: np.random.Generator, labels: NDArray[np.float32], at: tuple[int, int]) -> NDArray[np.uint8]:
    """A disc before a plain backdrop: red or blue, with a black bar across it or without."""
    y, x = np.mgrid[0:SIZE, 0:SIZE]
    inside = (x - at[0]) ** 2 + (y - at[1]) ** 2 < 90
    picture = np.full((SIZE, SIZE, 3), 150, np.float32)
    picture[inside] = (210, 60, 50) if labels[0] else (50, 70, 210)
    if labels[2]:
        picture[inside & (abs(y - at[1]) < 3)] = 10
    return (picture + rng.normal(0, 3, picture.shape)).clip(0, 255).astype(np.uint8)


def labelled(folder: Path, people: int = 12, seed: int = 0) -> AttributePictures:
    """Each person in all four combinations, in one place."""

    def shots() -> Iterator[tuple[Shot, Rows]]:
        for number in range(people):
            rng = np.random.default_rng([seed, number])
            at = (int(rng.integers(12, 20)), int(rng.integers(12, 20)))
            labels = np.array([(red, 1 - red, bar) for red in (0, 1) for bar in (0, 1)], np.float32)
            pictures = np.stack([disc(rng, one, at) for one in labels])
            yield Shot(f"{number}", f"{number}", "rendered"), {"picture": pictures, "labels": labels}

    write_store(folder, {"picture": Column("|u1", (SIZE, SIZE, 3)), "labels": Column("<f4", (3,))}, shots())
    return AttributePictures([ArrayStore.open(folder)], ATTRIBUTES, paired=True)
