"""The two ways in which a detector can be taught by `prosopon train detector`, and what it is taught with.

A class that has `training` learns by gradient descent (`train.loop.fit`), one that has `fitted` learns at once: in
closed form, or by scikit-learn. Either is calibrated afterwards on people whom it has not seen.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
from torch import Tensor

from prosopon.core.clip import Clip
from prosopon.core.errors import UsageError
from prosopon.core.progress import Progress
from prosopon.datasets.arena.arena import Arena, ArenaClip
from prosopon.datasets.degradations import Degradation
from prosopon.detect.learning.calibrate import LabelledClip
from prosopon.train.recipe import Recipe
from prosopon.train.schedule import Schedule

HELD_OUT = ("swap",)
"""Generators whose fakes nothing that ships has learnt from, so that its error on unknown ones can be told."""


@dataclass(frozen=True)
class Material:
    """What a detector learns from.

    Attributes:
        arena: originals and fakes of them; None for detectors that learn from other things.
        held_out: generators whose fakes must not be learnt from, nor calibrated on.
        footage: more videos and folders that the user gave.
        seed: everything random follows from it.
    """

    arena: Arena | None
    held_out: tuple[str, ...] = HELD_OUT
    footage: tuple[Path, ...] = ()
    seed: int = 0

    @property
    def fakes(self) -> Arena:
        """The arena, for those that cannot do without.

        Raises:
            UsageError: there is none.
        """
        if self.arena is None:
            raise UsageError("this detector learns from originals and fakes", "give them with --arena")
        return self.arena

    @property
    def generators(self) -> tuple[str, ...]:
        """Those in the arena that may be learnt from.

        Raises:
            UsageError: there is no arena, or nothing is left in it.
        """
        left = tuple(name for name in self.fakes.generators if name not in self.held_out)
        if not left:
            raise UsageError(
                f"with {', '.join(self.held_out)} held out no fakes are left in {self.fakes.folder}",
                "hold out another generator with --hold-out",
            )
        return left

    def inputs(self) -> dict[str, str]:
        """Content ids by name of what is learnt from, for the record of a run."""
        return {} if self.arena is None else {"arena": self.arena.sha256()}


@dataclass(frozen=True)
class LearningOptions:
    """What `prosopon train detector` was told about a training by gradient descent.

    Attributes:
        name: what the weights will be called.
        config: which of a technique's nets; its first where None.
        learning_rate: the technique's own where None.
        start_from: weights to start from, by name, path or run folder.
        licence: goes into the card.
        horizon: steps over which the learning rate falls; the technique's own where None.
    """

    name: str
    config: str | None = None
    learning_rate: float | None = None
    start_from: str | None = None
    licence: str = "that of the data it was trained on"
    horizon: int | None = None

    def chosen(self, technique: str, configs: Iterable[str]) -> str:
        """Which of a technique's nets it shall be.

        Raises:
            UsageError: it has no such net.
        """
        names = list(configs)
        if self.config is not None and self.config not in names:
            raise UsageError(f"{technique} has no configuration {self.config!r}", f"use one of {', '.join(names)}")
        return self.config or names[0]

    def schedule(self, usual: Schedule) -> Schedule:
        """How fast it learns: as the technique does, but for what was asked otherwise."""
        return replace(usual, peak=self.learning_rate or usual.peak, horizon=self.horizon or usual.horizon)

    def card(self, technique: str, config: str, **learnt: Any) -> dict[str, Any]:
        """What goes beside the weights: what they are, and what they learnt from."""
        return {
            "technique": technique,
            "config": config,
            "licence": self.licence,
            "origin": "trained with prosopon train detector",
            **learnt,
        }


@dataclass(frozen=True)
class Fitted:
    """What came of learning at once.

    Attributes:
        state: tensors by name, as the weights file holds them.
        card: goes beside them: `technique`, `config`, and what is needed to use them again.
    """

    state: Mapping[str, Tensor]
    card: Mapping[str, Any]
    inputs: Mapping[str, str] = field(default_factory=dict)
    """Content ids of what was learnt from beside the arena."""


@runtime_checkable
class LearnsBySteps(Protocol):
    """A technique that learns by gradient descent."""

    @classmethod
    def training(cls, material: Material, options: LearningOptions) -> Recipe:
        """The recipe for `train.loop.fit`; the seed has been set."""
        ...


@runtime_checkable
class LearnsAtOnce(Protocol):
    """A technique that is fitted in one go."""

    @classmethod
    def fitted(cls, material: Material, progress: Progress) -> Fitted:
        """What it learnt."""
        ...


@runtime_checkable
class CalibratesItself(Protocol):
    """A technique that is calibrated and tested on other clips than the arena's."""

    @classmethod
    def calibration_clips(cls, material: Material, split: str) -> Iterator[LabelledClip]:
        """Clips of known truth of one split, `calibrate` or `test`, of people whom it has not learnt from."""
        ...


def arena_clips(
    arena: Arena,
    split: str,
    *,
    held_out: Collection[str] = (),
    only: Collection[str] | None = None,
    degraded: Callable[[np.random.Generator], Degradation] | None = None,
    seed: int = 0,
) -> Iterator[LabelledClip]:
    """Originals and fakes of one split as detectors want them.

    Args:
        arena: where from.
        split: `train`, `calibrate` or `test`.
        held_out: generators that are left out.
        only: the only generators that are not left out; originals always come.
        degraded: draws what is done to a clip; an original and its fakes get the same.
        seed: of those draws.
    """
    for clip in arena.where(split=split):
        if clip.is_fake and (clip.generator in held_out or (only is not None and clip.generator not in only)):
            continue
        shown, tracks = arena.faces(clip)
        if degraded is not None:
            shown = _degraded(arena, clip, shown, degraded, seed)
        yield shown, tracks, int(clip.is_fake), arena.original_of(clip).people[0]


def _degraded(
    arena: Arena, clip: ArenaClip, shown: Clip, degraded: Callable[[np.random.Generator], Degradation], seed: int
) -> Clip:
    degradation = degraded(np.random.default_rng([seed, *clip.original.encode()]))
    frames = degradation(np.asarray(arena.frames(clip)))
    return Clip(shown.width, shown.height, lambda: iter(frames), shown.times, shown.fps, name=shown.name)


class Detecting(Protocol):
    """What the verb needs of a class that it has taught."""

    @classmethod
    def from_weights(cls, weights: str | None = None) -> Self:
        """The detector with these weights."""
        ...
