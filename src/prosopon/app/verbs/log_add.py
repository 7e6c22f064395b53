"""`prosopon log add`: files get an entry in the append-only log, and a receipt."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from prosopon.app.args import Flag, Force, Inputs
from prosopon.app.console import Console
from prosopon.core.errors import ExitCode, FileExistsAlready, UsageError

if TYPE_CHECKING:
    from prosopon.vouch.log.calendars import Submission


@dataclass(frozen=True)
class LogAdd:
    """Put files into the append-only log: their hashes and those of their credentials, no media and no names.

    Each gets a receipt beside it, FILE.tlog-proof, that proves it without the log. It proves that this key signed for
    the file no later than then, not that anything is true or was first; a witness makes it worth more (log witness).
    """

    files: Annotated[Inputs, tyro.conf.arg(metavar="FILE")]
    """Any files, or folders of pictures."""
    log: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """Another log than the usual one; each has a key of its own."""
    salt: Flag = False
    """Hide the hash: nobody can tell from the log which file it was. The salt is only in the receipt: keep it."""
    watermark: Annotated[str | None, tyro.conf.arg(metavar="HEX16")] = None
    """Payload of the file's watermark, by which the entry is found again."""
    receipts: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """Put receipts here, and not beside the files."""
    witness: Annotated[tuple[str, ...], tyro.conf.arg(metavar="URL")] = ()
    """Ask these witnesses over the network to sign for the log as well; their keys are in log-witnesses.txt among the
    user's settings, or given with --witness-key."""
    witness_key: Annotated[tuple[str, ...], tyro.conf.arg(metavar="KEY")] = ()
    """Keys of witnesses to believe."""
    time_authority: Annotated[str | None, tyro.conf.arg(metavar="URL")] = None
    """Ask this RFC 3161 authority over the network to stamp the log's new state."""
    calendar: Annotated[tyro.conf.UseAppendAction[tuple[str, ...]], tyro.conf.arg(metavar="URL")] = ()
    """Send a hash of the log's new state over the network to this calendar of OpenTimestamps, which anchors it in
    Bitcoin hours later. Needs the package opentimestamps."""
    force: Force = False
    """Overwrite receipts that are there."""


def run(args: LogAdd, console: Console) -> int:
    """Hash, append, prove, write receipts."""
    if not args.files:
        raise UsageError("no file to add to the log was given", "name one or more")
    if args.salt and args.watermark is not None:
        raise UsageError("--salt hides which file it was, and --watermark tells", "leave one of them out")
    from prosopon.app.which_log import MEANING, believed
    from prosopon.vouch.log.calendars import demand_usable
    from prosopon.vouch.log.file_entry import entry_of
    from prosopon.vouch.log.own_keys import log_folder, signer_of
    from prosopon.vouch.log.proof import SUFFIX
    from prosopon.vouch.log.receipts import write_receipt
    from prosopon.vouch.log.recording import record_all

    places = [_receipt(args, path, SUFFIX) for path in args.files]
    taken = next(
        (one for at, one in enumerate(places) if one in places[:at] or (one.exists() and not args.force)), None
    )
    if taken is not None:
        raise FileExistsAlready(
            f"the receipt {taken} is there already", "choose another folder with --receipts, or add --force"
        )
    if args.calendar:
        demand_usable(args.calendar)
    known = believed(args.witness_key)
    folder = log_folder() if args.log is None else args.log
    signer = signer_of(folder)
    console.start("hashing", len(args.files))
    logged = []
    for path in args.files:
        logged.append(entry_of(path, signer.verifier.key_hash.hex(), watermark=args.watermark, hide=args.salt))
        console.advance()
    recorded = record_all([one.entry for one in logged], folder, signer)
    console.finish()
    seen_by, stamped = _vouched(args, folder, signer.verifier, known, console)
    submission = _submitted(args, folder, signer.verifier, console)
    added: list[dict[str, Any]] = []
    for path, one, made, receipt in zip(args.files, logged, recorded, places, strict=True):
        write_receipt(folder, signer.verifier, made.index, one, receipt)
        added.append({"file": path, "index": made.index, "entry": one.entry.decode(), "receipt": receipt})
        console.say(f"{path}: entry {made.index}, receipt {receipt}")
    size = recorded[-1].size
    console.answer(
        {
            "log": folder, "origin": signer.name, "key": signer.verifier.text, "size": size, "added": added,
            "witnesses": seen_by, "time_stamp": stamped,
            "calendars": _as_json(submission), "meaning": MEANING,
        }
    )  # fmt: skip
    console.say(f"The log has {size} {'entry' if size == 1 else 'entries'}; its key is {signer.verifier.text}")
    for name in seen_by:
        console.say(f"witnessed by {name}")
    if stamped is not None:
        console.say(f"time-stamped by {args.time_authority}: {stamped}")
    if submission is not None:
        console.say(
            f"sent to {', '.join(submission.calendars)}; the proof is pending: {submission.proof}\n"
            f"Bitcoin confirms it in hours. Then `ots upgrade` completes that file and `ots verify` checks it with a "
            f"Bitcoin node; neither is done here."
        )
    console.say(MEANING)
    return ExitCode.FINE


def _receipt(args: LogAdd, path: Path, suffix: str) -> Path:
    folder = path.absolute().parent if args.receipts is None else args.receipts
    return folder / f"{path.absolute().name}{suffix}"


def _vouched(args: LogAdd, folder: Path, key: Any, known: Any, console: Console) -> tuple[list[str], str | None]:
    """Who else signed for the new state; the files are in the log even where nobody would."""
    from prosopon.core.errors import ProsoponError
    from prosopon.vouch.log.asking import ask_witness
    from prosopon.vouch.log.stamping import stamp

    names: list[str] = []
    stamped = None
    for url in args.witness:
        try:
            names += ask_witness(folder, key, url, known)
        except ProsoponError as error:
            console.note(f"the witness {url} did not sign: {error}")
    if args.time_authority is not None:
        try:
            stamped = stamp(folder, key, args.time_authority)
        except ProsoponError as error:
            console.note(f"the time authority {args.time_authority} did not stamp: {error}")
    return names, stamped


def _submitted(args: LogAdd, folder: Path, key: Any, console: Console) -> Submission | None:
    """The new state's pending proof; None where no calendar was given, or none took it."""
    from prosopon.core.errors import ProsoponError
    from prosopon.vouch.log.calendars import submit

    if not args.calendar:
        return None
    try:
        submission = submit(folder, key, args.calendar)
    except ProsoponError as error:
        console.note(f"there is no proof of the calendars: {error}")
        return None
    for url, why in submission.refused:
        console.note(f"the calendar {url} did not take it: {why}")
    return None if submission.proof is None else submission


def _as_json(submission: Submission | None) -> dict[str, Any] | None:
    return None if submission is None else {"proof": submission.proof, "pending_at": submission.calendars}
