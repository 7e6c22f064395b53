"""How far two answers of a net are from each other, by names that all victims share."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from prosopon.disrupt.pgd.effect import measure_effect


def pictures_effect(disturbed: Tensor, untouched: Tensor, images: Tensor) -> dict[str, float]:
    """`l1`, `l2`, `disrupted` and, where something was edited, `masked_l2` of answers `(B, 3, H, W)` in [-1, 1].

    Args:
        disturbed, untouched: answers to the changed photos and to the originals.
        images: what the edit started from, of the same shape.
    """
    found = measure_effect(disturbed, untouched, images)
    told = {"l1": found.l1, "l2": found.l2, "disrupted": found.disrupted}
    return told if found.masked_l2 is None else {**told, "masked_l2": found.masked_l2}


def displacement(disturbed: Tensor, untouched: Tensor) -> float:
    """Mean distance of points `(B, K, 2)` in [-1, 1], as a share of the picture's side."""
    return float((disturbed - untouched).norm(dim=-1).mean()) / 2


def cosine(disturbed: Tensor, untouched: Tensor) -> float:
    """Of codes `(B, ...)`, on the mean: 1 where they point the same way."""
    return float(F.cosine_similarity(disturbed.double().flatten(1), untouched.double().flatten(1)).mean())
