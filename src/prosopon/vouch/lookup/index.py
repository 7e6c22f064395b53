"""`Index`: one's own originals, found again by what they look like.

A folder for each original holds what is known of it and small copies of its key frames, so that a suspect can be
compared even where the original has moved; one file of rows holds all fingerprints. Nothing of it leaves the machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import numpy as np

from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import ProsoponError, UsageError
from prosopon.core.home import home
from prosopon.media.read import read
from prosopon.vouch.lookup.key_frames import KeyFrame, pictures
from prosopon.vouch.lookup.original import Original
from prosopon.vouch.lookup.pdq import MATCH, Fingerprint, pdq
from prosopon.vouch.store.fingerprint_rows import Near, fingerprint_file, nearest, rows_of
from prosopon.vouch.store.item_folders import ItemFolders
from prosopon.vouch.store.thumbnail import as_jpeg, from_jpeg

_ENTRY = "original.json"
_THUMBNAILS = 60
"""Small copies of one video at most; further key frames have only their fingerprint."""


@dataclass(frozen=True, eq=False)
class Shown:
    """A picture of an original: `uint8 (H, W, 3)`, when it is shown there, and whether it is at full size."""

    frame: Frame
    time_s: float
    is_full: bool


class Index:
    """The user's own originals; made by `Index.open`."""

    def __init__(self, folder: Path) -> None:
        self._rows = fingerprint_file(folder / "fingerprints.rows")
        self._items = ItemFolders(folder, "originals", "the index of originals", (self._rows,), self._refill)

    @classmethod
    def open(cls, folder: Path | None = None) -> Self:
        """The index in a folder, by default the user's own; nothing is made before something is added."""
        return cls(home() / "originals" if folder is None else folder)

    def add(self, path: Path, name: str | None = None) -> Original:
        """Remember an original; when this returns it is on the disk. Adding it again replaces what was known.

        Args:
            path: picture, video, or folder of pictures.
            name: what answers call it, by default the name of the file.

        Raises:
            MediaError: it cannot be read.
            UsageError: it has no pictures, or the name is a path.
            ProsoponError: the index cannot be written.
        """
        clip = read(path)
        if not len(clip):
            raise UsageError(f"{path} has no pictures, only sound", "give pictures and videos")
        title = path.absolute().name if name is None else name
        if name is not None and ("/" in name or "\\" in name):
            raise UsageError(f"the name {name!r} is a path", "give a name without folders")
        frames: list[KeyFrame] = []
        thumbnails: dict[int, bytes] = {}
        every = max(1, int(clip.duration_s / _THUMBNAILS))
        for number, (time, picture) in enumerate(pictures(clip)):
            frames.append(KeyFrame(time, pdq(picture)))
            if number % every == 0 and len(thumbnails) < _THUMBNAILS:
                thumbnails[round(1000 * time)] = as_jpeg(picture)
        original = Original(
            sha256=clip.sha256 or "",
            name=title,
            path=path.absolute(),
            added=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            width=clip.width,
            height=clip.height,
            fps=None if clip.fps is None else float(clip.fps),
            duration_s=clip.duration_s,
            fingerprints=tuple(frames),
        )
        self._keep(original, thumbnails)
        return original

    def search(self, asked: Sequence[Fingerprint], most: int = MATCH, least_quality: int = 0) -> list[Near]:
        """Key frames near to any of some fingerprints, the nearest first.

        Args:
            asked: each is compared with every key frame.
            most: largest distance in bits of 256.
            least_quality: key frames that are plainer are left out.

        Raises:
            ProsoponError: the index cannot be read.
        """
        return nearest(self._items.rows(self._rows), asked, most, least_quality)

    def count(self) -> int:
        """How many key frames there are.

        Raises:
            ProsoponError: the index cannot be read.
        """
        return len(self._items.rows(self._rows))

    def original(self, item: str) -> Original | None:
        """What is known of an original, by the first 32 or all hexadecimal digits of its SHA-256.

        Raises:
            ProsoponError: it is damaged or cannot be read.
        """
        raw = self._items.read(self._items.place(item), _ENTRY)
        return None if raw is None else Original.parse(raw)

    def thumbnail(self, original: Original, time_s: float) -> Shown:
        """The small copy of the key frame that is nearest to a time.

        Raises:
            ProsoponError: there is none, or it is damaged.
        """
        files = [*self._items.place(original.sha256).glob("*.jpg")]
        if not files:
            raise ProsoponError(f"no thumbnail of {original.name} is left in the index", "add the original again")
        file = min(files, key=lambda file: (abs(int(file.stem) / 1000 - time_s), file.stem))
        try:
            return Shown(from_jpeg(file.read_bytes()), int(file.stem) / 1000, is_full=False)
        except OSError as error:
            raise self._items.unreadable(error) from error

    def clip(self, original: Original) -> Clip | None:
        """The original itself; None where it is gone or was changed."""
        with suppress(ProsoponError):
            found = read(original.path)
            if found.sha256 == original.sha256:
                return found
        return None

    def originals(self) -> Iterator[Original]:
        """Every entry that can be read, in no order."""
        for place in self._items.places():
            with suppress(ProsoponError):
                original = self.original(place.name)
                if original is not None:
                    yield original

    def forget(self, digest: str) -> bool:
        """Remove an original from the index, by its SHA-256; the file itself is left alone.

        Returns:
            Whether it was there.

        Raises:
            ProsoponError: the index cannot be written.
        """
        return self._items.forget(digest)

    def rebuild(self) -> int:
        """Make the file of fingerprints anew from the entries.

        Returns:
            How many entries there are.

        Raises:
            ProsoponError: the index cannot be written.
        """
        return self._items.rebuild()

    def _keep(self, original: Original, thumbnails: dict[int, bytes]) -> None:
        content = {f"{time:09}.jpg": picture for time, picture in thumbnails.items()}
        content[_ENTRY] = original.as_bytes()
        self._items.keep(
            original.sha256, content, lambda: self._rows.append(rows_of(original.sha256, original.fingerprints))
        )

    def _refill(self) -> int:
        found = [*self.originals()]
        self._rows.replace(
            np.concatenate([rows_of("0" * 32, ()), *(rows_of(one.sha256, one.fingerprints) for one in found)])
        )
        return len(found)
