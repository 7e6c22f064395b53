"""Which entries of a log name a file, a manifest or a watermark: a table beside the log, so that none has to scan it.

It is derived from the log and can be deleted at any time. What it says is never believed: it only points to entries,
which are then read and proved. Damage, or a log that is another one, makes it begin anew.
"""

from __future__ import annotations

import fcntl
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path

from prosopon.core.errors import ProsoponError, UsageError
from prosopon.core.home import home
from prosopon.vouch.log.files import LocalFiles
from prosopon.vouch.log.reading import Log
from prosopon.vouch.log.tiles import WIDTH

KINDS = {"asset": 1, "manifest": 2, "watermark": 3}
"""What can be asked for, by its name in an entry."""
TABLE = ".search.sqlite"
"""The table's file in a log's folder."""
MOST = 100
"""Entries that are found at most; somebody may log the same file any number of times."""
_VERSION = 1
_AT_ONCE = 400
"""Bundles that are taken over in one transaction."""
_MANY = 500_000
"""Entries that are taken over all at once rather than piece by piece."""
_CACHE_KIB = 1 << 16
_VALUES = re.compile(rb'"(asset|manifest|watermark)":"([0-9a-f]{16,64})"')
_LAYOUT = """
CREATE TABLE state (one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL, root BLOB NOT NULL);
INSERT INTO state VALUES (1, 0, x'');
CREATE TABLE places (kind INTEGER, value INTEGER, place INTEGER, PRIMARY KEY (kind, value, place)) WITHOUT ROWID;
"""


def find(log: Log, kind: str, value: str) -> list[int]:
    """Places of entries that may have a value, oldest first; the table is brought up to the log's state before.

    Args:
        log: local or remote; of a remote one, all entries that are new since last time are fetched.
        kind: one of `KINDS`.
        value: hexadecimal, as in the entry.

    Raises:
        UsageError: the value is not hexadecimal, or too short.
        ProsoponError: the log is damaged, or the table cannot be written.
    """
    asked = (KINDS[kind], _shortened(value), log.size, MOST)
    try:
        return _places(log, asked)
    except _DamagedError:
        return _places(log, asked)


def catch_up(log: Log) -> None:
    """Bring the table to the log's state.

    Raises:
        ProsoponError: the log is damaged, or the table cannot be written.
    """
    with _table(log) as table:
        _grow(log, table)


def table_of(log: Log) -> Path:
    """Where a log's table is: beside it, or with the user where nothing can be written there."""
    if isinstance(log.files, LocalFiles) and os.access(log.files.folder, os.W_OK):
        return log.files.folder / TABLE
    name = sha256(f"{log.files.name}\n{log.checkpoint.origin}".encode()).hexdigest()[:32]
    return home() / "log-search" / f"{name}.sqlite"


class _DamagedError(ProsoponError):
    """The table was damaged, and is gone now."""


def _places(log: Log, asked: tuple[int, int, int, int]) -> list[int]:
    with _table(log) as table:
        _grow(log, table)
        rows = table.execute(
            "SELECT place FROM places WHERE kind = ? AND value = ? AND place < ? ORDER BY place LIMIT ?", asked
        )
        return [place for (place,) in rows]


@contextmanager
def _table(log: Log) -> Iterator[sqlite3.Connection]:
    """The log's table, locked."""
    path = table_of(log)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with closing(_opened(path)) as table:
                try:
                    yield table
                except sqlite3.DatabaseError as error:
                    if isinstance(error, sqlite3.OperationalError):
                        raise
                    table.close()
                    _remove(path)
                    raise _DamagedError(f"the table for searching the log, {path}, was damaged", "try again") from None
    except (OSError, sqlite3.Error) as error:
        raise ProsoponError(
            f"the table for searching the log, {path}, cannot be used: {error}", "make room, or delete it"
        ) from None


def _opened(path: Path) -> sqlite3.Connection:
    """A table of this version that is whole; else a new one in its place."""
    if path.exists():
        table = sqlite3.connect(path)
        try:
            (version,) = table.execute("PRAGMA user_version").fetchone()
            if version == _VERSION and table.execute("SELECT size, root FROM state").fetchone():
                table.execute(f"PRAGMA cache_size = {-_CACHE_KIB:d}")
                return table
        except sqlite3.DatabaseError:
            pass
        table.close()
        _remove(path)
    table = sqlite3.connect(path)
    try:
        table.executescript(_LAYOUT)
        table.execute(f"PRAGMA user_version = {_VERSION:d}")
        table.execute(f"PRAGMA cache_size = {-_CACHE_KIB:d}")
    except BaseException:
        table.close()
        raise
    return table


def _remove(path: Path) -> None:
    for name in (path.name, f"{path.name}-journal"):
        path.with_name(name).unlink(missing_ok=True)


def _grow(log: Log, table: sqlite3.Connection) -> None:
    size, root = table.execute("SELECT size, root FROM state").fetchone()
    if size and (size > log.size or log.root_at(size) != root):
        with table:
            table.execute("DELETE FROM places")
            table.execute("UPDATE state SET size = 0, root = x''")
        size = 0
    if log.size - size > _MANY:
        _grow_much(log, table, size)
        return
    while size < log.size:
        stop = min(log.size, (size // WIDTH + _AT_ONCE) * WIDTH)
        with table:
            table.executemany("INSERT OR IGNORE INTO places VALUES (?, ?, ?)", sorted(_rows(log, size, stop)))
            _set_state(log, table, stop)
        size = stop


def _grow_much(log: Log, table: sqlite3.Connection, size: int) -> None:
    """All at once: values are random, and putting millions of them into a tree one by one would touch all of it."""
    table.execute("CREATE TEMP TABLE unsorted (kind INTEGER, value INTEGER, place INTEGER)")
    with table:
        table.executemany("INSERT INTO unsorted VALUES (?, ?, ?)", _rows(log, size, log.size))
        table.execute(
            "INSERT OR IGNORE INTO places SELECT kind, value, place FROM unsorted ORDER BY kind, value, place"
        )
        _set_state(log, table, log.size)
    table.execute("DROP TABLE unsorted")


def _set_state(log: Log, table: sqlite3.Connection, size: int) -> None:
    table.execute("UPDATE state SET size = ?, root = ?", (size, log.root_at(size)))


def _rows(log: Log, start: int, stop: int) -> Iterator[tuple[int, int, int]]:
    for bundle in range(start // WIDTH, (stop - 1) // WIDTH + 1):
        for place, raw in enumerate(log.bundle(bundle), bundle * WIDTH):
            if start <= place < stop:
                # No more than a look: a log may hold what others have written, and whatever is found is read again.
                for kind, value in _VALUES.findall(raw):
                    yield KINDS[kind.decode()], _shortened(value.decode()), place


def _shortened(value: str) -> int:
    """The first 64 bits; entries that share them by chance are told apart when they are read."""
    try:
        return int.from_bytes(bytes.fromhex(value[:16]).rjust(8, b"\0"), signed=True)
    except ValueError:
        raise UsageError(f"{value[:80]!r} is not hexadecimal", "give it as it is shown") from None
