"""Named arrays on disk with a table of what their rows are, for training to read from.

A store is a folder: `<name>.npy` for each column, all of as many rows, and `index.json`, whose `shots` say which
neighbouring rows belong together and whom they show. Pictures stay on disk and are read as they are asked for.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from prosopon.core.content_id import sha256_of
from prosopon.core.errors import MissingError, ProsoponError
from prosopon.core.home import home

_INDEX = "index.json"


@dataclass(frozen=True)
class Column:
    """What one row of an array is.

    Attributes:
        kind: of its numbers, as NumPy writes it: `|u1`, `<f4`.
        shape: of one row.
    """

    kind: str
    shape: tuple[int, ...]

    def check(self, rows: NDArray[Any]) -> None:
        """Raise ValueError where `rows (n, *shape)` are of another shape."""
        if rows.shape[1:] != self.shape:
            raise ValueError(f"rows of {rows.shape[1:]} do not fit a column of {self.shape}")


@dataclass(frozen=True)
class Shot:
    """Neighbouring rows of a store that show one person, or nobody.

    Attributes:
        name: file or clip.
        person: who.
        kind: `footage`, `still`, `rendered` or `nobody`.
        start, stop: rows; filled in when a store is written.
        sha256: content id of the file, where there is one and it is known.
    """

    name: str
    person: str
    kind: str
    start: int = 0
    stop: int = 0
    sha256: str | None = None


@dataclass(frozen=True)
class ArrayStore:
    """A read-only store.

    Attributes:
        folder: where it is.
        shots: whom its rows show.
        arrays: the columns by name, `(N, *shape)`, on disk.
    """

    columns: ClassVar[Mapping[str, Column]] = {}
    """Those that every store of a class has."""

    folder: Path
    shots: tuple[Shot, ...]
    arrays: Mapping[str, NDArray[Any]]

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open a store.

        Raises:
            MissingError: the folder holds none, or one of another class.
        """
        try:
            index = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
            arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in index["columns"]}
            for name, column in cls.columns.items():
                column.check(arrays[name])
            return cls(folder, tuple(Shot(**shot) for shot in index["shots"]), arrays)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise MissingError(f"{folder} holds no prepared data ({error})", "prepare it again") from error

    def __reduce__(self) -> tuple[Callable[[Path], Self], tuple[Path]]:
        """Worker processes open it again rather than being sent the arrays."""
        return type(self).open, (self.folder,)

    def __len__(self) -> int:
        """Rows."""
        return self.shots[-1].stop

    def sha256(self) -> str:
        """Content id of everything that training reads of it."""
        names = [*(f"{name}.npy" for name in sorted(self.arrays)), _INDEX]
        return hashlib.sha256("".join(sha256_of(self.folder / name) for name in names).encode()).hexdigest()


Rows = Mapping[str, NDArray[Any]]
"""Some rows of every column."""


def write_store(
    folder: Path,
    columns: Mapping[str, Column],
    shots: Iterable[tuple[Shot, Rows]],
    *,
    advice: str = "give footage or pictures that show faces",
) -> None:
    """Fill a folder with a store, each shot as it comes, so that no more than one is in memory.

    Args:
        folder: made where it is not there.
        columns: by name.
        shots: each with its rows.
        advice: what users are told to do where there is not one row.

    Raises:
        ProsoponError: there is not one row.
    """
    folder.mkdir(parents=True, exist_ok=True)
    table: list[Shot] = []
    written = 0
    with ExitStack() as stack:
        growing = {
            name: _GrowingArray(stack.enter_context((folder / f"{name}.npy").open("wb")), column)
            for name, column in columns.items()
        }
        for shot, rows in shots:
            start, written = written, written + len(next(iter(rows.values())))
            for name, array in growing.items():
                array.append(rows[name])
            table.append(replace(shot, start=start, stop=written))
        if not written:
            raise ProsoponError("no faces were found to learn from", advice)
        for array in growing.values():
            array.finish(written)
    # The index last: a folder without it is no store, so a broken preparation is never mistaken for a whole one.
    index = {"columns": sorted(columns), "shots": [asdict(shot) for shot in table]}
    (folder / _INDEX).write_text(json.dumps(index), encoding="utf-8")


class _GrowingArray:
    """An `.npy` file that grows along its first axis.

    NumPy pads its headers so that the first axis may become longer without moving the data.
    """

    def __init__(self, file: BinaryIO, column: Column) -> None:
        self._file, self._column = file, column
        self._write_header(0)
        self._data_at = file.tell()
        self._n = 0

    def append(self, rows: NDArray[Any]) -> None:
        """Add `rows (n, *shape)`."""
        self._column.check(rows)
        self._file.write(np.ascontiguousarray(rows, dtype=self._column.kind).tobytes())
        self._n += len(rows)

    def finish(self, rows: int) -> None:
        """Say in the header how many rows there are."""
        if rows != self._n:
            raise ValueError(f"a column has {self._n} of {rows} rows")
        self._file.seek(0)
        self._write_header(rows)
        if self._file.tell() != self._data_at:
            raise ProsoponError("NumPy wrote headers of different lengths", "use NumPy 2 or newer")

    def _write_header(self, rows: int) -> None:
        header = {"descr": self._column.kind, "fortran_order": False, "shape": (rows, *self._column.shape)}
        np.lib.format.write_array_header_1_0(self._file, header)


def kept(origin: Any, fill: Callable[[Path], object]) -> Path:
    """The folder of the store that follows from `origin`: written before, else filled now.

    Several processes may ask for the same one: the first writes, the others wait for it.

    Args:
        origin: all that decides the content, JSON-able.
        fill: fills a folder, which is thrown away if it fails.
    """
    digest = hashlib.sha256(json.dumps(origin, sort_keys=True).encode()).hexdigest()[:24]
    folder = home() / "prepared" / digest
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _locked(folder.with_name(f".{digest}.lock")):
        if not (folder / _INDEX).exists():
            temporary = Path(tempfile.mkdtemp(prefix=f".{digest}.", dir=folder.parent))
            try:
                fill(temporary)
                temporary.rename(folder)
            except BaseException:
                shutil.rmtree(temporary, ignore_errors=True)
                raise
    return folder


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Inside, no other process is inside with the same path; a process that dies lets go."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
