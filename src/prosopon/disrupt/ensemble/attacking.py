"""The attack of several nets at once on the heads of one full-resolution picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from prosopon.core.clip import Frame
from prosopon.core.errors import UsageError
from prosopon.core.progress import SILENT, Progress
from prosopon.disrupt.ensemble.head_attack import HeadAttack
from prosopon.disrupt.ensemble.options import EnsembleOptions
from prosopon.disrupt.ensemble.pace import Pace
from prosopon.disrupt.heads.attackable import Attackable
from prosopon.disrupt.heads.head import Head
from prosopon.disrupt.heads.view import Region, around
from prosopon.models.laundering.expectation import Expectation
from prosopon.models.laundering.laundering import Laundering
from prosopon.models.laundering.named import named
from prosopon.models.laundering.rounding import Rounding
from prosopon.models.tensors import to_frames, to_tensor

_SAVED = Rounding()
_TINY = 1e-12
"""Added to errors before their logarithm: a net that does not care at all does not rule out the rest."""


@dataclass(frozen=True, eq=False)
class Disrupted:
    """What an attack came to.

    Attributes:
        picture: `uint8 (H, W, 3)`; equal to the untouched one wherever nothing was allowed to change.
        steps: how many were made, over all heads.
        steps_wanted: how many would have been made without an end in time.
        kept_at: the step after which the picture that was kept was reached.
        errors: by net, mean squared difference of its answers to that picture from those to the untouched one, mean
            over heads; empty where there was no time to look.
        seconds: how long it took.
    """

    picture: Frame
    steps: int
    steps_wanted: int
    kept_at: int
    errors: dict[str, float]
    seconds: float


def disrupted(
    picture: Frame,
    heads: Sequence[Head],
    nets: Sequence[Attackable],
    options: EnsembleOptions | None = None,
    *,
    saved_as: Laundering = _SAVED,
    device: torch.device | None = None,
    pace: Pace | None = None,
    progress: Progress = SILENT,
) -> Disrupted:
    """Change the pixels of heads so that nets make of them something else than they would have.

    PGD with momentum (Madry et al., arXiv 1706.06083; Dong et al., arXiv 1710.06081) on the photo's own pixels, seen
    through rounding to 8 bits, a laundering (expectation over transformation, Athalye et al., arXiv 1707.07397), and
    the crop that programs make of a head. Each net's gradient is made equally large. Heads take turns on one picture,
    so that those that overlap share what may be changed.

    Args:
        picture: `uint8 (H, W, 3)`.
        heads: at least one.
        nets: at least one, on `device`; moved away from what they make of the untouched picture.
        options: how strongly and for how long.
        saved_as: how the file will be written; without gradients of its own it keeps the picture's size.
        device: where it is computed.
        pace: when it has to end; at least one step is made.
        progress: told of every step.

    Raises:
        UsageError: no nets, no heads, a net without gradients, or an unknown laundering.
        ProsoponError: a gradient is not finite.
    """
    options, pace = options or EnsembleOptions(), pace or Pace()
    if not nets:
        raise UsageError("there is no net to attack", "name one")
    generator = torch.Generator().manual_seed(options.seed)
    launderings = Expectation(tuple(named(name) for name in options.through)).draws(options.seed)
    attacks = [HeadAttack(picture, head, nets, options, device=device, generator=generator) for head in heads]
    attacks = [one for one in attacks if bool(one.levels.any())]
    if not attacks:
        raise UsageError("no pixel of a head may be changed", "use another mask, or more levels")
    canvas = _Canvas(picture, attacks, device)
    for attack in attacks:
        canvas.put(attack, attack.start(canvas.part(attack), generator))
    rounds, length = (1, options.levels) if options.method == "fgsm" else (options.steps, options.step_levels)
    wanted, best, step = rounds * len(attacks), _Best(), 0
    while step < wanted and (step == 0 or pace.has_time("step", "look")):
        attack, turn = attacks[step % len(attacks)], step // len(attacks)
        with pace.working("step"):
            part = attack.step(canvas.part(attack), turn, next(launderings), saved_as, length / 255)
            canvas.put(attack, part)
        if step == 0:
            # Only now is it known how long a step takes, and so how many there will be.
            progress.start(f"attacking {', '.join(net.name for net in nets)}", 1 + pace.expected("step", wanted - 1))
        step += 1
        progress.advance()
        if step % (options.check_every * len(attacks)) == 0 and step < wanted:
            with pace.working("look"):
                best.consider(canvas.at, step, _errors(canvas, attacks, saved_as))
    # A first look may take as long as it does: without one, nobody would know what was reached.
    if best.at is None or pace.has_time("look"):
        best.consider(canvas.at, step, _errors(canvas, attacks, saved_as))
    progress.finish()
    made = canvas.finished(picture, best.at)
    return Disrupted(made, step, wanted, best.step, best.means(), pace.elapsed_s)


class _Canvas:
    """The part of the picture that all heads are in, as the attack leaves it: `(1, 3, h, w)` in [0, 1]."""

    def __init__(self, picture: Frame, attacks: Sequence[HeadAttack], device: torch.device | None) -> None:
        self._region = around([one.region for one in attacks])
        self.at = to_tensor(np.ascontiguousarray(picture[self._region.slices]), device)

    def part(self, attack: HeadAttack) -> Tensor:
        """The pixels of one head; not a copy."""
        return self.at[self._place(attack.region)]

    def put(self, attack: HeadAttack, part: Tensor) -> None:
        """Those of one head anew."""
        self.at[self._place(attack.region)] = part

    def finished(self, picture: Frame, at: Tensor | None) -> Frame:
        """The whole picture with the pixels of `at`, rounded."""
        made = picture.copy()
        made[self._region.slices] = to_frames(self.at if at is None else at)[0]
        return made

    def _place(self, region: Region) -> tuple[slice, slice, slice, slice]:
        return slice(None), slice(None), *region.within(self._region)


@dataclass
class _Best:
    """The picture at which all nets together were farthest off: by the geometric mean, for errors have other units."""

    at: Tensor | None = None
    step: int = 0
    score: float = -math.inf
    errors: list[tuple[str, float]] = field(default_factory=list)

    def consider(self, at: Tensor, step: int, errors: list[tuple[str, float]]) -> None:
        score = float(np.mean([math.log(error + _TINY) for _, error in errors]))
        if score > self.score or self.at is None:
            self.at, self.step, self.score, self.errors = at.clone(), step, score, errors

    def means(self) -> dict[str, float]:
        """By net, over heads."""
        names = dict.fromkeys(name for name, _ in self.errors)
        return {name: float(np.mean([error for of, error in self.errors if of == name])) for name in names}


def _errors(canvas: _Canvas, attacks: Sequence[HeadAttack], saved_as: Laundering) -> list[tuple[str, float]]:
    return [found for attack in attacks for found in attack.errors(canvas.part(attack), saved_as)]
