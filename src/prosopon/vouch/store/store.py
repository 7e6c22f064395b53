"""`Store`: what was published here, so that a copy that lost its credential can be led back to it.

A folder for each record holds what is known (`record.json`), the manifest store and a thumbnail; two files of rows find
it by watermark and by fingerprint. The folders are the truth: the rows are made anew from them where they are damaged.
Everything stays on this machine, and whoever published something can have it forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Frame
from prosopon.core.errors import ProsoponError
from prosopon.core.home import home
from prosopon.vouch.lookup.pdq import MATCH, Fingerprint
from prosopon.vouch.store.fingerprint_rows import Near, fingerprint_file, item_bytes, nearest, rows_of
from prosopon.vouch.store.item_folders import ItemFolders
from prosopon.vouch.store.record import Record
from prosopon.vouch.store.rows import RowFile, is_whole
from prosopon.vouch.store.thumbnail import as_jpeg, from_jpeg

_RECORD, _MANIFEST, _THUMBNAIL = "record.json", "manifest.c2pa", "thumbnail.jpg"
_PAYLOADS = np.dtype([("payload", "u1", 8), ("item", "u1", 16), ("unused", "u1", 4), ("crc", "<u4")])


@dataclass(frozen=True)
class Likeness:
    """A record that a fingerprint led to: how far it is, in bits of 256, and which moment of it was meant."""

    record: Record
    distance: int
    time_s: float


class Store:
    """What was published here; made by `Store.open`."""

    def __init__(self, folder: Path) -> None:
        self._payloads = RowFile(folder / "payloads.rows", "payloads", _PAYLOADS)
        self._fingerprints = fingerprint_file(folder / "fingerprints.rows")
        files = (self._payloads, self._fingerprints)
        self._items = ItemFolders(folder, "records", "the store of what was published", files, self._refill)

    @classmethod
    def open(cls, folder: Path | None = None) -> Self:
        """The store in a folder, by default the user's own; nothing is made before something is kept."""
        return cls(home() / "published" if folder is None else folder)

    def keep(self, record: Record, manifest: bytes, thumbnail: Frame) -> None:
        """Remember a published file; when this returns it is on the disk. An earlier record of it is replaced.

        Args:
            record: what is known of it.
            manifest: its manifest store, whose SHA-256 the record names.
            thumbnail: a picture of it, `uint8 (H, W, 3)`, of which a small copy is kept.

        Raises:
            ProsoponError: the manifest is another one, the disk is full, or the store cannot be written.
        """
        if sha256(manifest).hexdigest() != record.manifest_sha256:
            raise ProsoponError(f"the manifest of {record.title} is not the one that its record names")
        content = {
            _MANIFEST: manifest,
            _THUMBNAIL: as_jpeg(thumbnail, record.source_type),
            _RECORD: record.as_bytes(),
        }
        self._items.keep(record.sha256, content, lambda: self._add_rows([record]))

    def by_sha256(self, digest: str) -> Record | None:
        """The record of exactly this file, by its SHA-256 in hexadecimal.

        Raises:
            ProsoponError: it is damaged or cannot be read.
        """
        record = self.record(digest)
        return record if record is not None and record.sha256 == digest else None

    def record(self, item: str) -> Record | None:
        """The record of a file, by the first 32 or all hexadecimal digits of its SHA-256.

        Raises:
            ProsoponError: it is damaged or cannot be read.
        """
        return self._read(self._items.place(item))

    def by_payload(self, payload: str) -> Record | None:
        """The newest record whose watermark carries this payload, 16 hexadecimal digits.

        Raises:
            ProsoponError: it is damaged, or the store cannot be read.
        """
        return next(self.all_by_payload(payload), None)

    def all_by_payload(self, payload: str) -> Iterator[Record]:
        """Every record whose watermark carries this payload, the newest first: by hand a number can be used twice.

        Raises:
            ProsoponError: one is damaged, or the store cannot be read.
        """
        wanted = np.frombuffer(bytes.fromhex(payload), np.uint8)
        rows = self._items.rows(self._payloads)
        for row in np.flatnonzero((rows["payload"] == wanted).all(axis=1))[::-1]:
            record = self.record(rows["item"][row].tobytes().hex()) if is_whole(rows[row]) else None
            if record is not None:
                yield record

    def by_fingerprint(self, *asked: Fingerprint, most: int = MATCH, limit: int = 5) -> list[Likeness]:
        """Records with a key frame near to one of the fingerprints, each once, the nearest first.

        Args:
            asked: of key frames of what is looked up.
            most: largest distance in bits of 256.
            limit: how many records at most.

        Raises:
            ProsoponError: the store cannot be read.
        """
        found: dict[str, Likeness] = {}
        for near in self.near(asked, most):
            if near.item in found:
                continue
            record = self._read(self._items.place(near.item))
            if record is not None:
                found[near.item] = Likeness(record, near.distance, near.time_s)
            if len(found) == limit:
                break
        return [*found.values()]

    def near(self, asked: Sequence[Fingerprint], most: int = MATCH) -> list[Near]:
        """Key frames of records within a distance of any of some fingerprints, the nearest first.

        Raises:
            ProsoponError: the store cannot be read.
        """
        return nearest(self._items.rows(self._fingerprints), asked, most)

    def manifest(self, record: Record) -> bytes:
        """The manifest store of a record.

        Raises:
            ProsoponError: it is gone, damaged, or another one than was kept.
        """
        content = self._part(record, _MANIFEST)
        if sha256(content).hexdigest() != record.manifest_sha256:
            raise ProsoponError(f"the manifest that is kept of {record.title} was changed", "it proves nothing now")
        return content

    def thumbnail(self, record: Record) -> Frame:
        """The small picture of a record, `uint8 (H, W, 3)`.

        Raises:
            ProsoponError: it is gone or damaged.
        """
        return from_jpeg(self._part(record, _THUMBNAIL))

    def records(self) -> Iterator[Record]:
        """Every record that can be read, in no order."""
        for place in self._items.places():
            with suppress(ProsoponError):
                record = self._read(place)
                if record is not None:
                    yield record

    def __len__(self) -> int:
        """Number of records."""
        return sum(1 for _ in self._items.places())

    def forget(self, digest: str) -> bool:
        """Remove everything that is known of a file, by its SHA-256; nothing can be recovered of it afterwards.

        Returns:
            Whether there was anything.

        Raises:
            ProsoponError: the store cannot be written.
        """
        return self._items.forget(digest)

    def trim(self, largest_bytes: int) -> int:
        """Forget the oldest records until those left take no more than so many bytes.

        Returns:
            How many were forgotten.

        Raises:
            ProsoponError: the store cannot be written.
        """
        sizes = {record.sha256: _size(self._items.place(record.sha256)) for record in sorted(self.records(), key=_age)}
        left, forgotten = sum(sizes.values()), 0
        for digest, size in sizes.items():
            if left <= largest_bytes:
                break
            self.forget(digest)
            left, forgotten = left - size, forgotten + 1
        return forgotten

    def rebuild(self) -> int:
        """Make the rows anew from the folders of the records.

        Returns:
            How many records there are.

        Raises:
            ProsoponError: the store cannot be written.
        """
        return self._items.rebuild()

    def _read(self, place: Path) -> Record | None:
        """The record in a folder; None where there is none, or not yet, or no longer."""
        raw = self._items.read(place, _RECORD)
        return None if raw is None else Record.parse(raw)

    def _part(self, record: Record, name: str) -> bytes:
        try:
            return (self._items.place(record.sha256) / name).read_bytes()
        except OSError as error:
            raise ProsoponError(
                f"{name} of {record.title} is not in the store of what was published: {error.strerror or error}"
            ) from error

    def _refill(self) -> int:
        records = sorted(self.records(), key=_age)
        self._payloads.replace(np.empty(0, _PAYLOADS))
        self._fingerprints.replace(rows_of("0" * 32, ()))
        self._add_rows(records)
        return len(records)

    def _add_rows(self, records: list[Record]) -> None:
        marked = [record for record in records if record.payload is not None]
        payloads = np.zeros(len(marked), _PAYLOADS)
        for row, record in enumerate(marked):
            payloads["payload"][row] = np.frombuffer(bytes.fromhex(record.payload or ""), np.uint8)
            payloads["item"][row] = item_bytes(record.sha256)
        _append(self._payloads, payloads)
        frames = [rows_of(record.sha256, record.fingerprints) for record in records]
        _append(self._fingerprints, np.concatenate(frames) if frames else rows_of("0" * 32, ()))


def _append(file: RowFile, rows: NDArray[np.void]) -> None:
    if len(rows):
        file.append(rows)


def _age(record: Record) -> tuple[str, str]:
    return record.time, record.sha256


def _size(place: Path) -> int:
    return sum(file.stat().st_size for file in place.iterdir())
