"""What is remembered of one published file: what leads back to it, and nothing about the machine that made it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Self

from prosopon.core.errors import ProsoponError
from prosopon.vouch.lookup.key_frames import KeyFrame, as_plain, from_plain

_VERSION = 1
_SHAPES = {
    "payload": re.compile(r"[0-9a-f]{16}"),
    "sha256": re.compile(r"[0-9a-f]{64}"),
    "manifest_sha256": re.compile(r"[0-9a-f]{64}"),
    "time": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
}


@dataclass(frozen=True)
class Record:
    """One published file.

    Attributes:
        sha256: of the file, hexadecimal: its name in the store.
        title: what it was called, without folders.
        source_type: address of its digital source type.
        time: when it was published, RFC 3339 in UTC.
        manifest_sha256: of its manifest store.
        payload: of its watermark, 16 hexadecimal digits; None where it carries none.
        fingerprints: of its key frames; one for a still.
        log_index: its place in the log; None where it is in none.

    Raises:
        ProsoponError: a value is not of its form.
    """

    sha256: str
    title: str
    source_type: str
    time: str
    manifest_sha256: str
    payload: str | None = None
    fingerprints: tuple[KeyFrame, ...] = ()
    log_index: int | None = None

    def __post_init__(self) -> None:
        """Refuse what would lead nowhere, or tell of folders."""
        for name, shape in _SHAPES.items():
            value = getattr(self, name)
            if not (value is None and name == "payload") and not (isinstance(value, str) and shape.fullmatch(value)):
                raise ProsoponError(f"{name} of a record of what was published cannot be {str(value)[:40]!r}")
        if "/" in self.title or "\\" in self.title:
            raise ProsoponError(f"the title {self.title[:80]!r} names a folder", "give the name alone")
        if self.log_index is not None and self.log_index < 0:
            raise ProsoponError(f"{self.log_index} is no place in a log")

    @property
    def is_still(self) -> bool:
        """Whether it is a single picture, or so short that one stands for it."""
        return len(self.fingerprints) <= 1

    def as_bytes(self) -> bytes:
        """JSON."""
        told = {
            "version": _VERSION,
            "sha256": self.sha256,
            "title": self.title,
            "source_type": self.source_type,
            "time": self.time,
            "manifest_sha256": self.manifest_sha256,
            "payload": self.payload,
            "log_index": self.log_index,
            "fingerprints": as_plain(self.fingerprints),
        }
        return json.dumps(told, ensure_ascii=False).encode()

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """The inverse of `as_bytes`.

        Raises:
            ProsoponError: it is none, or of a later version.
        """
        try:
            told: Any = json.loads(raw)
            version = told.pop("version")
            if version != _VERSION:
                raise ProsoponError(f"this record is of version {str(version)[:20]}", "use a newer Prosopon")
            frames = from_plain(told.pop("fingerprints"))
            return cls(**told, fingerprints=frames)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise ProsoponError("a record of what was published is damaged") from None
