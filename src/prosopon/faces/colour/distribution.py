"""The whole distribution of colours carried over, by transport along many lines through the space of colours.

Along one line transport is exact and quick (`transport`). Iterative distribution transfer turns the axes at random
(Pitié, Kokaram, Dahyot, Automated colour grading using colour distribution transfer, 2007); sliced optimal transport
takes single random directions and averages over some of them (Rabin, Peyré, Delon, Bernot, Wasserstein barycenter and
its application to texture mixing, 2011).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prosopon.faces.colour.lab import Planes
from prosopon.faces.colour.sample import Sample
from prosopon.faces.colour.transport import Curves

_BINS = 256
N_ROTATIONS = 10
N_STEPS, BATCH = 10, 5


def random_rotations(
    rng: np.random.Generator, n_rotations: int = N_ROTATIONS, n_channels: int = 3
) -> NDArray[np.float64]:
    """Rotations without a preferred axis, `(n_rotations, C, C)` (the QR factors of normal numbers)."""
    drawn, upper = np.linalg.qr(rng.standard_normal((n_rotations, n_channels, n_channels)))
    turned: NDArray[np.float64] = drawn * np.sign(np.diagonal(upper, axis1=1, axis2=2))[:, None]
    turned[..., 0] *= np.linalg.det(turned)[:, None]
    return turned


def random_directions(
    rng: np.random.Generator, n_steps: int = N_STEPS, batch: int = BATCH, n_channels: int = 3
) -> NDArray[np.float64]:
    """Unit vectors without a preferred direction, `(n_steps, batch, C)`."""
    drawn = rng.standard_normal((n_steps, batch, n_channels))
    directions: NDArray[np.float64] = drawn / np.linalg.norm(drawn, axis=-1, keepdims=True)
    return directions


def idt(sample: Sample, like: Sample, rotations: NDArray[np.floating], share: float = 1.0) -> Planes:
    """The colours with the distribution of `like`, by iterative distribution transfer; not clipped.

    Args:
        sample: what gets new colours.
        like: whose colours it gets.
        rotations: `(R, C, C)`, one after the other.
        share: how far each rotation goes, in (0, 1]; the published code goes one Rth, and so stays about a third of
            the way behind.
    """
    colours = sample.colours
    for rotation in rotations.astype(np.float32):
        turned, wanted = rotation @ colours, rotation @ like.colours
        curves = Curves.between(Sample(turned, sample.weights), Sample(wanted, like.weights), _BINS)
        colours = colours + np.float32(share) * (rotation.T @ (curves.of(turned) - turned))
    return colours


def sot(sample: Sample, like: Sample, directions: NDArray[np.floating]) -> Planes:
    """The colours with the distribution of `like`, by sliced optimal transport; not clipped.

    Args:
        sample: what gets new colours.
        like: whose colours it gets.
        directions: unit vectors `(steps, batch, C)`; the moves of a batch are averaged.
    """
    colours = sample.colours
    for batch in directions.astype(np.float32):
        along, wanted = batch @ colours, batch @ like.colours
        curves = Curves.between(Sample(along, sample.weights), Sample(wanted, like.weights), _BINS)
        colours = colours + (batch.T / np.float32(len(batch))) @ (curves.of(along) - along)
    return colours
