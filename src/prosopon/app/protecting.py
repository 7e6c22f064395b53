"""The two ways by which `prosopon protect` changes a photo: nets attacked now, or a change that was learnt before."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import torch

from prosopon.app.console import Console
from prosopon.arena.victims import named
from prosopon.arena.victims.victim import Victim
from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import ProsoponError
from prosopon.core.history import Relationship, SourceType, Step
from prosopon.disrupt.ensemble.attacking import disrupted
from prosopon.disrupt.ensemble.options import EnsembleOptions
from prosopon.disrupt.ensemble.pace import Pace
from prosopon.disrupt.heads.allowed import Mask
from prosopon.disrupt.heads.head import Head
from prosopon.disrupt.learnt.changes import LearntChange, PhotoOptions
from prosopon.disrupt.protector.technique import Protector
from prosopon.disrupt.universal.technique import Universal
from prosopon.models.laundering.laundering import Laundering

Learnt = Literal["protector", "universal"]
"""Ways that ask no net for gradients: one pass, or no net at all."""
_LEARNT: Mapping[Learnt, type[LearntChange]] = {"protector": Protector, "universal": Universal}


@dataclass(frozen=True, eq=False)
class Changed:
    """A photo that was changed.

    Attributes:
        picture: `uint8 (H, W, 3)`.
        step: for its history.
        nets: those that it was made against, as far as they are at hand.
        facts: JSON-able; the same names whichever way was gone.
        told: what was done, for people.
    """

    picture: Frame
    step: Step
    nets: Sequence[Victim]
    facts: Mapping[str, Any]
    told: str


def attacked(
    clip: Clip,
    heads: Sequence[Head],
    nets: Sequence[Victim],
    options: EnsembleOptions,
    *,
    saved_as: Laundering,
    device: torch.device,
    seconds: float,
    console: Console,
) -> Changed:
    """A photo after an attack on nets on behalf of who is in it.

    Args:
        clip: the photo.
        heads: whose heads are changed.
        nets: those that are attacked.
        options: how.
        saved_as: how the file will be written.
        device: where to compute.
        seconds: how long it may take.
        console: hears of every step.
    """
    made = disrupted(
        clip.first(), heads, nets, options, saved_as=saved_as, device=device, pace=Pace(seconds), progress=console
    )
    names = [net.name for net in nets]
    step = Step(
        "disrupt.ensemble.protect",
        {**asdict(options), "against": names, "steps_made": made.steps},
        parents=(clip.as_parent(Relationship.PARENT),),
        seed=options.seed,
        source_type=SourceType.ENHANCED,
    )
    facts = {
        "against": names,
        "levels": options.levels,
        "mask": options.mask,
        "space": options.space,
        "least_ssim": options.least_ssim,
        "method": options.method,
        "weights": None,
        "steps": made.steps,
        "steps_wanted": made.steps_wanted,
        "kept_after_step": made.kept_at,
        "seconds": made.seconds,
    }
    ended = "" if made.steps == made.steps_wanted else f" of {made.steps_wanted}; the time was up"
    told = f"{made.steps} steps in {made.seconds:.0f} s{ended}; against {', '.join(names)}"
    return Changed(made.picture, step, nets, facts, told)


def changed_at_once(
    clip: Clip,
    heads: Sequence[Head],
    method: Learnt,
    weights: str | None,
    *,
    levels: int,
    mask: Mask,
    device: torch.device,
    console: Console,
) -> Changed:
    """A photo after a change that was learnt beforehand.

    Args:
        clip: the photo.
        heads: whose heads are changed.
        method: which technique's.
        weights: by name, path or run folder; those that come with the package where None.
        levels: largest change of a value, in grey levels of 255.
        mask: where.
        device: where to compute.
        console: hears which of the nets that it was learnt against are not there to be looked at.

    Raises:
        MissingError: there are no such weights.
        CheckpointError: they are damaged.
    """
    options = PhotoOptions(levels, mask)
    change = _LEARNT[method].from_weights(weights or f"{method}.studio", options, device)
    photo = clip.first()
    began = time.perf_counter()
    picture = change.photo(photo, heads)
    seconds = time.perf_counter() - began
    facts = {
        "against": list(change.against),
        "levels": levels,
        "mask": mask,
        "space": "levels",
        "least_ssim": None,
        "method": method,
        "weights": change.weights_name,
        "steps": 0,
        "steps_wanted": 0,
        "kept_after_step": 0,
        "seconds": seconds,
    }
    told = f"{change.weights_name} in {1000 * seconds:.0f} ms; learnt against {', '.join(change.against)}"
    return Changed(picture, change.step(clip), _at_hand(change.against, device, console), facts, told)


def _at_hand(names: Sequence[str], device: torch.device, console: Console) -> list[Victim]:
    found: list[Victim] = []
    for name in names:
        try:
            found.append(named.open_victim(name, device))
        except ProsoponError as error:
            console.note(f"{name} is not measured: {error.what}")
    return found
