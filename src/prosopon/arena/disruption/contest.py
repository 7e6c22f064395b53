"""The comparison itself: every head is protected in every way, laundered for real, and shown to every net."""

from __future__ import annotations

import time
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import torch

from prosopon.arena.disruption.attacks import NOISE, NONE, Attack, as_saved, named
from prosopon.arena.disruption.opponents import Opponent
from prosopon.arena.disruption.plan import Job, Plan, cost, plan_of
from prosopon.arena.disruption.quality import quality
from prosopon.arena.disruption.records import Journal, Record
from prosopon.arena.disruption.settings import Settings
from prosopon.arena.disruption.sight import Sight
from prosopon.arena.disruption.subjects import Subject
from prosopon.arena.survival import upside_down
from prosopon.core.clip import Frame
from prosopon.core.errors import MissingError
from prosopon.core.faces import Box
from prosopon.core.progress import SILENT, Progress
from prosopon.faces.crop import cut
from prosopon.faces.identity import Embedder
from prosopon.models.laundering.named import named as laundering_of

_VERSION = 2
"""Raised where the same command measures something else than before: older journals are not gone on with."""
KEPT = 3
"""Of so many heads the protected pictures are remembered, to be shown."""
_WORTH_SAYING_S = 60
"""How long it will take is told from here on."""


@dataclass(frozen=True, eq=False)
class Contest:
    """What is compared, ready to go.

    Attributes:
        subjects: heads, all of one size.
        opponents: nets, by label.
        attacks: by name, the baselines among them.
        plan: what is made and measured.
        settings: of all attacks.
        device: where the nets are.
    """

    subjects: tuple[Subject, ...]
    opponents: Mapping[str, Opponent]
    attacks: Mapping[str, Attack]
    plan: Plan
    settings: Settings
    device: torch.device
    _kept: dict[tuple[str, str], Frame] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        subjects: Sequence[Subject],
        opponents: Sequence[Opponent],
        attacks: Sequence[Attack],
        launderings: Sequence[str],
        *,
        settings: Settings | None = None,
        everywhere: bool = True,
        device: torch.device | None = None,
    ) -> Contest:
        """Lay it out.

        Args:
            subjects: heads, at least one.
            opponents: nets, at least one.
            attacks: to compare; baselines are added.
            launderings: by name, at least one.
            settings: of all attacks.
            everywhere: see `Plan`.
            device: where the nets are; None is the CPU.

        Raises:
            MissingError: there is no head, or no net.
            UsageError: there is no laundering of a name.
        """
        if not subjects or not opponents:
            raise MissingError(
                "there is no head to protect" if opponents else "there is no network to attack",
                "give --on pictures with faces, or --people 3" if opponents else "see prosopon weights list",
            )
        for name in launderings:
            laundering_of(name)
        device = device or torch.device("cpu")
        sights = {one.label: Sight(one.victim, subjects[0], device) for one in opponents}

        def suits(attack: Attack, opponent: Opponent) -> bool:
            return attack.suits(sights[opponent.label])

        plan = plan_of(attacks, opponents, launderings, suits, everywhere=everywhere)
        by_name = {one.name: one for one in (named(NONE), named(NOISE), *attacks)}
        by_label = {one.label: one for one in opponents}
        return cls(tuple(subjects), by_label, by_name, plan, settings or Settings(), device)

    @property
    def unsuited(self) -> list[str]:
        """Attacks that can be made against none of the nets."""
        made = {job.attack for job in self.plan.jobs}
        return [name for name in self.attacks if name not in made]

    def about(self) -> dict[str, Any]:
        """All that a record depends on beside its own job and picture, for the journal."""
        return {
            "journal": _VERSION,
            "settings": asdict(self.settings),
            "learnt": {name: one.sha256 for name, one in self.attacks.items() if one.sha256},
            "opponents": {label: one.sha256 for label, one in self.opponents.items()},
            "launderings": list(self.plan.launderings),
            "everywhere": self.plan.everywhere,
            "side_px": self.subjects[0].side_px,
        }

    def protected(self, job: Job, subject: Subject) -> Frame:
        """A head after a job, `uint8 (S, S, 3)`, as a file holds it; the same every time.

        Of the first heads it is remembered from `run`, else computed anew.
        """
        kept = self._kept.get((job.name, subject.key))
        return _protected(self, job, subject, self._sights(subject)) if kept is None else kept

    def run(
        self, journal: Journal, *, embedder: Embedder | None = None, progress: Progress = SILENT
    ) -> list[Record]:  # fmt: skip
        """Make and measure everything that the journal does not hold yet, one picture after the other.

        Whoever stops it early has whole pictures, and not all pictures with few attacks.

        Args:
            journal: keeps every record as soon as there is one.
            embedder: tells whether the protected picture still looks like the person.
            progress: hears of every job, and how long it will take.
        """
        costs = {
            job: cost(job, self.plan, self.attacks[job.attack], self.opponents, self.settings.iterations)
            for job in self.plan.jobs
        }
        progress.start("protecting and measuring", sum(costs.values()) * len(self.subjects))
        clock = _Clock(len(self.subjects), progress)
        records = []
        for number, subject in enumerate(self.subjects):
            key, sights, is_new = subject.key, self._sights(subject), False
            for job in self.plan.jobs:
                record = journal.recall(job.name, key)
                if record is None:
                    made, is_new = _protected(self, job, subject, sights), True
                    if number < KEPT:
                        self._kept[job.name, key] = made
                    record = Record(
                        job.name, key, quality(subject, made, embedder), self._effects(job, made, sights),
                        self._turned(job, made, sights),
                    )  # fmt: skip
                    journal.keep(record)
                records.append(record)
                progress.advance(costs[job])
            clock.tick(is_new)
        progress.finish()
        return records

    def _effects(
        self, job: Job, made: Frame, sights: Mapping[str, Sight]
    ) -> dict[str, dict[str, dict[str, float]]]:  # fmt: skip
        by_weights = self._by_weights(sights)
        found: dict[str, dict[str, dict[str, float]]] = {}
        laundered: dict[str, Frame] = {}
        for way, weights in self.plan.looks(job):
            if way not in laundered:
                laundered[way] = laundering_of(way).real(made)
            found.setdefault(way, {})[weights] = effect(by_weights[weights], laundered[way])
        return found

    def _turned(self, job: Job, made: Frame, sights: Mapping[str, Sight]) -> dict[str, dict[str, float]]:
        """Of the same change upside down, as saved: what it owes to its size and coarseness alone."""
        if not job.against:
            return {}
        by_weights = self._by_weights(sights)
        turned = laundering_of(self.plan.launderings[0]).real(
            upside_down(next(iter(sights.values())).subject.picture, made)
        )
        return {weights: effect(by_weights[weights], turned) for weights in self.plan.on}

    def _by_weights(self, sights: Mapping[str, Sight]) -> dict[str, Sight]:
        return {self.opponents[label].weights: sight for label, sight in reversed([*sights.items()])}

    def _sights(self, subject: Subject) -> dict[str, Sight]:
        return {label: Sight(one.victim, subject, self.device) for label, one in self.opponents.items()}


def effect(sight: Sight, changed: Frame) -> dict[str, float]:
    """Figures of what a net makes of a head that was changed, beside what it makes of it as it was."""
    subject = sight.subject
    box = Box(0, 0, subject.side_px, subject.side_px)
    before, after = (cut(picture, box, sight.view_px) for picture in (subject.picture, changed))
    return {name: float(value) for name, value in sight.net.effect(before, after).items()}


def looked_at(contest: Contest, weights: str, subject: Subject, picture: Frame) -> list[tuple[str, Frame]]:
    """What a net makes of a head's picture `uint8 (S, S, 3)`, with captions; nothing where it makes no pictures."""
    victim = next(one.victim for one in contest.opponents.values() if one.weights == weights)
    crop = cut(picture, Box(0, 0, subject.side_px, subject.side_px), victim.side_px)
    return victim.at_face(subject.landmarks_at(victim.side_px)).makes(crop)


def _protected(contest: Contest, job: Job, subject: Subject, sights: Mapping[str, Sight]) -> Frame:
    met = [sights[job.against]] if job.against and job.against in sights else [*sights.values()]
    # By picture, not by attack: all of them start from the same noise.
    seed = zlib.crc32(f"{contest.settings.seed} {subject.key}".encode())
    generator = torch.Generator().manual_seed(seed)
    images = contest.attacks[job.attack].make(contest.settings, met, generator)
    return as_saved(images, subject.picture, contest.settings)


class _Clock:
    """Tells once how long everything will take, as soon as a picture is through that was not known before."""

    def __init__(self, pictures: int, progress: Progress) -> None:
        self._left, self._progress = pictures, progress
        self._began, self._told = time.monotonic(), False

    def tick(self, is_new: bool) -> None:
        self._left -= 1
        took = time.monotonic() - self._began
        self._began = time.monotonic()
        rest = took * self._left
        if is_new and not self._told and rest > _WORTH_SAYING_S:
            self._progress.note(f"a picture takes {took:.0f} s; the other {self._left} about {rest / 60:.0f} min")
            self._told = True
