"""The table of a comparison: means over pictures with their standard errors, beside both baselines."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from prosopon.arena.disruption.attacks import NOISE, NONE
from prosopon.arena.disruption.plan import Job, Plan
from prosopon.arena.disruption.records import Figures, Record
from prosopon.arena.survival import Survived

_LIKENESSES = frozenset({"cosine", "recognised"})
"""Figures that fall where all others rise."""


@dataclass(frozen=True)
class Cell:
    """What one net makes of pictures that were protected in one way and went one way.

    Attributes:
        job: how they were protected.
        on: weights of the net.
        laundering: what they went through.
        figures: means over pictures; see `Victim.effect`.
        errors: standard errors of those means; absent where there is one picture.
        counts: over how many pictures each is.
        clean, noise: likewise for the untouched picture, and for one with noise, both after the same laundering.
        turned: likewise for the picture with the same change upside down, after the first laundering; empty for noise.
        pictures: how many.
    """

    job: Job
    on: str
    laundering: str
    figures: Figures
    errors: Figures
    counts: Mapping[str, int]
    clean: Figures
    noise: Figures
    turned: Figures
    pictures: int

    @property
    def is_white_box(self) -> bool:
        """Whether the attack knew the net."""
        return self.job.is_white_box(self.on)

    @property
    def survived(self) -> Survived:
        """The same as the survival of protected photos is told."""
        return Survived(self.laundering, self.figures, self.clean, self._strongest())

    @property
    def leading(self) -> str:
        """Name of the figure that is told first."""
        return self.survived.leading

    @property
    def stands_out(self) -> bool:
        """Whether the effect is at least twice that of the laundering alone, noise, and the change upside down."""
        return self.survived.stands_out

    def _strongest(self) -> dict[str, float]:
        """Of both changes that are aimed at nothing, figure by figure the one that disturbs more."""
        both = (self.noise, self.turned)
        return {
            name: (min if name in _LIKENESSES else max)(one[name] for one in both if name in one)
            for name in {*self.noise, *self.turned}
        }

    @property
    def disturbance(self) -> float:
        """The leading figure as something that grows with the disturbance: of a cosine what is lacking to 1."""
        value = self.figures[self.leading]
        return 1 - value if self.leading in _LIKENESSES else value

    def as_json(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "against": self.job.against,
            "attack": self.job.attack,
            "on": self.on,
            "white_box": self.is_white_box,
            "laundering": self.laundering,
            "figures": dict(self.figures),
            "standard_errors": dict(self.errors),
            "clean": dict(self.clean),
            "noise": dict(self.noise),
            "turned": dict(self.turned),
            "leading": self.leading,
            "stands_out": self.stands_out,
            "n": self.pictures,
        }


def cells(plan: Plan, records: Sequence[Record]) -> list[Cell]:
    """All cells for which there are pictures, in the order of the plan; the baselines among them, the untouched apart.

    Args:
        plan: what was to be measured.
        records: what was.
    """
    by_job: dict[str, dict[str, Record]] = {}
    for record in records:
        by_job.setdefault(record.job, {})[record.picture] = record
    baselines = [by_job.get(name, {}) for name in (NONE, NOISE)]
    out = []
    for job in plan.jobs:
        # Only pictures whose baselines are there, too, so that all three are over the same ones.
        mine = {key: one for key, one in by_job.get(job.name, {}).items() if all(key in held for held in baselines)}
        if job.attack == NONE or not mine:
            continue
        for laundering, on in plan.looks(job):
            three = [
                [held[key].effects[laundering][on] for key in mine] for held in (mine, *baselines)
            ]  # fmt: skip
            figures, clean, noise = map(means, three)
            turned = means(one.turned[on] for one in mine.values() if on in one.turned)
            out.append(
                Cell(
                    job,
                    on,
                    laundering,
                    figures,
                    standard_errors(three[0]),
                    _counts(three[0]),
                    clean,
                    noise,
                    turned,
                    len(mine),
                )
            )
    return out


def qualities(plan: Plan, records: Sequence[Record]) -> dict[str, dict[str, float]]:
    """Means over pictures of the figures of the protected pictures themselves, by job."""
    found = {
        job.name: means([record.quality for record in records if record.job == job.name])
        for job in plan.jobs
        if job.attack != NONE
    }
    return {name: figures for name, figures in found.items() if figures}


def means(several: Iterable[Figures]) -> dict[str, float]:
    """Of each figure, over those that have it."""
    return {name: float(np.mean(values)) for name, values in _gathered(several).items()}


def standard_errors(several: Iterable[Figures]) -> dict[str, float]:
    """Of the means: the deviation of single values over the root of their number; none where there is one value."""
    return {
        name: float(np.std(values, ddof=1) / math.sqrt(len(values)))
        for name, values in _gathered(several).items()
        if len(values) > 1
    }


def _counts(several: Iterable[Figures]) -> dict[str, int]:
    return {name: len(values) for name, values in _gathered(several).items()}


def _gathered(several: Iterable[Figures]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for figures in several:
        for name, value in figures.items():
            found.setdefault(name, []).append(value)
    return found
