"""What was measured of one protected picture, and a journal of it, so that a broken comparison goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

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


class Journal:
    """Records in a file, one a line, written at once, so that they survive whatever ends the process.

    Args:
        path: the file, begun anew where it is not there or is about something else; None keeps nothing.
        about: all that records depend on beside their own job and picture, JSON-able.

    Attributes:
        n_recalled: records that were there already.
    """

    def __init__(self, path: Path | None, about: Mapping[str, Any]) -> None:
        self._path = path
        self._known = {} if path is None else _read(path, about)
        self.n_recalled = len(self._known)
        self._file: IO[str] | None = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Written again from what could be read: a last line that was cut off must not spoil the next one.
            self._file = path.open("w", encoding="utf-8")
            for line in (about, *map(asdict, self._known.values())):
                self._line(line)

    def recall(self, job: str, picture: str) -> Record | None:
        """A record that was made before."""
        return self._known.get((job, picture))

    def keep(self, record: Record) -> None:
        """Remember a record, on disk at once."""
        self._known[record.job, record.picture] = record
        self._line(asdict(record))

    def __len__(self) -> int:
        """Number of records."""
        return len(self._known)

    def forget(self) -> None:
        """All is done: remove the file."""
        self._close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        """Itself, open."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file; it stays unless `forget` was called, and goes where there is nothing in it."""
        if self._known:
            self._close()
        else:
            self.forget()

    def _line(self, data: Mapping[str, Any]) -> None:
        if self._file is not None:
            self._file.write(json.dumps(data) + "\n")
            self._file.flush()

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = None


def _read(path: Path, about: Mapping[str, Any]) -> dict[tuple[str, str], Record]:
    """What a journal holds as far as it can be read; nothing where it is about something else."""
    known: dict[tuple[str, str], Record] = {}
    with suppress(OSError, ValueError, KeyError, TypeError):  # a line that was cut off ends it
        lines = path.read_text(encoding="utf-8").splitlines()
        if lines and json.loads(lines[0]) == json.loads(json.dumps(about)):
            for line in lines[1:]:
                record = Record(**json.loads(line))
                known[record.job, record.picture] = record
    return known
