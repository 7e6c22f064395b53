"""Which fakes are made of which originals, and with whom: drawn from a seed, among people of one split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from prosopon.arena.making.originals import Original
from prosopon.core.errors import UsageError
from prosopon.datasets.arena.arena import GENERATORS

RENDERED_FAKES = 2
"""Fakes of each rendered person, by generators drawn at random: there are many of them, and each costs as much."""
_NEEDS_OTHER = frozenset({"animate", "partswap", "landmark-swap"})


@dataclass(frozen=True)
class SwapWeights:
    """A trained swap, and whose faces it knows.

    Attributes:
        weights: name, path or run folder.
        source: whose face is put in.
        target: on whom.
    """

    weights: str
    source: str
    target: str

    @classmethod
    def parsed(cls, text: str) -> SwapWeights:
        """From `WEIGHTS:SOURCE:TARGET`.

        Raises:
            UsageError: it is not of that form.
        """
        parts = text.rsplit(":", 2)
        if len(parts) != 3 or not all(parts):
            raise UsageError(f"{text} does not say whose face is put on whom", "give WEIGHTS:SOURCE:TARGET")
        return cls(*parts)


@dataclass(frozen=True)
class Fake:
    """One fake that shall be made of an original.

    Attributes:
        generator: by what.
        other: the clip that gives the face (or the motion, for `animate`); None where nobody else is needed.
        people: whoever can be seen in it or went into it.
        weights: of a trained swap.
        seed: of what is drawn while it is made.
    """

    generator: str
    other: Original | None
    people: tuple[str, ...]
    weights: str | None
    seed: tuple[int, ...]


@dataclass(frozen=True)
class Task:
    """An original and all fakes of it.

    Attributes:
        number: its place in the plan.
        original: what is kept as it is.
        fakes: what is made of it.
    """

    number: int
    original: Original
    fakes: tuple[Fake, ...]


def planned(
    originals: Sequence[Original],
    generators: Sequence[str],
    swaps: Sequence[SwapWeights] = (),
    *,
    seed: int = 0,
    rendered_fakes: int = RENDERED_FAKES,
) -> tuple[Task, ...]:
    """What is made of each original.

    Of somebody real there is a fake by every generator for which there is somebody else of the same split, of somebody
    rendered by some of them. Real people are never mixed with rendered ones, nor people of different splits.

    Raises:
        UsageError: there is no such generator; a swap's people are not there, or not of one split.
    """
    for name in generators:
        if name not in GENERATORS:
            raise UsageError(f"there is no generator {name!r}", f"use some of {', '.join(GENERATORS)}")
    if "swap" in generators:
        _check_swaps(swaps, originals)
    tasks = []
    for number, original in enumerate(originals):
        rng = np.random.default_rng([seed, number])
        fakes: list[Fake] = []
        for name in generators:
            chosen = _swaps_of(original, swaps) if name == "swap" else (None,)
            for swap in chosen:
                made_from = (seed, number, len(fakes))
                if swap is not None:
                    fakes.append(Fake(name, None, (original.person, swap.source), swap.weights, made_from))
                elif name not in _NEEDS_OTHER:
                    fakes.append(Fake(name, None, (original.person,), None, made_from))
                elif (other := _somebody_else(name, original, originals, rng)) is not None:
                    fakes.append(Fake(name, other, (original.person, other.person), None, made_from))
        if original.material == "rendered" and len(fakes) > rendered_fakes:
            kept = sorted(rng.choice(len(fakes), rendered_fakes, replace=False).tolist())
            fakes = [fakes[index] for index in kept]
        tasks.append(Task(number, original, tuple(fakes)))
    return tuple(tasks)


def _somebody_else(
    generator: str, original: Original, originals: Sequence[Original], rng: np.random.Generator
) -> Original | None:
    """A clip of another person; None where there is nobody."""
    others = [
        one
        for one in originals
        if one.split == original.split
        and one.person != original.person
        and (one.material == "rendered") == (original.material == "rendered")
        and (one.moves or generator != "animate")
    ]
    if not others:
        return None
    # First who, then which clip: somebody of whom there is much is not met more often.
    people = sorted({one.person for one in others})
    who = people[int(rng.integers(len(people)))]
    theirs = [one for one in others if one.person == who]
    return theirs[int(rng.integers(len(theirs)))]


def _swaps_of(original: Original, swaps: Sequence[SwapWeights]) -> tuple[SwapWeights, ...]:
    return tuple(one for one in swaps if one.target == original.person)


def _check_swaps(swaps: Sequence[SwapWeights], originals: Sequence[Original]) -> None:
    split = {one.person: one.split for one in originals}
    for swap in swaps:
        for who in (swap.source, swap.target):
            if who not in split:
                raise UsageError(f"nobody is called {who}, whom the swap {swap.weights} knows", "give their footage")
        if split[swap.source] != split[swap.target]:
            raise UsageError(
                f"{swap.source} is of the split {split[swap.source]}, {swap.target} of {split[swap.target]}",
                "a fake must not show people of two splits: put both into one",
            )
