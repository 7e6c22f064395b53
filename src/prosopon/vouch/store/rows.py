"""`RowFile`: rows of one fixed form that are only ever added, readable by many while one process writes.

A file is a heading of 64 bytes and then rows. What a broken append leaves at the end is no whole row and not read; the
next append writes over it. A row that a power cut left half-written is told by its checksum.
"""

from __future__ import annotations

import fcntl
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike, NDArray

from prosopon.models.files import write_atomically

_HEADING = 64
_LOCK = ".lock"


class DamagedRows(ValueError):  # noqa: N818 - named for what is the case
    """A file of rows is none, or of another form; it can be made anew from what it lists."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Inside, no other process writes what lies in a folder. The folder is made.

    Raises:
        OSError: it cannot be.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class RowFile:
    """A file of rows; it need not be there yet.

    Writers hold `locked` of its folder, readers need not.

    Args:
        path: the file.
        name: of what its rows are about, up to 32 letters, which its heading repeats.
        form: numpy's type of a row, packed; `crc`, an unsigned number of 4 bytes, comes last.
    """

    def __init__(self, path: Path, name: str, form: DTypeLike) -> None:
        self._path = path
        self._form = np.dtype(form)
        self._heading = f"prosopon rows 1 {name} {self._form.itemsize}\n".encode().ljust(_HEADING, b"\0")

    @property
    def is_there(self) -> bool:
        """Whether anything was ever written."""
        return self._path.exists()

    def read(self) -> NDArray[np.void]:
        """All rows, mapped from the file and read-only; those that are added later are not among them.

        Raises:
            DamagedRows: the heading is not ours.
            OSError: it cannot be read.
        """
        try:
            with self._path.open("rb") as file:
                heading = file.read(_HEADING)
                size = os.fstat(file.fileno()).st_size
                if heading != self._heading:
                    raise DamagedRows(f"{self._path.name} is damaged")
                count = (size - _HEADING) // self._form.itemsize
                if not count:
                    return np.empty(0, self._form)
                return np.memmap(file, self._form, mode="r", offset=_HEADING, shape=(count,))
        except FileNotFoundError:
            return np.empty(0, self._form)

    def append(self, rows: NDArray[np.void]) -> None:
        """Add rows; when this returns they are on the disk.

        Raises:
            DamagedRows: the heading is not ours.
            OSError: the disk is full, or it cannot be written.
        """
        count = len(self.read())
        with self._path.open("r+b" if self.is_there else "w+b") as file:
            if not count:
                file.write(self._heading)
            end = _HEADING + count * self._form.itemsize
            file.truncate(end)
            file.seek(end)
            file.write(sealed(rows).tobytes())
            file.flush()
            os.fsync(file.fileno())

    def replace(self, rows: NDArray[np.void]) -> None:
        """Put other rows in the place of all; whoever reads the old ones goes on doing so.

        Raises:
            OSError: the disk is full, or it cannot be written.
        """
        content = self._heading + sealed(rows).tobytes()
        write_atomically(self._path, lambda temporary: _fill(temporary, content))


def sealed(rows: NDArray[np.void]) -> NDArray[np.void]:
    """Rows with their checksums."""
    rows = rows.copy()
    for row in range(len(rows)):
        rows["crc"][row] = _checksum(rows[row])
    return rows


def is_whole(row: np.void) -> bool:
    """Whether a row is as it was written."""
    return int(row["crc"]) == _checksum(row)


def _checksum(row: np.void) -> int:
    return zlib.crc32(row.tobytes()[:-4])


def _fill(path: Path, content: bytes) -> None:
    path.write_bytes(content)
