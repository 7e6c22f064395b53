"""The attacks that have names, as settings of the one there is.

Defaults are those of the published program for all its nets: epsilon 0.05, ten steps of 0.01.
"""

from __future__ import annotations

from torch import Generator, Tensor

from prosopon.disrupt.pgd.attacking import Direction, Disruption, attack
from prosopon.disrupt.pgd.plan import Victim
from prosopon.disrupt.pgd.references import Reference
from prosopon.disrupt.pgd.starts import uniform_start

EPSILON, STEP, ITERATIONS = 0.05, 0.01, 10


def fgsm(
    images: Tensor,
    victim: Victim,
    reference: Reference,
    *,
    epsilon: float = EPSILON,
    start: Tensor | None = None,
    direction: Direction = "away",
) -> Disruption:
    """One step as long as the ball is wide (Goodfellow et al., arXiv 1412.6572); arguments as of `attack`."""
    return attack(
        images, victim, reference, epsilon=epsilon, step=epsilon, iterations=1, start=start, direction=direction
    )


def ifgsm(
    images: Tensor,
    victim: Victim,
    reference: Reference,
    *,
    epsilon: float = EPSILON,
    step: float = STEP,
    iterations: int = ITERATIONS,
    start: Tensor | None = None,
    direction: Direction = "away",
) -> Disruption:
    """Short steps from the picture (Kurakin et al., arXiv 1607.02533); arguments as of `attack`."""
    return attack(
        images, victim, reference, epsilon=epsilon, step=step, iterations=iterations, start=start, direction=direction
    )


def pgd(
    images: Tensor,
    victim: Victim,
    reference: Reference,
    generator: Generator,
    *,
    epsilon: float = EPSILON,
    step: float = STEP,
    iterations: int = ITERATIONS,
    direction: Direction = "away",
) -> Disruption:
    """Short steps from anywhere in the ball (Madry et al., arXiv 1706.06083); arguments as of `attack`."""
    start = uniform_start(images, epsilon, generator)
    return ifgsm(
        images,
        victim,
        reference,
        epsilon=epsilon,
        step=step,
        iterations=iterations,
        start=start,
        direction=direction,
    )
