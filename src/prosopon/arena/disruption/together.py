"""Attacks on all nets at once: the plain one, and what `prosopon protect` does with a photo."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Generator, Tensor

from prosopon.arena.disruption.settings import Settings
from prosopon.arena.disruption.sight import Sight
from prosopon.core.faces import Box
from prosopon.disrupt.ensemble.attacking import disrupted
from prosopon.disrupt.ensemble.options import EnsembleOptions
from prosopon.disrupt.ensemble.watched import Watched
from prosopon.disrupt.heads.head import Head
from prosopon.disrupt.pgd.starts import uniform_start
from prosopon.disrupt.pgd.steps import HIGHEST, LOWEST, sign_step
from prosopon.models.tensors import to_tensor


def together(settings: Settings, sights: Sequence[Sight], generator: Generator) -> Tensor:
    """PGD along the sum of all nets' gradients, each made of mean size 1; `(1, 3, S, S)` in [-1, 1].

    Nets answer in pictures, keypoints and codes: without that the one with the largest numbers would have its way.
    """
    images = sights[0].images
    untouched = (images + 1) / 2
    watched = [Watched(sight.net, sight.view, untouched) for sight in sights]
    at = uniform_start(images, settings.epsilon, generator).clamp(LOWEST, HIGHEST)
    for _ in range(settings.iterations):
        uphill = torch.stack([one.uphill((at + 1) / 2) for one in watched]).sum(0)
        at = sign_step(at, images, uphill, epsilon=settings.epsilon, step=settings.step)
    return at


def as_protect_does(settings: Settings, sights: Sequence[Sight], generator: Generator) -> Tensor:
    """The attack of `disrupt.ensemble`, which looks at one net a step, with as many gradients as `together` takes.

    Args:
        settings: epsilon is taken in whole grey levels, as there.
        sights: the nets.
        generator: draws its seed.
    """
    subject = sights[0].subject
    options = EnsembleOptions(
        levels=settings.levels, step_levels=max(0.5, settings.levels / 4), steps=settings.iterations * len(sights),
        seed=int(torch.randint(2**31, (), generator=generator)),
    )  # fmt: skip
    head = Head(Box(0, 0, subject.side_px, subject.side_px), subject.landmarks)
    made = disrupted(subject.picture, [head], [sight.victim for sight in sights], options, device=sights[0].device)
    return to_tensor(made.picture, sights[0].device) * 2 - 1
