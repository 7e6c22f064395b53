"""Where an attack starts, when it is not the picture itself.

Away from the net's own answer there is no way to go from the picture: the error is zero there, and so is its gradient.
A start a little beside it is therefore part of such an attack.
"""

from __future__ import annotations

import torch
from torch import Generator, Tensor


def tiny_start(images: Tensor, generator: Generator, radius: float = 1e-3) -> Tensor:
    """Pictures `(B, 3, H, W)` with uniform noise of at most `radius`: too little to see, enough to have a gradient."""
    return uniform_start(images, radius, generator)


def uniform_start(images: Tensor, epsilon: float, generator: Generator) -> Tensor:
    """Pictures `(B, 3, H, W)` with uniform noise of at most `epsilon`: the random start of PGD (Madry et al., 2018).

    It may leave [-1, 1]; the first step brings it back. The noise is drawn where the generator is, so that one on the
    CPU gives the same start for every device.
    """
    noise = torch.rand(images.shape, generator=generator, device=generator.device, dtype=torch.float32)
    return images + ((2 * noise - 1) * epsilon).to(images)


def beginning(images: Tensor, start: Tensor | None, epsilon: float) -> Tensor:
    """The pictures that an attack starts from, a copy of them.

    Args:
        images: `(B, 3, H, W)` in [-1, 1].
        start: pictures near these, or what is added to them: no value larger than `epsilon`, as published programs
            draw it. What could be both is taken for pictures.
        epsilon: largest change of a value.

    Returns:
        Nothing is clamped: the first step does that.
    """
    if start is None:
        return images.clone()
    start = start.detach().to(images)
    is_noise = start.abs().max() <= epsilon < (start - images).abs().max()
    return images + start if is_noise else start.clone()
