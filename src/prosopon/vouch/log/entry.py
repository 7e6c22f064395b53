"""What a log says of one published file: hashes and times, no media and no names, in one form only."""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from typing import Any, Self

from prosopon.core.errors import ProsoponError

_VERSION = 1
_SHAPES = {
    "asset": re.compile(r"[0-9a-f]{64}"),
    "manifest": re.compile(r"[0-9a-f]{64}"),
    "fingerprint": re.compile(r"[0-9a-f]{64}"),
    "watermark": re.compile(r"[0-9a-f]{16}"),
    "key": re.compile(r"[0-9a-f]{8,64}"),
    "time": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
}
SALT_BYTES = 32
"""Random bytes that hide a hash."""
_NEEDED = ("asset", "key", "time")


@dataclass(frozen=True)
class Entry:
    """One line of the log.

    Attributes:
        asset: sha256 of the file, hexadecimal, or a salted hash of it where even that shall stay private.
        key: which key signed the file.
        time: when whoever published it says that they did, RFC 3339 in UTC; what proves a time is the checkpoint.
        manifest: sha256 of its manifest store.
        fingerprint: perceptual hash (PDQ), by which a changed copy is found again.
        watermark: payload of its watermark.

    Raises:
        ProsoponError: a value is not of its form.
    """

    asset: str
    key: str
    time: str
    manifest: str | None = None
    fingerprint: str | None = None
    watermark: str | None = None

    def __post_init__(self) -> None:
        """Refuse what could be read in two ways."""
        for name, value in asdict(self).items():
            if value is None and name not in _NEEDED:
                continue
            if not isinstance(value, str) or not _SHAPES[name].fullmatch(value):
                raise ProsoponError(f"{name} of an entry of the log cannot be {str(value)[:40]!r}")

    def as_bytes(self) -> bytes:
        """Canonical JSON: sorted names, no spaces, nothing that is not known; the same bytes on every machine."""
        told = {name: value for name, value in asdict(self).items() if value is not None}
        return json.dumps({"v": _VERSION, **told}, sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """The inverse of `as_bytes`; what would be written otherwise is no entry.

        Raises:
            ProsoponError: it is none, or of a later version.
        """
        try:
            told: Any = json.loads(raw)
        except (ValueError, RecursionError):
            told = None
        if not isinstance(told, dict) or "v" not in told:
            raise ProsoponError("this is no entry of a log of published files")
        version = told.pop("v")
        if version != _VERSION:
            raise ProsoponError(f"this entry of the log is of version {str(version)[:20]}", "use a newer Prosopon")
        if not told.keys() <= {one.name for one in fields(cls)} or any(name not in told for name in _NEEDED):
            raise ProsoponError("this entry of the log lacks something or says more than is known")
        found = cls(**told)
        if found.as_bytes() != raw:
            raise ProsoponError("this entry of the log is not written in its one form")
        return found


def new_salt() -> bytes:
    """Random bytes, which have to be kept: without them nobody can show later what an entry was about."""
    return secrets.token_bytes(SALT_BYTES)


def salted(asset_sha256: str, salt: bytes) -> str:
    """What an entry says instead of a file's hash that shall stay private: SHA-256 over a word, the salt and the hash.

    Args:
        asset_sha256: of the file, hexadecimal.
        salt: 32 bytes of `new_salt`.

    Returns:
        64 hexadecimal digits, which say nothing about the file to whoever has not got the salt.
    """
    return sha256(b"prosopon salted\n" + salt + bytes.fromhex(asset_sha256)).hexdigest()
