"""The attacks that are compared, by name: how each makes a protected head out of an untouched one.

All have the same budget. On nets with classes, where nothing else is said, they take one class a step, in turn, since
whoever protects a photo does not know which edit will be made of it; a single step looks at all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import torch
from torch import Generator, Tensor

from prosopon.arena.disruption.laundered import Laundered
from prosopon.arena.disruption.one_pass import OnePass, one_pass
from prosopon.arena.disruption.settings import Settings
from prosopon.arena.disruption.sight import Sight
from prosopon.arena.disruption.together import as_protect_does, together
from prosopon.core.clip import Frame
from prosopon.core.errors import UsageError
from prosopon.disrupt.pgd.attacking import attack
from prosopon.disrupt.pgd.starts import tiny_start, uniform_start
from prosopon.disrupt.pgd.steps import HIGHEST, LOWEST
from prosopon.models.tensors import to_frames

Aim = Literal["nobody", "one", "all", "learnt"]
"""Which nets an attack is made against: none, one by one, all at once, or those that something has learnt from."""
Make = Callable[[Settings, Sequence[Sight], Generator], Tensor]
"""Settings, nets that look at one head, and the source of chance -> the head's picture, `(1, 3, S, S)` in [-1, 1]."""
NONE, NOISE = "none", "noise"
"""The baselines: the picture as it is, and with noise as large as an attack may be, but pointing anywhere."""
MOMENTUM = 0.9
"""How much of past gradients is kept by the attack of that name; as `disrupt.ensemble` has it."""


@dataclass(frozen=True)
class Attack:
    """One way of changing a head's picture.

    Attributes:
        name: how it is asked for.
        about: what it does, one sentence.
        aim: which nets it is made against.
        make: does it; is given one net where the aim is one, all of them where it is all, else one for its picture.
        suits: whether it can be made against a net.
        gradients: about how many it takes, of a net with so many classes, in so many steps.
        learnt_from: weights of nets, where the aim is learnt.
        sha256: content id of what was learnt.
    """

    name: str
    about: str
    aim: Aim
    make: Make
    suits: Callable[[Sight], bool] = lambda sight: True
    gradients: Callable[[int, int], float] = lambda classes, iterations: iterations
    learnt_from: tuple[str, ...] = ()
    sha256: str = ""


def named(name: str) -> Attack:
    """The attack of a name; `universal` and `protector` may be followed by `=` and weights.

    Raises:
        UsageError: there is none.
        MissingError: the weights that it needs are not there.
    """
    kind, _, weights = name.partition("=")
    if kind in LEARNT:
        change = one_pass(kind, weights)
        return Attack(
            name, LEARNT[kind], "learnt", partial(_learnt, change), gradients=lambda *_: 0.1,
            learnt_from=change.learnt_from, sha256=change.sha256,
        )  # fmt: skip
    if name not in ATTACKS:
        raise UsageError(f"there is no attack {name!r}", f"use one of {', '.join((*ATTACKS, *LEARNT))}")
    return ATTACKS[name]


def as_saved(images: Tensor, untouched: Frame, settings: Settings) -> Frame:
    """A protected head `(1, 3, S, S)` in [-1, 1] as a file holds it, `uint8 (S, S, 3)`.

    Rounding must not carry a value beyond epsilon: 12.75 levels become 12, not 13.
    """
    levels = settings.levels
    change = to_frames((images + 1) / 2)[0].astype(np.int16) - untouched
    saved: Frame = (untouched + np.clip(change, -levels, levels)).astype(np.uint8)
    return saved


def _nothing(settings: Settings, sights: Sequence[Sight], generator: Generator) -> Tensor:
    return sights[0].images


def _noise(settings: Settings, sights: Sequence[Sight], generator: Generator) -> Tensor:
    images = sights[0].images
    signs = torch.randint(0, 2, images.shape, generator=generator).to(images) * 2 - 1
    moved = images + signs * settings.epsilon
    # Where there is no room on one side, on the other: clipping would make the noise smaller.
    outside = (moved < LOWEST) | (moved > HIGHEST)
    return torch.where(outside, images - signs * settings.epsilon, moved).clamp(LOWEST, HIGHEST)


def _learnt(change: OnePass, settings: Settings, sights: Sequence[Sight], generator: Generator) -> Tensor:
    return change(sights[0].images, settings.epsilon)


def _steps(
    settings: Settings, sights: Sequence[Sight], generator: Generator, *,
    single: bool = False, tiny: bool = False, transfer: Literal["first", "iterative", "joint"] = "iterative",
    **others: Any,
) -> Tensor:  # fmt: skip
    """The attack of `disrupt.pgd` on one net, away from its own answer unless `others` say otherwise."""
    (sight,) = sights
    images = sight.images
    start = tiny_start(images, generator) if tiny else uniform_start(images, settings.epsilon, generator)
    classes: dict[str, Any] = {}
    if sight.classes is not None:
        shared = "joint" if single else transfer
        classes = {"classes": sight.classes, "transfer": None if shared == "first" else shared}
    return attack(
        images,
        **{"victim": sight, "reference": sight.references, **others},
        epsilon=settings.epsilon,
        step=settings.epsilon if single else settings.step,
        iterations=1 if single else settings.iterations,
        start=start,
        keep_iterates=False,
        **classes,
    ).adversarial


def _towards(
    wanted: Callable[[Sight, Generator], Tensor], settings: Settings, sights: Sequence[Sight], generator: Generator
) -> Tensor:  # fmt: skip
    reference = wanted(sights[0], generator)
    return _steps(settings, sights, generator, reference=reference, direction="towards")


def _through(settings: Settings, sights: Sequence[Sight], generator: Generator) -> Tensor:
    (sight,) = sights
    victim = Laundered(sight, generator)
    return _steps(settings, sights, generator, victim=victim, reference=sight.images.new_zeros(()))


def _random_answer(sight: Sight, generator: Generator) -> Tensor:
    return (torch.rand(sight.answer.shape, generator=generator) * 2 - 1).to(sight.answer)


def _draws(sight: Sight) -> bool:
    return sight.draws


def _edits(sight: Sight) -> bool:
    return sight.classes is not None


_CLASSES = "of a net with several edits"
_TOWARDS = "PGD so that a net answers with"
LEARNT: Mapping[str, str] = MappingProxyType(
    {
        "universal": "One change for all pictures, learnt beforehand.",
        "protector": "The change that a net draws for the picture, in one pass.",
    }
)
"""Attacks that need weights of their own."""
_ALL: Iterable[Attack] = (
    Attack(NONE, "The picture as it is.", "nobody", _nothing, gradients=lambda *_: 0),
    Attack(NOISE, "Up or down at random, as far as an attack may go.", "nobody", _noise, gradients=lambda *_: 0),
    Attack(
        "fgsm", "One step of full length, from nearly the picture itself.", "one",
        partial(_steps, single=True, tiny=True), gradients=lambda classes, _: classes,
    ),
    Attack("ifgsm", "Short steps from nearly the picture itself.", "one", partial(_steps, tiny=True)),
    Attack("pgd", "Short steps from noise, away from what the net makes of the untouched picture.", "one", _steps),
    Attack("momentum", "PGD whose steps keep a part of past directions.", "one", partial(_steps, momentum=MOMENTUM)),
    Attack(
        "towards_input", f"{_TOWARDS} the picture itself, as if it did nothing.", "one",
        partial(_towards, lambda sight, _: sight.seen()), lambda sight: sight.redraws,
    ),
    Attack(
        "towards_black", f"{_TOWARDS} black.", "one", partial(_towards, lambda sight, _: sight.wanted(LOWEST)), _draws,
    ),
    Attack(
        "towards_white", f"{_TOWARDS} white.", "one", partial(_towards, lambda sight, _: sight.wanted(HIGHEST)), _draws,
    ),
    Attack("towards_noise", f"{_TOWARDS} noise.", "one", partial(_towards, _random_answer), _draws),
    Attack(
        "first_class", f"PGD against the first edit {_CLASSES}, measured on all: the wrong class.", "one",
        partial(_steps, transfer="first"), _edits,
    ),
    Attack("iterative", f"PGD against one edit {_CLASSES} a step, in turn; as pgd does.", "one", _steps, _edits),
    Attack(
        "joint", f"PGD against every edit {_CLASSES} in every step.", "one", partial(_steps, transfer="joint"), _edits,
        lambda classes, iterations: classes * iterations,
    ),
    Attack("blur_white", "PGD through the blur that will be the defence.", "one", partial(_steps, blur="white")),
    Attack(
        "blur_spread", "PGD through one of several blurs a step, in turn.", "one",
        partial(_steps, blur="spread", schedule="intended"),
    ),
    Attack(
        "blur_eot", "PGD through nine blurs in every step.", "one", partial(_steps, blur="eot", schedule="intended"),
        gradients=lambda _, iterations: 9 * iterations,
    ),
    Attack(
        "eot", "PGD through what happens to photos: JPEG, shrinking, a screenshot, a crop, drawn anew for each step.",
        "one", _through, gradients=lambda _, iterations: 1.5 * iterations,
    ),
    Attack("ensemble", "PGD against all nets in every step, their gradients made equally large.", "all", together),
    Attack(
        "protect", "What prosopon protect does, with as many gradients: one net a step, through what happens to "
        "photos.", "all", as_protect_does, gradients=lambda _, iterations: 1.5 * iterations,
    ),
)  # fmt: skip
ATTACKS: Mapping[str, Attack] = MappingProxyType({one.name: one for one in _ALL})
"""Those that need no weights of their own, from nothing on."""
QUICK = ("pgd", "eot", "ensemble")
"""What is compared where nobody says otherwise, beside the baselines and whatever learnt ones are there."""
THOROUGH = tuple(name for name in ATTACKS if name not in (NONE, NOISE, "iterative"))
"""Everything that is not the same as something else."""
