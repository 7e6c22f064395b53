"""A progress listener that remembers what it was told."""

from __future__ import annotations


class Notes:
    """Hears everything; `said` has the notes, `stages` what was begun, each with how much there was to do."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.stages: list[tuple[str, int | None]] = []

    def start(self, stage: str, total: int | None) -> None:
        self.stages.append((stage, total))

    def advance(self, n: int = 1) -> None:
        assert n > 0

    def finish(self) -> None: ...

    def note(self, text: str) -> None:
        self.said.append(text)
