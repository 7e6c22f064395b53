"""How long work reports that it goes on, without knowing who listens."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """A listener of long work: stages follow each other, each counts up to a total."""

    def start(self, stage: str, total: int | None) -> None:
        """A new stage of `total` units begins (None: unknown); an earlier one counts as finished."""
        ...

    def advance(self, n: int = 1) -> None:
        """`n` more units of the stage are done."""
        ...

    def note(self, text: str) -> None:
        """Something that the user should know: one plain sentence."""
        ...

    def finish(self) -> None:
        """The work is done."""
        ...


class Silent:
    """A listener that hears nothing."""

    def start(self, stage: str, total: int | None) -> None:
        """Nothing."""

    def advance(self, n: int = 1) -> None:
        """Nothing."""

    def note(self, text: str) -> None:
        """Nothing."""

    def finish(self) -> None:
        """Nothing."""


SILENT: Progress = Silent()
