"""What was measured of one protected picture, and a journal of it, so that a broken comparison goes on where it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prosopon.arena import journal

Figures = Mapping[str, float]
"""By name; those of `Victim.effect`, or of the picture itself."""


@dataclass(frozen=True)
class Record:
    """One picture, protected in one way.

    Attributes:
        job: name of the job that protected it.
        picture: key of the picture.
        quality: figures of the protected picture itself, see `quality.quality`.
        effects: figures of what nets make of it, by laundering and weights.
        turned: figures of what they make of the picture with the same change upside down, as saved, by weights.
    """

    job: str
    picture: str
    quality: Figures
    effects: Mapping[str, Mapping[str, Figures]]
    turned: Mapping[str, Figures]


class Journal(journal.Journal[Record]):
    """The journal of a comparison.

    Args:
        path: the file, begun anew where it is not there or is about something else; None keeps nothing.
        about: all that records depend on beside their own job and picture, JSON-able.
    """

    def __init__(self, path: Path | None, about: Mapping[str, Any]) -> None:
        super().__init__(path, about, lambda table: Record(**table), lambda record: (record.job, record.picture))

    def recall(self, job: str, picture: str) -> Record | None:
        """A record that was made before."""
        return self.known((job, picture))
