"""A journal of what was measured, so that a comparison that was broken off goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Generic, Self, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Record = TypeVar("Record", bound="DataclassInstance")


class Journal(Generic[Record]):
    """Records in a file, one a line, written at once, so that they survive whatever ends the process.

    Args:
        path: the file, begun anew where it is not there or is about something else; None keeps nothing.
        about: all that records depend on beside their own keys, JSON-able.
        read: a record from the plain values that `dataclasses.asdict` made of it.
        key: what tells records apart.

    Attributes:
        n_recalled: records that were there already.
    """

    def __init__(
        self,
        path: Path | None,
        about: Mapping[str, Any],
        read: Callable[[dict[str, Any]], Record],
        key: Callable[[Record], Hashable],
    ) -> None:
        self._path, self._key = path, key
        self._known: dict[Hashable, Record] = {} if path is None else _read(path, about, read, key)
        self.n_recalled = len(self._known)
        self._file: IO[str] | None = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Written again from what could be read: a last line that was cut off must not spoil the next one.
            self._file = path.open("w", encoding="utf-8")
            for line in (about, *map(asdict, self._known.values())):
                self._line(line)

    def known(self, key: Hashable) -> Record | None:
        """A record that was made before."""
        return self._known.get(key)

    def keep(self, record: Record) -> None:
        """Remember a record, on disk at once."""
        self._known[self._key(record)] = record
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


def _read(
    path: Path,
    about: Mapping[str, Any],
    read: Callable[[dict[str, Any]], Record],
    key: Callable[[Record], Hashable],
) -> dict[Hashable, Record]:
    """What a journal holds as far as it can be read; nothing where it is about something else."""
    known: dict[Hashable, Record] = {}
    with suppress(OSError, ValueError, KeyError, TypeError):  # a line that was cut off ends it
        lines = path.read_text(encoding="utf-8").splitlines()
        if lines and json.loads(lines[0]) == json.loads(json.dumps(about)):
            for line in lines[1:]:
                record = read(json.loads(line))
                known[key(record)] = record
    return known
