"""One step of a sign attack: along the gradient's sign, back into the ball around the picture, into the valid range."""

from __future__ import annotations

import torch
from torch import Tensor

LOWEST, HIGHEST = -1.0, 1.0
"""The values that a picture can have."""


def sign_step(at: Tensor, images: Tensor, gradient: Tensor, *, epsilon: float, step: float) -> Tensor:
    """`step` along the sign of the gradient, then `confined` (the step of I-FGSM and PGD).

    Args:
        at: where the attack is, `(B, 3, H, W)`.
        images: the untouched pictures in [-1, 1], likewise.
        gradient: the way up, likewise; where it is zero, nothing moves.
        epsilon: largest change of a value.
        step: length of the step; negative goes down.
    """
    return confined(at + step * gradient.sign(), images, epsilon)


def confined(at: Tensor, images: Tensor, epsilon: float) -> Tensor:
    """The nearest picture that differs from `images` by at most `epsilon` in every value and lies in [-1, 1].

    The ball comes first, the range has the last word: nets and files bear no values beyond it, not even by rounding.
    """
    return (images + (at - images).clamp(-epsilon, epsilon)).clamp(LOWEST, HIGHEST)


def gathered(velocity: Tensor | None, gradient: Tensor, momentum: float) -> Tensor:
    """The direction of MI-FGSM: past directions, fading, and the gradient, which each picture's mean size makes 1.

    Dong et al., Boosting Adversarial Attacks with Momentum (arXiv 1710.06081, equation 6); they divide by the sum of
    sizes, which has the same sign and depends on the picture's size.

    Args:
        velocity: what this returned before; None at the first step.
        gradient: `(B, 3, H, W)`.
        momentum: how much of the past is kept; 0 leaves the gradient as it is.
    """
    if momentum == 0:
        return gradient
    size = gradient.abs().mean(dim=tuple(range(1, gradient.ndim)), keepdim=True)
    even = gradient / size.clamp_min(torch.finfo(gradient.dtype).tiny)
    return even if velocity is None else momentum * velocity + even
