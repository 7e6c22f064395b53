"""The random generators of Python, NumPy and PyTorch: seeded, saved, restored."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch


def seed_all(seed: int, rank: int = 0) -> None:
    """Seed the generators of Python, NumPy and PyTorch (all devices), differently for each process `rank`."""
    mixed = int(np.random.SeedSequence([seed, rank]).generate_state(1, np.uint32)[0])
    random.seed(mixed)
    np.random.seed(mixed)  # noqa: NPY002  # a recipe's own libraries may draw from it
    torch.manual_seed(mixed)


def capture(device: torch.device) -> dict[str, Any]:
    """The state of all generators, made of tensors, tuples and numbers only."""
    name, keys, position, has_gauss, gauss = np.random.get_state(legacy=True)  # noqa: NPY002
    state: dict[str, Any] = {
        "python": random.getstate(),
        "numpy": (
            str(name),
            torch.from_numpy(np.asarray(keys).astype(np.int64)),
            int(position),
            int(has_gauss),
            float(gauss),
        ),
        "torch": torch.get_rng_state(),
    }
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device)
    return state


def restore(state: dict[str, Any], device: torch.device) -> None:
    """Put the generators back to where `capture` found them."""
    version, inner, gauss_next = state["python"]
    random.setstate((version, tuple(inner), gauss_next))
    name, keys, position, has_gauss, gauss = state["numpy"]
    np.random.set_state((name, keys.numpy().astype(np.uint32), position, has_gauss, gauss))  # noqa: NPY002
    torch.set_rng_state(state["torch"])
    if device.type == "cuda" and "cuda" in state:
        torch.cuda.set_rng_state(state["cuda"], device)


@contextlib.contextmanager
def undisturbed(device: torch.device) -> Iterator[None]:
    """Whatever is drawn inside leaves the generators as they were."""
    before = capture(device)
    try:
        yield
    finally:
        restore(before, device)
