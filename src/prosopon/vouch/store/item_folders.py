"""`ItemFolders`: a folder for each thing, named after its SHA-256, and files of rows that lead to them.

The folders are the truth: the rows are made anew from them where they are damaged or gone. Several processes may use
them at once; one writes at a time.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from prosopon.core.errors import ProsoponError
from prosopon.media.outputs import replacing
from prosopon.vouch.store.fingerprint_rows import without
from prosopon.vouch.store.rows import DamagedRows, RowFile, locked


class ItemFolders:
    """Folders of things and the rows that lead to them.

    Args:
        folder: of all of it; only its user can look into it.
        kind: name of the folder that holds those of the things.
        about: what all of it is called when something goes wrong.
        files: of rows, each of which has the `item` that it is about.
        refill: writes all rows anew from the folders, and returns how many things there are.
    """

    def __init__(
        self, folder: Path, kind: str, about: str, files: Sequence[RowFile], refill: Callable[[], int]
    ) -> None:
        self._folder, self._kind, self._about = folder, kind, about
        self._files, self._refill = files, refill

    def place(self, digest: str) -> Path:
        """Where a thing's folder is, by the first 32 or all hexadecimal digits of its SHA-256."""
        return self._folder / self._kind / digest[:2] / digest[:32]

    def places(self) -> Iterator[Path]:
        """All folders of things, in no order."""
        return self._folder.glob(f"{self._kind}/??/" + "?" * 32)

    def read(self, place: Path, name: str) -> bytes | None:
        """A file of a thing; None where there is no such thing, or not yet, or no longer.

        Raises:
            ProsoponError: it cannot be read.
        """
        try:
            return (place / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise self.unreadable(error) from error

    def rows(self, file: RowFile) -> NDArray[np.void]:
        """The rows of a file, made anew if need be.

        Raises:
            ProsoponError: they cannot be read.
        """
        try:
            if not file.is_there and (self._folder / self._kind).exists():
                self.rebuild()
            return file.read()
        except DamagedRows:
            self.rebuild()
            return file.read()
        except OSError as error:
            raise self.unreadable(error) from error

    def keep(self, digest: str, content: Mapping[str, bytes], add_rows: Callable[[], None]) -> None:
        """Put a thing there; an earlier one is replaced. When this returns it is on the disk.

        Args:
            digest: SHA-256 of the thing.
            content: its files by name.
            add_rows: adds the rows that lead to it.

        Raises:
            ProsoponError: it cannot be written.
        """
        with self._writing():
            place = self.place(digest)
            earlier = place.exists()
            with replacing(place) as temporary:
                temporary.mkdir()
                for name, part in content.items():
                    (temporary / name).write_bytes(part)
            try:
                if earlier:
                    self._drop_rows(digest)
                add_rows()
            except DamagedRows:
                self._refill()

    def forget(self, digest: str) -> bool:
        """Remove a thing and what leads to it.

        Returns:
            Whether there was anything.

        Raises:
            ProsoponError: it cannot be written.
        """
        place = self.place(digest)
        with self._writing():
            there = place.exists()
            if there:
                shutil.rmtree(place)
            try:
                return self._drop_rows(digest) or there
            except DamagedRows:
                self._refill()
                return there

    def rebuild(self) -> int:
        """Make the rows anew from the folders, and tell how many things there are.

        Raises:
            ProsoponError: they cannot be written.
        """
        with self._writing():
            return self._refill()

    def unreadable(self, error: OSError) -> ProsoponError:
        """What to say where something cannot be read."""
        return ProsoponError(f"{self._about} cannot be read: {error.strerror or error}", "check its permissions")

    def _drop_rows(self, digest: str) -> bool:
        dropped = False
        for file in self._files:
            rows = file.read()
            kept = without(rows, digest)
            if len(kept) < len(rows):
                file.replace(kept)
                dropped = True
        return dropped

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # thumbnails show people, paths tell of them
            with locked(self._folder):
                yield
        except OSError as error:
            raise ProsoponError(
                f"{self._about} cannot be written: {error.strerror or error}", "make room, or check its permissions"
            ) from error
