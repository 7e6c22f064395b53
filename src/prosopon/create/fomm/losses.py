"""The adversarial losses of the First Order Motion Model (arXiv 2003.00196, section 3.4)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from prosopon.create.fomm.discriminator import Judgement


def lsgan_generator(generated: Sequence[Judgement]) -> Tensor:
    """Mean (1 - D(fake))^2, summed over scales."""
    return torch.stack([((1 - judged.prediction_map) ** 2).mean() for judged in generated]).sum()


def lsgan_discriminator(real: Sequence[Judgement], generated: Sequence[Judgement]) -> Tensor:
    """Mean (1 - D(real))^2 + D(fake)^2, summed over scales."""
    return torch.stack(
        [
            ((1 - true.prediction_map) ** 2 + fake.prediction_map**2).mean()
            for true, fake in zip(real, generated, strict=True)
        ]
    ).sum()


def feature_matching(real: Sequence[Judgement], generated: Sequence[Judgement], weights: Sequence[float]) -> Tensor:
    """Weighted mean |features of real - of fake| over the discriminator's blocks and scales."""
    terms = [
        weight * (ours - theirs).abs().mean()
        for true, fake in zip(real, generated, strict=True)
        for weight, theirs, ours in zip(weights, true.features, fake.features, strict=False)
        if weight
    ]
    return torch.stack(terms).sum()
