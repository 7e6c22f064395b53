"""Models small enough for tests, with everything that the large ones have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from prosopon.create.fomm.config import FaceLossConfig, FommConfig, LossConfig
from prosopon.models.motion.config import (
    DenseMotionConfig,
    DiscriminatorConfig,
    GeneratorConfig,
    KeypointConfig,
    ModelConfig,
)

SIZE = 32

TINY = FommConfig(
    "tiny",
    model=ModelConfig(
        num_kp=3,
        size_px=SIZE,
        kp_detector=KeypointConfig(block_expansion=4, max_features=8, num_blocks=2, scale_factor=0.5, pad=3),
        generator=GeneratorConfig(
            block_expansion=4,
            max_features=8,
            num_bottleneck_blocks=1,
            dense_motion=DenseMotionConfig(block_expansion=4, max_features=8, num_blocks=2, scale_factor=0.5),
        ),
        discriminator=DiscriminatorConfig(block_expansion=4, max_features=8, num_blocks=2, use_kp=True),
    ),
    loss=LossConfig(perceptual=(1, 1, 1), scales=(1, 0.5), generator_gan=1),
)
"""As published with an adversarial loss."""

TINY_FACE = replace(
    TINY,
    name="tiny-face",
    model=replace(
        TINY.model,
        generator=replace(TINY.model.generator, head="blend", guide_variance=0.01, guide_gaps=((0, 1),)),
        landmark_groups=((36, 39), (51, 62)),
    ),
    loss=replace(TINY.loss, generator_gan=0),
    face=FaceLossConfig(),
)
"""As ours of faces."""


@dataclass(frozen=True)
class Pictures:
    """Random soft pictures, with landmarks in the right places where the configuration wants them."""

    config: FommConfig

    def __len__(self) -> int:
        return 100

    def item(self, index: int, rng: np.random.Generator) -> Mapping[str, NDArray[Any]]:
        item: dict[str, NDArray[Any]] = {}
        for role in ("source", "driving"):
            coarse = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
            item[role] = coarse.repeat(SIZE // 8, axis=0).repeat(SIZE // 8, axis=1)
            if self.config.face is not None:
                item[f"landmarks_{role}"] = rng.uniform(-0.7, 0.7, (68, 2)).astype(np.float32)
                item[f"known_{role}"] = np.float32(1)  # type: ignore[assignment]
        return item

    def tensors(self, n: int) -> dict[str, Tensor]:
        """A batch as the loop would place it."""
        items = [self.item(i, np.random.default_rng(i)) for i in range(n)]
        batch = {name: torch.from_numpy(np.stack([item[name] for item in items])) for name in items[0]}
        return {
            name: value.movedim(-1, 1).float() / 255 if value.dtype == torch.uint8 else value
            for name, value in batch.items()
        }


def batch_of(config: FommConfig) -> Pictures:
    return Pictures(config)
