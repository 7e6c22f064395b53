"""How fast part swap runs here: the quick path beside the plain one, in the same run, on the same pictures."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from prosopon.arena.bench import BATCHES, show_to, textures
from prosopon.arena.timing import Speed, beside_plain
from prosopon.core.progress import SILENT, Progress
from prosopon.create.partswap.fast import FastSwapper
from prosopon.create.partswap.model import SwapMotion
from prosopon.create.partswap.technique import PartSwap

_PARTS = (1, 2)
_SEEN = 2


def untrained_with_contrast(config: str, seed: int = 0) -> PartSwap:
    """Random weights whose nets have seen pictures: untouched ones answer grey, and grey hides any error."""
    torch.manual_seed(seed)
    model = PartSwap.untrained(config)
    pictures = textures(_SEEN, model.config.size_px, seed)
    show_to(model.segmentation_module, lambda: model.segmentation_module(pictures))
    nets = model.reconstruction_module
    show_to(nets, lambda: nets.paint(nets.encode(pictures)))
    return model


def time_swap(
    model: PartSwap,
    precision: torch.dtype,
    *,
    motion: SwapMotion = "parts",
    pictures: Tensor | None = None,
    batches: Sequence[int] = BATCHES,
    rounds: int = 5,
    progress: Progress = SILENT,
) -> Speed:
    """Time the plain and the quick path of a model on its device.

    Args:
        model: its nets; random weights are as fast as trained ones.
        precision: of the quick path.
        motion: who lays the source over the target.
        pictures: `(B, 3, S, S)` in [0, 1] at the nets' size: a source, and targets; soft textures when not given.
        batches: batch sizes to try.
        rounds: timed rounds of each; one more before them warms up and is not counted.
        progress: hears of every round.

    Raises:
        ValueError: no batch size or no round is asked for, or there are too few pictures.
    """
    if not batches or min(batches) < 1 or rounds < 1:
        raise ValueError("a timing needs a batch size and a round at least")
    size, device = model.config.size_px, model.device
    shown = (textures(max(batches) + 1, size, seed=1) if pictures is None else pictures).to(device)
    if len(shown) <= max(batches):
        raise ValueError(f"{len(shown)} pictures are too few for a source and {max(batches)} targets")
    source, targets = shown[:1], shown[1:]
    # Each batch size has its own nets: weights are laid out for the first size that they see.
    quick = {batch: FastSwapper(model, precision=precision, motion=motion) for batch in batches}
    encoded = {batch: swapper.encode(source, source, numbers=_PARTS) for batch, swapper in quick.items()}

    def fast(batch: int) -> Tensor:
        made: Tensor = quick[batch].swap(encoded[batch], targets[:batch], targets[:batch], numbers=_PARTS)[0]
        return made

    def wanted(batch: int) -> Tensor:
        return model.swap(source, targets[:batch], _PARTS, motion=motion).prediction

    return beside_plain(
        lambda: wanted(1), fast, wanted, batches=batches, rounds=rounds, device=device,
        facts={"precision": str(precision).removeprefix("torch."), "size_px": size}, progress=progress,
    )  # fmt: skip
