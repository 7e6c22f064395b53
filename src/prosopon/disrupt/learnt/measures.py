"""How far changes put nets off, beside noise that is as large, on people whom nobody has learnt from."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from prosopon.datasets.head_crops import HeadCrops
from prosopon.disrupt.heads.attackable import Attackable
from prosopon.disrupt.learnt.seeing import Way, log_errors
from prosopon.models.laundering.named import named
from prosopon.models.tensors import to_tensor

WAYS = ("png", "jpeg75")
_BATCH = 4


@torch.no_grad()
def measured(
    changed: Callable[[Tensor], Tensor],
    nets: Mapping[str, Attackable],
    photos: HeadCrops,
    device: torch.device,
    *,
    most: int = 16,
    ways: Sequence[str] = WAYS,
) -> dict[str, float]:
    """How many times larger nets' errors are than with noise of the same size at every pixel.

    Args:
        changed: crops in [0, 1] -> protected crops in [0, 1].
        nets: those that are asked, by name, each about its first class.
        photos: spread over them, at most `most` are taken.
        device: where to compute.
        most: photos.
        ways: launderings by name.

    Returns:
        `<way>.<net>` for each, and `<way>`, the geometric mean over nets. 1 is what noise does.
    """
    chosen = np.linspace(0, len(photos) - 1, min(most, len(photos))).round().astype(int)
    items = [photos.plain(int(index)) for index in chosen]
    generator = torch.Generator().manual_seed(0)
    gains: dict[str, list[float]] = {f"{way}.{net}": [] for way in ways for net in nets}
    for start in range(0, len(items), _BATCH):
        some = items[start : start + _BATCH]
        before = to_tensor(np.stack([item["picture"] for item in some]), device)
        landmarks = torch.as_tensor(np.stack([item["landmarks"] for item in some]), device=device)
        after = changed(before)
        noise = noisy(before, after, generator)
        for name in ways:
            way = Way(named(name))
            for told, net in nets.items():
                ours, random = (log_errors(net, before, one, landmarks, way) for one in (after, noise))
                gains[f"{name}.{told}"] += (ours - random).tolist()
    logs = {name: float(np.mean(values)) for name, values in gains.items()}
    means = {way: float(np.mean([logs[f"{way}.{net}"] for net in nets])) for way in ways}
    return {name: math.exp(value) for name, value in {**means, **logs}.items()}


def noisy(before: Tensor, after: Tensor, generator: torch.Generator) -> Tensor:
    """Pictures with every value changed by as much as in `after`, up or down at random; clipped to [0, 1]."""
    signs = torch.randint(2, before.shape, generator=generator).to(before) * 2 - 1
    return (before + signs * (after - before).abs()).clamp(0, 1)
