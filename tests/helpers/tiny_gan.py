"""A recipe small enough to train in a test, with all that a GAN needs: two phases, batch statistics, dropout."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from prosopon.train.randomness import seed_all
from prosopon.train.recipe import Batch, Losses, Phase, Recipe

SIZE = 8


class Blobs:
    """Grey pictures with a bright square, and where it is."""

    def __init__(self, n_items: int = 10) -> None:
        self.n_items = n_items

    def __len__(self) -> int:
        return self.n_items

    def item(self, index: int, rng: np.random.Generator) -> Mapping[str, NDArray[Any]]:
        picture = rng.integers(0, 40, (SIZE, SIZE, 3), dtype=np.uint8)
        x = index % (SIZE - 2)
        picture[2:5, x : x + 3] = 230
        return {"picture": picture, "x": np.float32(x / SIZE)}


class TinyGan(Recipe):
    """Locates the square; a critic looks on."""

    name = "tiny.test"
    exported = ("generator",)

    def __init__(self, *, norm: bool = True, dropout: bool = True, n_items: int = 10, lr: float = 1e-2) -> None:
        seed_all(7)
        self.generator = nn.Sequential(
            nn.Conv2d(3, 4, 3, padding=1),
            nn.BatchNorm2d(4) if norm else nn.GroupNorm(2, 4),
            nn.ReLU(),
            nn.Dropout(0.2 if dropout else 0.0),
            nn.Flatten(),
            nn.Linear(4 * SIZE * SIZE, 1),
        )
        self.critic = nn.Linear(1, 1)
        self.modules = {"generator": self.generator, "critic": self.critic}
        self.phases = (
            Phase("generator", ("generator",), lambda p: torch.optim.Adam(p, lr), self._locate),
            Phase("critic", ("critic",), lambda p: torch.optim.SGD(p, lr, momentum=0.9), self._judge),
        )
        self.dataset = Blobs(n_items)
        self.config = {"norm": norm, "dropout": dropout, "lr": lr}
        self.card = {"technique": "tiny", "config": "test", "licence": "CC0-1.0", "origin": "a test"}
        self.epochs: list[int] = []

    def _locate(self, batch: Batch) -> tuple[Tensor, Losses]:
        found = self.generator(batch["picture"])[:, 0]
        batch["found"] = found.detach()
        distance = F.mse_loss(found.float(), batch["x"])
        doubt = -self.critic(found[:, None]).float().mean() * 0.01
        return distance + doubt, {"distance": distance, "doubt": doubt}

    def _judge(self, batch: Batch) -> tuple[Tensor, Losses]:
        real, fake = self.critic(batch["x"][:, None]), self.critic(batch["found"][:, None])
        loss = F.softplus(-real).mean() + F.softplus(fake).mean()
        return loss, {}

    def preview(self, batch: Batch, device: torch.device) -> NDArray[np.uint8]:
        assert not self.generator.training
        torch.rand(3, device=device)  # must not disturb the run
        shown = self.generator(batch["picture"]).float().clamp(0, 1).cpu().numpy()
        return np.broadcast_to((shown[:, :, None] * 255).astype(np.uint8), (*shown.shape, 3)).copy()

    def measure(self, device: torch.device) -> Mapping[str, float]:
        weight: Tensor = self.critic.weight
        return {"critic_weight": float(weight.detach())}

    def on_epoch_end(self, epoch: int) -> None:
        self.epochs.append(epoch)


def publish(picture: NDArray[np.uint8], path: Path) -> None:
    """Writes a preview as the loop's caller would."""
    Image.fromarray(picture).save(path)
