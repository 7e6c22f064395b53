"""What publishing and verifying need of the user's own log: put an entry into it, and find entries again."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from prosopon.core.errors import ProsoponError, UsageError
from prosopon.vouch.log.anchors import Anchor, first_anchor
from prosopon.vouch.log.checkpoint import Checkpoint
from prosopon.vouch.log.entry import Entry
from prosopon.vouch.log.files import Files, LocalFiles
from prosopon.vouch.log.note import Signer, Verifier
from prosopon.vouch.log.own_keys import existing_signer_of, log_folder, signer_of
from prosopon.vouch.log.reading import CHECKPOINT, Log
from prosopon.vouch.log.search import KINDS, catch_up, find
from prosopon.vouch.log.seen import HistoryRewritten, SeenLogs, Sight, demand_growth
from prosopon.vouch.log.tiles import WIDTH
from prosopon.vouch.log.writing import LogWriter

PATIENCE_S = 30.0
"""How long somebody else may be appending before we give up."""


@dataclass(frozen=True)
class Recorded:
    """An entry that is in the log, on the disk and signed for.

    Attributes:
        index: its place.
        size: entries of the log at the checkpoint that first counts it.
        origin: which log.
        key: the log's key as text.
    """

    index: int
    size: int
    origin: str
    key: str


@dataclass(frozen=True)
class Found:
    """An entry that was found, and proved to be what the log's key signed for; else it would not be here.

    Attributes:
        entry: what it says; its time is a claim.
        index: its place.
        size: entries of the log when it was proved.
        origin: which log.
        key: the log's key as text.
        anchor: the first state of the log that counts it and that others vouch for; None where nobody does, so that
            only the holder of the log's key says when it was there.
    """

    entry: Entry
    index: int
    size: int
    origin: str
    key: str
    anchor: Anchor | None


def record(entry: Entry, folder: Path | None = None) -> Recorded:
    """Append one entry to the user's log, or begin it.

    Args:
        entry: what to say.
        folder: of the log; the user's own where None.

    Raises:
        UsageError: others were appending all the while.
        HistoryRewritten: the log is not what it was when it was last seen, with something added: it was restored from
            an old copy, say. To append would make two histories.
        ProsoponError: the log is damaged or cannot be written; then the entry is not in it.
    """
    return record_all([entry.as_bytes()], folder)[0]


def record_all(entries: Sequence[bytes], folder: Path | None = None, signer: Signer | None = None) -> list[Recorded]:
    """As `record`, for any number of entries, which come under one checkpoint."""
    folder = log_folder() if folder is None else folder
    signer = signer_of(folder) if signer is None else signer
    key, seen = signer.verifier, SeenLogs()
    with LogWriter.open(folder, signer, wait_s=PATIENCE_S) as writer:
        before = seen.last(key)
        if before is not None:
            _refuse_fork(before.checkpoint, writer.log())
        places = writer.append(entries)
        log = writer.log()
        # What is promised is remembered even where remembering fails: the entry is in the log either way.
        with suppress(ProsoponError):
            seen.remember(Sight(log.checkpoint, log.note_bytes), key)
    if places and places.start // WIDTH != places.stop // WIDTH:
        # Searching would do it, only later and all at once.
        with suppress(ProsoponError):
            catch_up(log)
    return [Recorded(index, log.size, log.checkpoint.origin, key.text) for index in places]


def _refuse_fork(before: Checkpoint, log: Log) -> None:
    try:
        demand_growth(before, log)
    except HistoryRewritten as error:
        raise HistoryRewritten(
            error.what,
            "nothing was added, since that would sign a second history; restore the newest copy of the log's folder, "
            "or begin another log in another folder, which gets a key of its own",
        ) from None


def look_up(
    *, asset_sha256: str | None = None, watermark: str | None = None, manifest: str | None = None,
    folder: Path | None = None,
) -> list[Found]:  # fmt: skip
    """Entries of the user's own log about a file, oldest first.

    Args:
        asset_sha256: of the file, hexadecimal.
        watermark: its payload, 16 hexadecimal digits.
        manifest: sha256 of its manifest store.
        folder: of the log; the user's own where None.

    Returns:
        Entries that name any of them; none where there is no log or no key for it.

    Raises:
        ProsoponError: the log is damaged, or not signed with the user's key.
    """
    folder = log_folder() if folder is None else folder
    signer = existing_signer_of(folder) if (folder / CHECKPOINT).exists() else None
    if signer is None:
        return []
    asked = {"asset": asset_sha256, "watermark": watermark, "manifest": manifest}
    return look_up_in(
        LocalFiles(folder), signer.verifier, {kind: value for kind, value in asked.items() if value is not None}
    )


def look_up_in(files: Files, key: Verifier, asked: dict[str, str]) -> list[Found]:
    """As `look_up`, in any log whose key is known.

    Args:
        files: of the log.
        key: of the log.
        asked: value by kind, see `search.KINDS`.

    Raises:
        UsageError: nothing was asked for.
        ProsoponError: the log is damaged, cannot be read, or is not signed with the key.
    """
    if not asked or not asked.keys() <= KINDS.keys():
        raise UsageError("nothing to look for in the log was given", f"give one of {', '.join(KINDS)}")
    log = Log.open(files, key)
    places = sorted({place for kind, value in asked.items() for place in find(log, kind, value)})
    found = []
    for place in places:
        entry = _entry(log.entry(place))
        if entry is not None and any(getattr(entry, kind) == value for kind, value in asked.items()):
            found.append(
                Found(entry, place, log.size, log.checkpoint.origin, key.text, first_anchor(files, key, place))
            )
    return found


def _entry(raw: bytes) -> Entry | None:
    """None where it is none of ours, which then is not what was asked for."""
    try:
        return Entry.parse(raw)
    except ProsoponError:
        return None
