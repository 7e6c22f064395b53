"""How long protection takes here and what it comes to: every victim's steps; noise, PGD and one-pass ways side by side.

Pictures are rendered people of the evaluation, whom no training has seen. Effects are measured by the victims in
float32, on pictures rounded to 8 bits as a file would hold them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from statistics import fmean
from typing import Any

import torch
from torch import Tensor

from prosopon.arena.disruption.one_pass import one_pass
from prosopon.arena.disruption.subjects import SIDE_PX, Subject, rendered_people
from prosopon.arena.timing import alternating
from prosopon.arena.victims.named import open_victim
from prosopon.arena.victims.victim import Victim
from prosopon.core.clip import Frame
from prosopon.core.errors import MissingError
from prosopon.core.faces import Box
from prosopon.core.progress import SILENT, Progress
from prosopon.disrupt.pgd.named import EPSILON, ITERATIONS, STEP
from prosopon.disrupt.pgd.references import untouched
from prosopon.disrupt.pgd.starts import uniform_start
from prosopon.disrupt.pgd.technique import attack
from prosopon.faces.crop import cut
from prosopon.models.tensors import to_frames, to_tensor

ONE_PASS = ("universal", "protector")
"""What was learnt beforehand, where its weights are there."""
Effect = Mapping[str, float]


@dataclass(frozen=True)
class VictimSpeed:
    """What attacking one victim takes, float32 beside the quick precision.

    Attributes:
        step_s, quick_step_s: seconds for a step on one picture.
        ratio: the first over the second.
        effect, quick_effect: what all steps came to; see `victims.Victim.effect`.
    """

    victim: str
    side_px: int
    step_s: float
    quick_step_s: float
    ratio: float
    effect: Effect
    quick_effect: Effect


@dataclass(frozen=True)
class ProtectionSpeed:
    """What protecting a picture takes by each way, and what it does to one victim.

    Attributes:
        ms: milliseconds for one picture; None where the weights are not there.
        effect: of each way, on the mean of all pictures.
    """

    victim: str
    side_px: int
    pictures: int
    iterations: int
    epsilon: float
    precision: str
    rounds: int
    ms: Mapping[str, float | None]
    effect: Mapping[str, Effect | None]


def as_json(speed: VictimSpeed | ProtectionSpeed) -> dict[str, Any]:
    """All of it as JSON-able data."""
    return asdict(speed)


def time_victim(
    name: str,
    precision: torch.dtype,
    device: torch.device,
    *,
    iterations: int = ITERATIONS,
    rounds: int = 3,
    progress: Progress = SILENT,
) -> VictimSpeed:
    """Time the attack on one victim.

    Args:
        name: as `victims.named.open_victim` takes it.
        precision: that float32 is compared with.
        device: that is computed on.
        iterations: steps.
        rounds: timed rounds; one more before them warms up and is not counted.
        progress: hears of every round.
    """
    subject = rendered_people(1)[0]
    victims = {"plain": open_victim(name, device)}
    victims["quick"] = open_victim(name, device, precision=precision)
    side = victims["plain"].side_px
    crop = _crop(subject, side)
    images = _tensor([crop], device)
    made: dict[str, Tensor] = {}

    def work(which: str) -> Tensor:
        made[which] = disrupted(images, victims[which].at_face(subject.landmarks_at(side)), iterations)
        return made[which]

    taken = alternating({which: partial(work, which) for which in victims}, device, rounds=rounds, progress=progress)
    judge = victims["plain"].at_face(subject.landmarks_at(side))
    effects = {which: judge.effect(crop, _frames(changed)[0]) for which, changed in made.items()}
    return VictimSpeed(
        victim=name,
        side_px=side,
        step_s=taken["plain"] / iterations,
        quick_step_s=taken["quick"] / iterations,
        ratio=taken["plain"] / taken["quick"],
        effect=effects["plain"],
        quick_effect=effects["quick"],
    )


def time_protection(
    name: str,
    precision: torch.dtype,
    device: torch.device,
    *,
    pictures: int = 4,
    iterations: int = ITERATIONS,
    learnt: Mapping[str, str] | None = None,
    rounds: int = 3,
    progress: Progress = SILENT,
) -> ProtectionSpeed:
    """Time every way to protect a picture, and measure what each does to one victim.

    Args:
        name: the victim, as `victims.named.open_victim` takes it.
        precision: of the attack's convolutions.
        device: that is computed on.
        pictures: rendered people that effects are measured on.
        iterations: steps of the attack.
        learnt: weights of those of `ONE_PASS` that are not the usual ones.
        rounds: timed rounds of each; one more before them warms up and is not counted.
        progress: hears of every round.

    Raises:
        MissingError: weights are not there: the victim's, or those that `learnt` names.
    """
    victim = open_victim(name, device, precision=precision)
    side = victim.side_px
    people = rendered_people(pictures, progress=progress)
    crops = [_crop(subject, side) for subject in people]
    seeing = [victim.at_face(subject.landmarks_at(side)) for subject in people]
    ways = _ways(iterations, learnt or {})
    found = {way: change for way, change in ways.items() if change is not None}
    first = _tensor(crops[:1], device)
    works = {way: partial(change, first, seeing[0]) for way, change in found.items()}
    taken = alternating(works, device, rounds=rounds, progress=progress)
    effects = {way: _mean_effect(change, crops, seeing, device) for way, change in found.items()}
    return ProtectionSpeed(
        victim=name,
        side_px=side,
        pictures=pictures,
        iterations=iterations,
        epsilon=EPSILON,
        precision=str(precision).removeprefix("torch."),
        rounds=rounds,
        ms={way: 1000 * taken[way] if way in taken else None for way in ways},
        effect={way: effects.get(way) for way in ways},
    )


def disrupted(images: Tensor, victim: Victim, iterations: int) -> Tensor:
    """Pictures `(B, 3, S, S)` after PGD with the published settings; where a victim has classes, one in each step."""
    start = uniform_start(images, EPSILON, torch.Generator().manual_seed(0)).clamp(-1, 1)
    classes = victim.classes
    with torch.no_grad():
        reference = victim(images) if classes is None else untouched(victim, images, classes)
    return attack(
        images,
        victim,
        reference,
        epsilon=EPSILON,
        step=STEP,
        iterations=iterations,
        start=start,
        classes=classes,
        transfer=None if classes is None else "iterative",
        keep_iterates=False,
    ).adversarial


def _ways(iterations: int, learnt: Mapping[str, str]) -> dict[str, Callable[[Tensor, Victim], Tensor] | None]:
    """Pictures and the victim -> changed pictures; None for what is not there."""
    ways: dict[str, Callable[[Tensor, Victim], Tensor] | None] = {
        "noise": lambda images, _: _noisy(images),
        "pgd": lambda images, victim: disrupted(images, victim, iterations),
    }
    for kind in ONE_PASS:
        ways[kind] = _learnt(kind, learnt.get(kind, ""))
    return ways


def _learnt(kind: str, weights: str) -> Callable[[Tensor, Victim], Tensor] | None:
    try:
        change = one_pass(kind, weights)
    except MissingError:
        if weights:
            raise
        return None
    return lambda images, _: change(images, EPSILON)


def _noisy(images: Tensor) -> Tensor:
    """Every value up or down by epsilon: as much as any attack may."""
    drawn = torch.rand(images.shape, generator=torch.Generator().manual_seed(1)).to(images)
    return (images + EPSILON * (2 * drawn - 1).sign()).clamp(-1, 1)


def _mean_effect(
    change: Callable[[Tensor, Victim], Tensor], crops: Sequence[Frame], seeing: Sequence[Victim], device: torch.device
) -> Effect:
    effects = []
    for crop, victim in zip(crops, seeing, strict=True):
        changed = change(_tensor([crop], device), victim)
        effects.append(victim.effect(crop, _frames(changed)[0]))
    # An edit that changes nothing has no masked error: each measure's mean is over those that have it.
    names = dict.fromkeys(name for effect in effects for name in effect)
    return {name: fmean(effect[name] for effect in effects if name in effect) for name in names}


def _crop(subject: Subject, side_px: int) -> Frame:
    return cut(subject.picture, Box(0, 0, SIDE_PX, SIDE_PX), side_px)


def _tensor(crops: Sequence[Frame], device: torch.device) -> Tensor:
    return torch.cat([to_tensor(crop, device) for crop in crops]) * 2 - 1


def _frames(images: Tensor) -> list[Frame]:
    return [*to_frames((images + 1) / 2)]
