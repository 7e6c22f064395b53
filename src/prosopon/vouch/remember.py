"""What publishing leaves behind apart from the file: an entry in the log, and a record by which copies are recognised.

Both are on this machine only and neither holds the file. Where one cannot be written the file is published all the
same, signed and labelled: what could not be done is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import ProsoponError
from prosopon.vouch.log.entry import Entry
from prosopon.vouch.log.recording import record as into_log
from prosopon.vouch.lookup.key_frames import KeyFrame, pictures
from prosopon.vouch.lookup.pdq import LEAST_QUALITY, pdq
from prosopon.vouch.store.record import Record
from prosopon.vouch.store.store import Store

_MOST_KEY_FRAMES = 600
"""Of a longer video than ten minutes fewer a second are kept."""


@dataclass(frozen=True)
class Remembered:
    """What was left behind.

    Attributes:
        log_index: place in the log; None where it could not be written.
        stored: whether the store of what was published has a record of it.
        problems: what could not be done, and why.
    """

    log_index: int | None
    stored: bool
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sight:
    """What is seen of a published file: fingerprints of its key frames, and the picture that stands for it."""

    fingerprints: tuple[KeyFrame, ...]
    thumbnail: Frame


def seen(clip: Clip) -> Sight:
    """One pass over a clip as it was written, with one picture in memory at a time.

    The picture that stands for it is the key frame with most in it, so that no opening card, title or fade is taken
    where there is anything else.
    """
    frames: list[KeyFrame] = []
    best: tuple[int, Frame] | None = None
    for time_s, picture in pictures(clip, most=_MOST_KEY_FRAMES):
        fingerprint = pdq(picture)
        frames.append(KeyFrame(time_s, fingerprint))
        if best is None or fingerprint.quality > best[0]:
            best = fingerprint.quality, picture
    if best is None:
        raise ValueError("a clip without pictures has no sight")
    return Sight(tuple(frames), best[1])


def remember(
    sight: Sight,
    *,
    asset: str,
    title: str,
    source_type: str,
    manifest: bytes,
    payload: str | None,
    key: str,
) -> Remembered:
    """Enter a published file in the log and in the store.

    Args:
        sight: what is seen of it.
        asset: its SHA-256, hexadecimal.
        title: what it is called, without folders.
        source_type: address of its digital source type.
        manifest: its manifest store.
        payload: of its watermark, 16 hexadecimal digits; None where it carries none.
        key: which key signed it, hexadecimal.
    """
    digest = sha256(manifest).hexdigest()
    time = _now()
    log_index, problems = _entered(Entry(asset, key, time, digest, _telling(sight.fingerprints), payload))
    title = title.replace("\\", "_")  # which elsewhere would name a folder
    record = Record(asset, title, source_type, time, digest, payload, sight.fingerprints, log_index)
    try:
        Store.open().keep(record, manifest, sight.thumbnail)
    except (ProsoponError, OSError) as error:
        problems = (*problems, f"copies of it will not be recognised: {error}")
        return Remembered(log_index, stored=False, problems=problems)
    return Remembered(log_index, stored=True, problems=problems)


def forget(asset: str) -> None:
    """Drop the record of a file that is no longer there, by its SHA-256; its entry in the log stays for ever."""
    with suppress(ProsoponError):
        Store.open().forget(asset)


def enter(*, asset: str, manifest: bytes, key: str) -> tuple[int | None, tuple[str, ...]]:
    """Only the entry in the log, for what has no likeness by which it could be recognised: its place, and problems."""
    return _entered(Entry(asset, key, _now(), sha256(manifest).hexdigest()))


def _entered(entry: Entry) -> tuple[int | None, tuple[str, ...]]:
    """Put an entry into the log: its place, or None and why it is not there."""
    try:
        return into_log(entry).index, ()
    except (ProsoponError, OSError) as error:
        return None, (f"it is not in the log: {error}",)


def _now() -> str:
    """RFC 3339 in UTC with whole seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _telling(fingerprints: Sequence[KeyFrame]) -> str | None:
    """Of the key frames, the hash that tells most; None where all are too plain."""
    best = max(fingerprints, key=lambda one: one.fingerprint.quality, default=None)
    return None if best is None or best.fingerprint.quality < LEAST_QUALITY else best.fingerprint.hex
