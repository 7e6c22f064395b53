"""`Roster`: which detectors are asked. Those of the package and of others are found by their cards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self, cast

from prosopon.core.cards import Card, Family
from prosopon.core.errors import MissingError, ProsoponError, UsageError
from prosopon.core.protocols import Detector, Needs
from prosopon.core.registry import find_cards, load_technique
from prosopon.core.score import Reason
from prosopon.detect.judging.reasons import Why
from prosopon.models.catalogue import find, of_technique

ALL = "all"
"""Every detector that can be asked."""


@dataclass(frozen=True)
class Asked:
    """One word of `--with`: `all`, `NAME`, or `NAME=WEIGHTS`."""

    name: str
    weights: str | None = None

    @classmethod
    def parse(cls, words: str) -> tuple[Asked, ...]:
        """From `NAME,NAME=WEIGHTS,...`.

        Raises:
            UsageError: a name is empty or asked for twice.
        """
        found = []
        for word in words.split(","):
            name, given, weights = word.strip().partition("=")
            if not name or (given and (not weights or name == ALL)):
                raise UsageError(f"'{words}' names no detectors", "give all, or names of `prosopon list detect`")
            found.append(cls(name, weights or None))
        names = [one.name for one in found]
        if len(set(names)) < len(names):
            raise UsageError(f"'{words}' names a detector twice", "name each once")
        return tuple(found)


@dataclass(frozen=True)
class Expert:
    """A detector that can be asked.

    Attributes:
        name: of its technique.
        card: what it is, what it learnt from and what it is blind to.
        detector: itself, with its weights.
        weights: digests (SHA-256) of its weights by their names; empty where it has none.
    """

    name: str
    card: Card
    detector: Detector
    weights: Mapping[str, str] = field(default_factory=dict)

    def has_need(self, need: Needs) -> bool:
        """Whether it looks at something."""
        return need in self.detector.needs

    @property
    def judges(self) -> bool:
        """Whether its answers count as evidence."""
        return self.detector.judges

    @property
    def asks_else(self) -> bool:
        """Whether it asks another question than "is it a fake?", as whether this mouth says what is heard."""
        return hasattr(self.detector, "sides")

    @property
    def sides(self) -> tuple[str, str]:
        """What a value of 1 and one of 0 speak for; a detector that asks another question has its own."""
        fakes, real = getattr(self.detector, "sides", ("fakes", "real clips"))
        return str(fakes), str(real)

    @property
    def of_faces(self) -> bool:
        """Whether it looks at a person, rather than only listens."""
        return self.has_need(Needs.FRAMES) or self.has_need(Needs.MOTION)

    @property
    def of_excerpts(self) -> bool:
        """Whether some frames are all that it needs."""
        return self.has_need(Needs.FRAMES) and not self.has_need(Needs.MOTION) and not self.has_need(Needs.SOUND)

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "judges": self.judges,
            "needs": sorted(self.detector.needs),
            "summary": self.card.summary,
            "trained_on": self.card.trained_on,
            "known_failures": list(self.card.known_failures),
            "weights": dict(self.weights),
        }


@dataclass(frozen=True)
class Roster:
    """The detectors that are asked, and the others with the reason why they are not.

    Attributes:
        experts: in alphabetical order.
        left_out: by name.
    """

    experts: tuple[Expert, ...]
    left_out: Mapping[str, Why] = field(default_factory=dict)

    @property
    def needs_motion(self) -> bool:
        """Whether somebody looks at every frame."""
        return any(expert.has_need(Needs.MOTION) for expert in self.experts)

    @property
    def judges(self) -> tuple[Expert, ...]:
        """Those whose answers count as evidence."""
        return tuple(expert for expert in self.experts if expert.judges)

    @classmethod
    def open(cls, asked: Sequence[Asked] = (Asked(ALL),)) -> Self:
        """Open the detectors that are asked for.

        Raises:
            MissingError: one that is asked for by name is not there, or its weights are not.
            CheckpointError: its weights are damaged, or another detector's.
        """
        found = find_cards()
        cards = {name: card for name, card in found.cards.items() if card.family is Family.DETECT}
        by_name = {one.name: one for one in asked if one.name != ALL}
        unknown = [name for name in by_name if name not in cards]
        if unknown:
            known = f"there are {', '.join(sorted(cards))}" if cards else "there are none"
            raise MissingError(f"there is no detector called {unknown[0]!r}", known)
        takes_all = any(one.name == ALL for one in asked)
        experts: list[Expert] = []
        left_out = {}
        for name in sorted(cards) if takes_all else sorted(by_name):
            one = by_name.get(name)
            try:
                experts.append(_opened(cards[name], one.weights if one else None))
            except MissingError as error:
                if one is not None:
                    raise
                left_out[name] = Why.of(Reason.NO_WEIGHTS, error.what)
            except ProsoponError as error:
                if one is not None:
                    raise
                left_out[name] = Why.of(Reason.FAILED, error.what)
            except Exception as error:  # a broken detector of others spoils only itself
                if one is not None:
                    raise MissingError(
                        f"the detector {name} cannot be opened: {_told(error)}", f"ask others: --with {ALL}"
                    ) from error
                left_out[name] = Why.of(Reason.FAILED, _told(error))
        return cls(tuple(experts), left_out)


def _opened(card: Card, weights: str | None) -> Expert:
    detector = cast("type[Detector]", load_technique(card.name)).from_weights(weights)
    return Expert(card.name, card, detector, _digests(card, detector, weights))


def _digests(card: Card, detector: Detector, weights: str | None) -> dict[str, str]:
    """What the answers depend on besides the code: as the detector says, else by what lies in its folder."""
    own = getattr(detector, "weights_sha256", None)
    if isinstance(own, Mapping):
        return {str(name): str(digest) for name, digest in own.items()}
    if isinstance(own, str):
        return {str(getattr(detector, "weights_name", weights or card.name)): own}
    if weights is not None:
        try:
            entry = find(weights)
        except ProsoponError:
            return {}
        return {entry.name: entry.sha256}
    return {name: entry.sha256 for name, entry in of_technique(card.name).items() if entry.shipped}


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split()) or 'no message'}"
