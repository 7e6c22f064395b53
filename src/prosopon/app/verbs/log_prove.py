"""`prosopon log prove`: a proof, in one file, that something is in a log."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from prosopon.app.args import Force, Output
from prosopon.app.console import Console
from prosopon.core.errors import ExitCode, FileExistsAlready, MissingError

if TYPE_CHECKING:
    from prosopon.vouch.log.files import Files
    from prosopon.vouch.log.note import Verifier
    from prosopon.vouch.log.proof import Logged


@dataclass(frozen=True)
class LogProve:
    """Write a proof that a file is in a log: one small text file, which anybody checks without the log.

    Its form is C2SP's tlog-proof. It holds the place, the path through the tree, the log's signed checkpoint with the
    signatures of witnesses, and the entry itself.
    """

    what: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="FILE|INDEX")]
    """The file; or its place in the log; or an old receipt, of which a newer one is wanted."""
    output: Output
    """The proof, by custom *.tlog-proof."""
    log: Annotated[str | None, tyro.conf.arg(metavar="DIR|URL")] = None
    """Another log than your own; of an address, what is needed is read over the network."""
    key: Annotated[str | None, tyro.conf.arg(metavar="KEY")] = None
    """The log's key, or a file that holds it; not needed for your own."""
    witness: Annotated[tuple[str, ...], tyro.conf.arg(metavar="KEY")] = ()
    """Keys of witnesses to believe, beside those in log-witnesses.txt: the proof is made for the first state of the
    log that one of them has signed for."""
    force: Force = False
    """Overwrite what is there."""


def run(args: LogProve, console: Console) -> int:
    """Find, prove, write."""
    from prosopon.app.which_log import MEANING, believed, key_of, log_at
    from prosopon.vouch.log.checkpoint import opened, witnesses
    from prosopon.vouch.log.receipts import proof_of, write_proof

    if args.output.exists() and not args.force:
        raise FileExistsAlready(f"{args.output} exists already", "choose another name, or overwrite it with --force")
    files, known = log_at(args.log), believed(args.witness)
    key = key_of(files, args.key)
    index, logged = _wanted(args.what, files, key)
    proof = proof_of(files, key, index, logged, known)
    write_proof(proof, args.output)
    checkpoint, note = opened(proof.checkpoint, key)
    seen = witnesses(note, known)
    console.answer(
        {
            "output": args.output, "log": files.name, "origin": checkpoint.origin, "key": key.text, "index": index,
            "size": checkpoint.size, "hashes": len(proof.path), "witnesses": [one.name for one in seen],
            "meaning": MEANING,
        }
    )  # fmt: skip
    console.say(f"{args.output}: entry {index} of {checkpoint.origin}, in its state of {checkpoint.size} entries")
    console.say(f"Check it with: prosopon log check {args.output} FILE --key {key.text}")
    console.say(MEANING)
    return ExitCode.FINE


def _wanted(what: str, files: Files, key: Verifier) -> tuple[int, Logged | None]:
    from prosopon.media.read import content_id
    from prosopon.vouch.log.proof import LARGEST, SUFFIX, Logged, Proof
    from prosopon.vouch.log.recording import look_up_in

    path = Path(what)
    if what.isascii() and what.isdecimal() and not path.exists():
        return int(what), None
    if path.suffix == SUFFIX and path.is_file():
        with path.open("rb") as file:
            old = Proof.parse(file.read(LARGEST + 1))
        return old.index, Logged.parse(old.extra or b"")
    found = look_up_in(files, key, {"asset": content_id(path)})
    if not found:
        raise MissingError(
            f"{path} is not in the log {files.name}",
            "a file that was added with --salt is only found by its receipt or its index",
        )
    return found[0].index, None
