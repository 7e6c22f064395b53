"""How far changes put nets off, beside others that are as large, on people whom nobody has learnt from.

Noise is finer than what nets see of a photo, and most of it vanishes when a crop is made smaller. Changes that are
coarse therefore do many times more than noise wherever they point. The same change upside down is as coarse.
"""

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
    """How many times larger nets' errors are than with noise of the same size, and with the same change upside down.

    Args:
        changed: crops in [0, 1] -> protected crops in [0, 1].
        nets: those that are asked, by name, each about its first class.
        photos: spread over them, at most `most` are taken.
        device: where to compute.
        most: photos.
        ways: launderings by name.

    Returns:
        `<way>.<net>` for each, and `<way>`, the geometric mean over nets: 1 is what noise does that is as large at
        every pixel. `<way>.upright`, likewise over nets: 1 is what the change does upside down.
    """
    chosen = np.linspace(0, len(photos) - 1, min(most, len(photos))).round().astype(int)
    items = [photos.plain(int(index)) for index in chosen]
    generator = torch.Generator().manual_seed(0)
    gains: dict[str, list[float]] = {f"{way}.{net}": [] for way in ways for net in nets}
    upright: dict[str, list[float]] = {way: [] for way in ways}
    for start in range(0, len(items), _BATCH):
        some = items[start : start + _BATCH]
        before = to_tensor(np.stack([item["picture"] for item in some]), device)
        landmarks = torch.as_tensor(np.stack([item["landmarks"] for item in some]), device=device)
        after = changed(before)
        noise = noisy(before, after, generator)
        turned = (before + (after - before).flip(-2)).clamp(0, 1)
        for name in ways:
            way = Way(named(name))
            for told, net in nets.items():
                ours, random, other = (log_errors(net, before, one, landmarks, way) for one in (after, noise, turned))
                gains[f"{name}.{told}"] += (ours - random).tolist()
                upright[name] += (ours - other).tolist()
    logs = {name: float(np.mean(values)) for name, values in gains.items()}
    means = {way: float(np.mean([logs[f"{way}.{net}"] for net in nets])) for way in ways}
    aimed = {f"{way}.upright": float(np.mean(values)) for way, values in upright.items()}
    return {name: math.exp(value) for name, value in {**means, **aimed, **logs}.items()}


def noisy(before: Tensor, after: Tensor, generator: torch.Generator) -> Tensor:
    """Pictures with every value changed by as much as in `after`, up or down at random; clipped to [0, 1]."""
    signs = torch.randint(2, before.shape, generator=generator).to(before) * 2 - 1
    return (before + signs * (after - before).abs()).clamp(0, 1)
