"""What is going to be made and measured: which attack against which nets, and where each of them is looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from prosopon.arena.disruption.attacks import NOISE, NONE, Attack
from prosopon.arena.disruption.opponents import Opponent

ALL = "all"
"""What tables call all nets at once."""
LEARNT = "learnt"
"""What they call the nets that something has learnt from."""
_EFFECT = 3.0
"""A measured effect takes about as long as so many gradients: it is computed twice over, precisely, for all edits."""


@dataclass(frozen=True)
class Job:
    """One attack against one net, or against all, on every picture.

    Attributes:
        attack: name.
        against: what tables call what it is made against; None where it is made against nobody.
        weights: those that it knows.
    """

    attack: str
    against: str | None = None
    weights: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """Told apart from all others."""
        return self.attack if self.against is None else f"{self.attack}/{self.against}"

    @property
    def is_on_one(self) -> bool:
        """Whether it is made against one net."""
        return self.against not in (None, ALL, LEARNT)

    def is_white_box(self, weights: str) -> bool:
        """Whether it knows these weights."""
        return weights in self.weights


@dataclass(frozen=True)
class Plan:
    """All of it.

    Attributes:
        jobs: the baselines first.
        on: weights that are measured, in the order of tables.
        launderings: by name, the first is the picture as saved.
        everywhere: whether nets that an attack does not know are looked at after every laundering, not after the
            first alone.
    """

    jobs: tuple[Job, ...]
    on: tuple[str, ...]
    launderings: tuple[str, ...]
    everywhere: bool

    def looks(self, job: Job) -> list[tuple[str, str]]:
        """Launderings and weights at which a job is measured."""
        return [
            (laundering, weights)
            for place, laundering in enumerate(self.launderings)
            for weights in self.on
            if self.everywhere or not place or not job.against or job.is_white_box(weights)
        ]

    def told(self, pictures: int) -> str:
        """How much that is, in a sentence."""
        made = len(self.jobs) - 2
        looks = sum(len(self.looks(job)) for job in self.jobs)
        return (
            f"{pictures} pictures, each protected in {made} ways beside the two baselines; {len(self.on)} networks "
            f"look at {looks * pictures} of what becomes of them"
        )


def plan_of(
    attacks: Sequence[Attack],
    opponents: Sequence[Opponent],
    launderings: Sequence[str],
    suits: Callable[[Attack, Opponent], bool],
    *,
    everywhere: bool,
) -> Plan:
    """Lay out every combination that makes sense.

    Args:
        attacks: those that are compared; the baselines are added where they are not among them.
        opponents: nets.
        launderings: by name.
        suits: whether an attack can be made against a net.
        everywhere: see `Plan`.
    """
    jobs = [Job(NONE), Job(NOISE)]
    on = tuple(dict.fromkeys(one.weights for one in opponents))
    for attack in attacks:
        if attack.aim == "one":
            jobs += [
                Job(attack.name, one.label, frozenset({one.weights})) for one in opponents if suits(attack, one)
            ]  # fmt: skip
        elif attack.aim == "all":
            jobs.append(Job(attack.name, ALL, frozenset(on)))
        elif attack.aim == "learnt":
            jobs.append(Job(attack.name, LEARNT, frozenset(attack.learnt_from) & frozenset(on)))
    return Plan(tuple(dict.fromkeys(jobs)), on, tuple(launderings), everywhere)


def cost(job: Job, plan: Plan, attack: Attack, opponents: Mapping[str, Opponent], iterations: int) -> int:
    """About how many gradients' time a job takes on one picture, its looks included."""
    met = [opponents[job.against]] if job.against and job.against in opponents else [*opponents.values()]
    classes = [1 if one.victim.classes is None else len(one.victim.classes) for one in met]
    steps = sum(attack.gradients(n, iterations) for n in classes)
    return max(1, round(steps + _EFFECT * len(plan.looks(job))))
