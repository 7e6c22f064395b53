"""The attack: steps along the sign of the gradient, for one class or many, through a blur, several, or none."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from prosopon.core.errors import ProsoponError, UsageError
from prosopon.disrupt.pgd.blurs import BlurMode, Schedule
from prosopon.disrupt.pgd.objective import slope
from prosopon.disrupt.pgd.plan import Plan, Victim
from prosopon.disrupt.pgd.references import Reference
from prosopon.disrupt.pgd.starts import beginning
from prosopon.disrupt.pgd.steps import HIGHEST, LOWEST, gathered, sign_step
from prosopon.disrupt.pgd.transfer import Transfer

Direction = Literal["away", "towards"]
_SIGNS = {"away": 1, "towards": -1}
_ROUNDING = 1e-5
"""By so much values of a picture may be out of range: what resizing leaves behind."""


@dataclass(frozen=True, eq=False)
class Disruption:
    """What an attack came to."""

    adversarial: Tensor
    """The changed pictures `(B, 3, H, W)`, within `epsilon` of the originals and in [-1, 1]."""
    losses: tuple[float, ...]
    """Every mean squared error (over all values of the batch) that was evaluated, in order."""
    iterates: tuple[Tensor, ...]
    """Every batch at which a gradient was taken, in order; empty where they were not to be kept."""


def attack(
    images: Tensor,
    victim: Victim,
    reference: Reference,
    *,
    epsilon: float,
    step: float,
    iterations: int,
    start: Tensor | None = None,
    direction: Direction = "away",
    classes: Tensor | None = None,
    transfer: Transfer | None = None,
    blur: BlurMode | None = None,
    schedule: Schedule = "as_released",
    momentum: float = 0.0,
    eight_bit: bool = False,
    keep_iterates: bool = True,
) -> Disruption:
    """Change pictures so that a net's answer moves away from a reference, or towards it.

    Ruiz, Bargal, Sclaroff, Disrupting Deepfakes (arXiv 2003.01279). Pictures of a batch do not influence
    each other, as long as they do not within the net. The net is left in the mode it is in, under whatever autocast the
    caller has set (bfloat16 serves; steps and errors stay in the pictures' own precision), and its parameters collect
    no gradients. A part of a net (an encoder, one layer) is a victim like any other.

    The pictures that come out are always in [-1, 1]. The published class-transfer attacks and all of those on
    GANimation hand over a change that is not clamped to that, by up to a step.

    Args:
        images: `(B, 3, H, W)` in [-1, 1].
        victim: called as `victim(images)`; with `classes`, as `victim(images, labels (B, C))`.
        reference: of the answer's shape, or spreading to it; a list has one for each class. The published StarGAN
            attack uses the first class's answer for all.
        epsilon: largest change of a value; 0.05 is 6.4 of 255 grey levels.
        step: length of one step.
        iterations: how many steps.
        start: the pictures to start from, or the noise that makes them, `(B, 3, H, W)`, see `starts.beginning`; None
            is `images` themselves, where there is no gradient if the reference is the net's own answer: then take
            `starts.tiny_start` or `starts.uniform_start`.
        direction: `away` raises the error to the reference, `towards` lowers it.
        classes: labels `(J, C)`, or `(J, B, C)` where they differ by picture; without `transfer` the first counts.
        transfer: which classes a step looks at, see `transfer.classes_at`.
        blur: what it looks through, see `blurs.blurs_at`. For another blur, or whatever else lies between picture and
            net, hand over a victim that does it.
        schedule: the order of blurs, where there are several: as the published program has it, or as it was meant.
        momentum: how much of past gradients is kept, see `steps.gathered`.
        eight_bit: whether errors are those of the pictures rounded to 256 levels, as a file will hold them. A start
            closer than half a level is then no start.
        keep_iterates: False saves the memory of one batch per step.

    Raises:
        UsageError: the arguments do not go together, or the net has no gradient.
        ProsoponError: the gradient is not finite.
    """
    _check_pictures(images, start)
    _check_numbers(epsilon=epsilon, step=step, iterations=iterations, momentum=momentum)
    if direction not in _SIGNS:
        raise UsageError(f"there is no direction {direction!r}", "use away or towards")
    plan = Plan(victim, reference, len(images), classes, transfer, blur, schedule, eight_bit)
    images = images.detach()
    at = beginning(images, start, epsilon)
    finite = torch.ones((), dtype=torch.bool, device=images.device)
    velocity: Tensor | None = None
    losses: list[Tensor] = []
    iterates: list[Tensor] = []
    for iteration in range(iterations):
        if keep_iterates:
            iterates.append(at)
        gradient, errors = slope(at, plan.terms(iteration))
        finite = finite & gradient.isfinite().all()
        velocity = gathered(velocity, gradient, momentum)
        at = sign_step(at, images, velocity, epsilon=epsilon, step=_SIGNS[direction] * step)
        losses += errors
    # Asked once at the end, since every question makes a GPU wait.
    if not finite:
        raise ProsoponError("the net's gradient is not finite", "try single precision, or look at the net's weights")
    return Disruption(at, tuple(torch.stack(losses).tolist()), tuple(iterates))


def _check_pictures(images: Tensor, start: Tensor | None) -> None:
    if images.ndim != 4 or not images.is_floating_point() or images.numel() == 0:
        raise UsageError(
            f"pictures to attack must be floats (B, 3, H, W), not {images.dtype} {tuple(images.shape)}",
            "see prosopon.models.tensors.to_tensor",
        )
    # Not "any beyond": comparing this way round also finds values that are no numbers.
    if not ((images >= LOWEST - _ROUNDING) & (images <= HIGHEST + _ROUNDING)).all():
        raise UsageError("pictures to attack have values outside [-1, 1]", "scale them: 2 * picture - 1 for [0, 1]")
    if start is not None and start.shape != images.shape:
        raise UsageError(
            f"the attack starts from {tuple(start.shape)} and the pictures are {tuple(images.shape)}",
            "start from pictures of the same size",
        )
    if torch.is_inference_mode_enabled():
        raise UsageError("there are no gradients in inference mode", "attack outside of torch.inference_mode")


def _check_numbers(*, epsilon: float, step: float, iterations: int, momentum: float) -> None:
    if iterations < 1:
        raise UsageError(f"an attack of {iterations} steps does nothing", "use at least 1")
    if not (math.isfinite(epsilon) and epsilon >= 0 and math.isfinite(step) and step > 0 and 0 <= momentum <= 1):
        raise UsageError(
            f"epsilon {epsilon}, step {step} and momentum {momentum} make no attack",
            "epsilon is 0 or more, the step is above 0, and momentum lies between 0 and 1",
        )
