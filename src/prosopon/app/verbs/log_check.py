"""`prosopon log check`: does a proof hold; is a log whole, and what it was when it was last seen?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from prosopon.app.console import Console
from prosopon.core.errors import ExitCode, MediaError, ProsoponError, UsageError

if TYPE_CHECKING:
    from prosopon.vouch.log.checkpoint import Witnessed
    from prosopon.vouch.log.seen import Sight


@dataclass(frozen=True)
class LogCheck:
    """Check a proof against a file, or a whole log: signature, tree, every entry, and that its past was not rewritten.

    Of every log that is checked the last state is remembered, and the log must have grown from it. Exit code 3 if
    something does not hold.
    """

    proof: Annotated[tyro.conf.Positional[Path | None], tyro.conf.arg(metavar="PROOF")] = None
    """A proof or receipt; without one, the whole log is checked."""
    file: Annotated[tyro.conf.Positional[Path | None], tyro.conf.arg(metavar="FILE")] = None
    """The file that it shall be about."""
    log: Annotated[str | None, tyro.conf.arg(metavar="DIR|URL")] = None
    """Another log than your own; an address is read over the network, all of it."""
    key: Annotated[str | None, tyro.conf.arg(metavar="KEY")] = None
    """The log's key, or a file that holds it; not needed for your own."""
    since: Annotated[Path | None, tyro.conf.arg(metavar="CHECKPOINT")] = None
    """An earlier checkpoint of the log, which it must have grown from."""
    witness: Annotated[tuple[str, ...], tyro.conf.arg(metavar="KEY")] = ()
    """Keys of witnesses to believe, beside those in log-witnesses.txt."""


def run(args: LogCheck, console: Console) -> int:
    """Check, and say what was found out."""
    if args.proof is not None and (args.since is not None or (args.log is not None and args.key is not None)):
        raise UsageError("a proof is checked by itself, without its log", "leave out --since, and --log or --key")
    if args.proof is not None and args.file is None:
        raise UsageError("the file that the proof shall be about is missing", "prosopon log check PROOF FILE")
    try:
        found, lines = _proof(args) if args.proof is not None else _log(args, console)
    except ProsoponError as error:
        if error.exit_code is not ExitCode.BAD_ANSWER:
            raise
        console.answer({"valid": False, "problem": error.what, "hint": error.hint})
        console.fail_softly(error.what, error.hint)
        return ExitCode.BAD_ANSWER
    from prosopon.app.which_log import MEANING

    console.answer({"valid": True, **found, "meaning": MEANING})
    console.say("\n".join([*lines, MEANING]))
    return ExitCode.FINE


def _proof(args: LogCheck) -> tuple[Mapping[str, Any], list[str]]:
    from prosopon.app.which_log import believed, key_of, log_at
    from prosopon.media.read import content_id
    from prosopon.vouch.log.checkpoint import witnesses
    from prosopon.vouch.log.entry import Entry
    from prosopon.vouch.log.proof import LARGEST, Logged, Proof, ProofFails

    assert args.proof is not None and args.file is not None  # noqa: S101 - `run` has seen to it
    try:
        with args.proof.open("rb") as file:
            proof = Proof.parse(file.read(LARGEST + 1))
    except OSError as error:
        raise MediaError(f"{args.proof} cannot be read: {error.strerror or error}", "check the path") from None
    logged = Logged.parse(proof.extra or b"")
    key = key_of(log_at(args.log), args.key)
    checkpoint, note = proof.check(logged.entry, key)
    try:
        entry = Entry.parse(logged.entry)
    except ProsoponError as error:
        raise ProofFails(error.what, error.hint) from None
    if not logged.names(content_id(args.file)):
        raise ProofFails(f"the proof holds, but it is about another file than {args.file}", "compare the files")
    seen = witnesses(note, believed(args.witness))
    found = {
        "file": args.file, "proof": args.proof, "origin": checkpoint.origin, "key": key.text, "index": proof.index,
        "size": checkpoint.size, "hidden": logged.salt is not None, "claimed_time": entry.time,
        "signed_with": entry.key, "manifest_sha256": entry.manifest, "watermark": entry.watermark,
        "witnesses": _as_json(seen),
    }  # fmt: skip
    lines = [
        f"{args.file} is entry {proof.index} of the log {checkpoint.origin}, as it was with {checkpoint.size} entries.",
        f"Whoever added it says that it was on {entry.time}; signed with the key {entry.key}.",
        *_told(seen),
    ]
    return found, lines


def _log(args: LogCheck, console: Console) -> tuple[Mapping[str, Any], list[str]]:
    from prosopon.app.which_log import believed, key_of, log_at
    from prosopon.vouch.log.auditing import audit
    from prosopon.vouch.log.checkpoint import witnesses
    from prosopon.vouch.log.files import LocalFiles
    from prosopon.vouch.log.reading import Log
    from prosopon.vouch.log.seen import HistoryRewritten, SeenLogs, Sight, demand_growth
    from prosopon.vouch.log.stamping import stamps

    files = log_at(args.log)
    key, memory = key_of(files, args.key), SeenLogs()
    before = memory.last(key)
    given = None if args.since is None else _given(args.since, key)
    log = Log.open(files, key)
    now = Sight(log.checkpoint, log.note_bytes)
    for sight in (given, before):
        if sight is not None:
            try:
                demand_growth(sight.checkpoint, log)
            except HistoryRewritten as error:
                if error.shown is None:
                    raise
                kept = memory.keep_evidence(sight.raw, now.raw, key, error.shown)
                raise HistoryRewritten(error.what, f"{error.hint}; what proves it is kept in {kept}") from None
    audited = audit(log, console)
    memory.remember(now, key)
    seen = witnesses(log.note, believed(args.witness))
    stamped = stamps(files.folder) if isinstance(files, LocalFiles) else []
    found = {
        "log": files.name, "origin": log.checkpoint.origin, "key": key.text, "size": log.size,
        "root": log.checkpoint.root.hex(), "entries_checked": audited.entries, "tiles_checked": audited.tiles,
        "seen_before": None if before is None else before.checkpoint.size,
        "since": None if given is None else given.checkpoint.size, "witnesses": _as_json(seen),
        "time_stamps": [{"size": one.size, "time": _utc(one.time), "signature_checked": False} for one in stamped],
    }  # fmt: skip
    lines = [
        f"The log {log.checkpoint.origin} has {log.size} entries; all of them, and {audited.tiles} tiles, come to what "
        f"its key signed.",
        "It was never seen here before, so only its present can be vouched for."
        if before is None
        else f"It continues what was last seen of it ({before.checkpoint.size} entries).",
        *([] if given is None else [f"It continues the checkpoint that was given ({given.checkpoint.size} entries)."]),
        *_told(seen),
        *(
            f"An authority states {_utc(one.time)} for {one.size} entries; its signature was not checked."
            for one in stamped
        ),
    ]
    return found, lines


def _given(path: Path, key: Any) -> Sight:
    from prosopon.vouch.log.checkpoint import opened
    from prosopon.vouch.log.note import LARGEST
    from prosopon.vouch.log.seen import Sight

    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except OSError as error:
        raise MediaError(f"{path} cannot be read: {error.strerror or error}", "check the path") from None
    checkpoint, _ = opened(raw, key)
    return Sight(checkpoint, raw)


def _as_json(seen: list[Witnessed]) -> list[dict[str, Any]]:
    return [{"name": one.name, "time": _utc(datetime.fromtimestamp(one.time_s, UTC))} for one in seen]


def _told(seen: list[Witnessed]) -> list[str]:
    if not seen:
        return ["No witness that is believed has signed for it."]
    return [f"The witness {one['name']} has seen it on {one['time']}." for one in _as_json(seen)]


def _utc(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")
