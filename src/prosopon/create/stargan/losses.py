"""The losses of StarGAN: real or not, with which attributes, and how steep the discriminator may be."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from prosopon.create.stargan.config import Objective

Critic = Callable[[Tensor], tuple[Tensor, Tensor]]
"""Pictures `(B, 3, S, S)` in [-1, 1] -> patch scores `(B, 1, s, s)`, logits of attributes `(B, N)`."""


def realness(scores: Tensor, objective: Objective) -> Tensor:
    """What the generator lowers, of the scores of what it made: paper, equations 1 and 8."""
    scores = scores.float()
    return -scores.mean() if objective == "wgan-gp" else F.softplus(-scores).mean()


def discrimination(real: Tensor, fake: Tensor, objective: Objective) -> Tensor:
    """What the discriminator lowers, of its scores of real pictures and of those that were made."""
    real, fake = real.float(), fake.float()
    if objective == "wgan-gp":
        return fake.mean() - real.mean()
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def classification(logits: Tensor, labels: Tensor) -> Tensor:
    """Binary cross-entropy summed over the attributes `(B, N)`, mean over the pictures: paper, equations 2 and 3."""
    summed = F.binary_cross_entropy_with_logits(logits.float(), labels, reduction="sum")
    return summed / len(logits)


def gradient_penalty(critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
    """How far the gradient's norm is from 1 between real and made pictures, squared: paper, equation 8.

    The norm is that over all values of a picture, of the sum of its patch scores.
    """
    share = torch.rand(len(real), 1, 1, 1, device=real.device)
    between = (share * real + (1 - share) * fake).detach().requires_grad_()
    slope = _slope(critic(between)[0], between)
    penalty: Tensor = ((slope.flatten(1).norm(dim=1) - 1) ** 2).mean()
    return penalty


def r1(scores: Tensor, real: Tensor) -> Tensor:
    """Half the squared norm of the gradient at real pictures, mean (Mescheder et al. 2018, equation 9).

    Args:
        scores: of `real`, which must require gradients; their mean over the patches is what is differentiated.
        real: `(B, 3, S, S)`.
    """
    slope = _slope(scores.flatten(1).mean(1), real)
    penalty: Tensor = slope.square().flatten(1).sum(1).mean() / 2
    return penalty


def _slope(scores: Tensor, pictures: Tensor) -> Tensor:
    (slope,) = torch.autograd.grad(scores.float().sum(), pictures, create_graph=True)
    return slope.float()
