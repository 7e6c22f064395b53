"""Detectors to be measured: those of a roster, and baselines that stand beside them without a say in verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from prosopon.core.cards import Card, Family
from prosopon.core.clip import Clip
from prosopon.core.errors import ProsoponError, UsageError
from prosopon.core.faces import Tracks
from prosopon.core.protocols import Detector, Needs
from prosopon.core.score import Score
from prosopon.detect.judging.roster import Asked, Expert, Roster
from prosopon.models.catalogue import of_technique
from prosopon.train.trained import find_trained

PLAIN = "plain"
"""The baseline: a plain net, trained without degradations; no technique, and asked for with weights of one's own."""


class Beside:
    """A detector that is measured and has no say."""

    judges = False

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self.needs: frozenset[Needs] = detector.needs

    def score(self, clip: Clip, tracks: Tracks) -> Score:
        """What it answers."""
        return self._detector.score(clip, tracks)


def open_roster(asked: Sequence[Asked]) -> Roster:
    """The detectors that are asked for, `plain=WEIGHTS` among them.

    Raises:
        UsageError: the baseline is asked for without weights.
        MissingError: one that is asked for by name is not there, or its weights are not.
        CheckpointError: its weights are damaged, or another detector's.
    """
    baselines = [one for one in asked if one.name == PLAIN]
    roster = Roster.open([one for one in asked if one.name != PLAIN] or [])
    return replace(roster, experts=(*roster.experts, *(_plain(one.weights) for one in baselines)))


def _plain(weights: str | None) -> Expert:
    from prosopon.detect.learning.plain import Plain  # noqa: PLC0415 - its nets are only needed here

    if weights is None:
        raise UsageError("the baseline comes without weights", "train some and give them: --with all,plain=RUN")
    detector = Plain.from_weights(weights)
    entry = find_trained(weights, "train detector plain --arena DIR")
    return Expert(PLAIN, _CARD, cast("Detector", Beside(detector)), {entry.name: entry.sha256})


_CARD = Card(
    PLAIN, Family.DETECT, "telling fakes from real faces", "A plain net, plainly trained: the baseline.", "", 2026,
    {"code": "Apache-2.0"}, ("target",), "", "our own fakes", ("everything that is degraded",), Path(),
)  # fmt: skip


def held_out_by(expert: Expert) -> tuple[str, ...]:
    """Generators whose fakes it has not learnt from although they were there, as the cards of its weights say."""
    return tuple(dict.fromkeys(name for card in _cards(expert) for name in _held_out_in(card)))


def _cards(expert: Expert) -> Iterator[Mapping[str, Any]]:
    for name, digest in expert.weights.items():
        entry = next((one for one in of_technique(expert.name).values() if one.sha256 == digest), None)
        try:
            yield (entry or find_trained(name, f"train detector {expert.name}")).card
        except ProsoponError:
            continue


def _held_out_in(card: object) -> Iterator[str]:
    """Wherever a card keeps it: what learns by steps and what learns at once write other cards."""
    if isinstance(card, Mapping):
        for name, value in card.items():
            if name == "held_out" and isinstance(value, list):
                yield from map(str, value)
            else:
                yield from _held_out_in(value)
