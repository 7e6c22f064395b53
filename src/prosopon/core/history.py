"""What was done to a clip: the steps that sealing turns into C2PA actions and ingredients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any


class SourceType(StrEnum):
    """IPTC digital source types that our steps give rise to (cv.iptc.org/newscodes/digitalsourcetype)."""

    TRAINED = "trainedAlgorithmicMedia"
    """Made entirely by a trained model."""
    COMPOSITE = "compositeWithTrainedAlgorithmicMedia"
    """Footage or a picture into which a trained model's output was put."""
    ALGORITHMIC = "algorithmicMedia"
    """Made by an algorithm without training data: rendered people."""
    ENHANCED = "algorithmicallyEnhanced"
    """Changed by an algorithm that generates nothing: protection, laundering."""


class Relationship(StrEnum):
    """How a parent stands to the result (C2PA ingredient relationships)."""

    PARENT = "parentOf"
    """The result is an edited version of it."""
    COMPONENT = "componentOf"
    """Part of it can be seen or heard in the result."""
    INPUT = "inputTo"
    """It steered the making (a driving video) without being shown."""


@dataclass(frozen=True)
class Parent:
    """One clip that went into a step."""

    name: str
    """File name or title, without folders."""
    sha256: str | None
    """Content id of the origin; None for something that never was a file."""
    relationship: Relationship
    path: Path | None = None
    """Where it was read from, so that its own credentials can be carried over."""


@dataclass(frozen=True)
class Step:
    """One operation on a clip."""

    op: str
    """Dotted name: `create.fomm.animate`, `studio.render`, `media.read`."""
    params: Mapping[str, Any] = field(default_factory=dict)
    """Everything that was set, JSON-able."""
    parents: tuple[Parent, ...] = ()
    weights_sha256: str | None = None
    seed: int | None = None
    time: datetime = field(default_factory=lambda: datetime.now(UTC))
    source_type: SourceType | None = None
    """What this step makes of the clip; None where it changes nothing in that regard."""


# From weakest to strongest: a clip is labelled with the strongest of its steps.
_STRENGTH = (SourceType.ENHANCED, SourceType.ALGORITHMIC, SourceType.COMPOSITE, SourceType.TRAINED)


def source_type_of(history: tuple[Step, ...]) -> SourceType | None:
    """The label of a clip with this history: the strongest of its steps', None if no step made anything.

    A composite step makes the whole a composite even if parts of it were entirely generated before.
    """
    found = {step.source_type for step in history if step.source_type is not None}
    if SourceType.COMPOSITE in found:
        return SourceType.COMPOSITE
    return max(found, key=_STRENGTH.index, default=None)
