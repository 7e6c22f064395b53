"""The nets that come with the package, or others that were trained: loaded once, when they are first needed."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import torch

from prosopon.core.errors import MissingError
from prosopon.models.checkpoint import load, load_strict, part
from prosopon.train.rebuild import from_table
from prosopon.train.trained import find_trained
from prosopon.vouch.watermark.hidden.net import Marker, NetConfig

TECHNIQUE = "hidden"
SHIPPED = "hidden.studio"


@lru_cache(maxsize=2)
def marker(where: str | Path = SHIPPED) -> Marker:
    """Both nets on the CPU, ready to be used.

    Args:
        where: weights by name, a `.safetensors` with its card beside it, or the run folder of a training.

    Raises:
        MissingError: there are none, or they are of another technique.
        CheckpointError: they are damaged.
    """
    entry = find_trained(where, "train watermark")
    if entry.technique != TECHNIQUE:
        raise MissingError(
            f"the weights {entry.name} are of {entry.technique}, not of {TECHNIQUE}", "see prosopon weights list"
        )
    with torch.random.fork_rng(devices=[]):
        made = Marker(from_table(NetConfig, entry.card.get("model", {}), entry.name))
    state, _ = load(entry.path)
    load_strict(made, part(state, "marker"), f"the nets of {entry.name}")
    made.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return made.eval().requires_grad_(False)
