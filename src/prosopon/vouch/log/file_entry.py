"""From any file to what the log says of it: its hash, its credential's, its fingerprint."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import c2pa

from prosopon.core.errors import MediaError, ProsoponError
from prosopon.media.read import content_id, read
from prosopon.vouch.log.entry import Entry, new_salt, salted
from prosopon.vouch.log.proof import Logged
from prosopon.vouch.lookup.pdq import pdq
from prosopon.vouch.manifest.binding import BARE, bound_bytes, find_sidecar
from prosopon.vouch.manifest.reading import reading

LEAST_QUALITY = 50
"""Of a fingerprint, 0 to 100; below that it is chance."""


@dataclass(frozen=True)
class Credential:
    """What an entry says of a file's Content Credentials.

    Attributes:
        sha256: of the manifest store.
        key: first 16 digits of the SHA-256 of the signer's certificate; None where the signature does not hold.
    """

    sha256: str
    key: str | None


def now() -> str:
    """The time as entries write it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def entry_of(path: Path, own_key: str, *, watermark: str | None = None, hide: bool = False) -> Logged:
    """What the log says of a file.

    Args:
        path: any file, or a folder of pictures.
        own_key: what stands for the key where the file has no credential: the log's own, 8 hexadecimal digits.
        watermark: payload of its watermark, 16 hexadecimal digits.
        hide: say nothing of the file but a salted hash, which only the receipt can lead back to it.

    Raises:
        MediaError: it cannot be read.
        ProsoponError: the watermark is none.
    """
    asset = content_id(path)
    if hide:
        salt = new_salt()
        return Logged(Entry(salted(asset, salt), own_key, now()).as_bytes(), salt)
    credential = credential_of(path)
    entry = Entry(
        asset,
        (credential.key if credential is not None else None) or own_key,
        now(),
        manifest=None if credential is None else credential.sha256,
        fingerprint=_fingerprint(path),
        watermark=watermark,
    )
    return Logged(entry.as_bytes())


def credential_of(path: Path) -> Credential | None:
    """Of a file's credential, inside it or beside it; None where there is none that can be read."""
    sidecar = find_sidecar(path)
    found = _read(path, None) if path.is_file() else None
    return found if found is not None or sidecar is None else _read(path, sidecar.read_bytes())


def _read(path: Path, manifest: bytes | None) -> Credential | None:
    try:
        with (
            bound_bytes(path) as content,
            reading(content, kind=None if manifest is None else BARE, manifest=manifest) as found,
        ):
            label = found.store.get("active_manifest")
            store = found.fetch(label) if manifest is None and isinstance(label, str) else manifest
            holds = found.store.get("validation_state") in ("Valid", "Trusted")
            key = found.certificate.sha256[:16] if holds and found.certificate is not None else None
    except (c2pa.C2paError, ProsoponError):
        return None
    return None if store is None else Credential(sha256(store).hexdigest(), key)


def _fingerprint(path: Path) -> str | None:
    """Of the first picture; None for what is no picture or video, or shows too little."""
    try:
        found = pdq(read(path).first())
    except MediaError:
        return None
    return found.hex if found.quality >= LEAST_QUALITY else None
