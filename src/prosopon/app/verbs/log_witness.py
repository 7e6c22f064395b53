"""`prosopon log witness`: sign for what a log was when it was seen, unless its past was rewritten."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from prosopon.app.args import Force
from prosopon.app.console import Console
from prosopon.core.errors import ExitCode, FileExistsAlready, UsageError

if TYPE_CHECKING:
    from prosopon.vouch.log.witnessing import Witness


@dataclass(frozen=True)
class LogWitness:
    """Be a witness: sign for the newest state of a log, if it continues all that was signed for before.

    Worth something where the witness is somebody else than whoever runs the log, on another machine. What was last
    signed for is remembered; a log that contradicts it gets no signature (exit code 3), and both of its signed
    checkpoints are kept as evidence. With --listen, logs are answered that ask over the network (C2SP tlog-witness).
    """

    log: Annotated[str | None, tyro.conf.arg(metavar="DIR|URL")] = None
    """The log; your own unless given."""
    key: Annotated[tuple[str, ...], tyro.conf.arg(metavar="KEY")] = ()
    """The log's key, or a file that holds it; with --listen, those of all logs to sign for."""
    output: Annotated[Path | None, tyro.conf.arg(aliases=["-o"], metavar="PATH")] = None
    """Write the checkpoint with the new signature here; without this, into the log where it is a folder, and else to
    the screen."""
    key_file: Annotated[Path | None, tyro.conf.arg(metavar="FILE.pem")] = None
    """The witness's own key (Ed25519, PKCS#8), made where it is not there; one among your settings unless given."""
    name: str | None = None
    """Of the witness, by custom an address without https://; made of its key unless given."""
    memory: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """Where it is remembered what was signed for; a folder of its own unless given. Never delete it."""
    listen: int | None = None
    """Port to answer logs on that ask for signatures, until Ctrl-C; 0 for any that is free."""
    host: str = "127.0.0.1"
    """Address to listen on."""
    force: Force = False
    """Overwrite what is there."""


def run(args: LogWitness, console: Console) -> int:
    """Look, demand growth, sign."""
    from prosopon.vouch.log.seen import SeenLogs
    from prosopon.vouch.log.witnessing import Witness, witness_signer

    if args.output is not None and args.output.exists() and not args.force:
        raise FileExistsAlready(f"{args.output} exists already", "choose another name, or overwrite it with --force")
    signer = witness_signer(args.key_file, args.name)
    witness = Witness(signer, None if args.memory is None else SeenLogs(args.memory))
    if args.listen is not None:
        return _listen(args, args.listen, witness, console)
    if len(args.key) > 1:
        raise UsageError("one log has one key", "give --key once, or --listen to sign for several logs")
    return _sign(args, witness, console)


def _sign(args: LogWitness, witness: Witness, console: Console) -> int:
    from prosopon.app.which_log import key_of, log_at
    from prosopon.core.errors import ProsoponError
    from prosopon.models.files import write_atomically
    from prosopon.vouch.log.anchors import add_signatures
    from prosopon.vouch.log.files import LocalFiles
    from prosopon.vouch.log.reading import Log

    files = log_at(args.log)
    key = key_of(files, args.key[0] if args.key else None)
    before = witness.last(key)
    log = Log.open(files, key)
    line = witness.cosign(log, key)
    signed = log.note.with_lines([line])
    if args.output is not None:
        try:
            write_atomically(args.output, lambda path: _fill(path, signed))
        except OSError as error:
            raise ProsoponError(f"{args.output} cannot be written: {error.strerror or error}") from None
    elif isinstance(files, LocalFiles):
        add_signatures(files.folder, key, log.note, [line], wait_s=10.0)
    console.answer(
        {
            "log": files.name, "origin": log.checkpoint.origin, "size": log.size, "witness": witness.signer.name,
            "witness_key": witness.signer.verifier.text, "signature": line.rstrip("\n"), "checkpoint": signed,
            "signed_before": None if before is None else before.size,
        }
    )  # fmt: skip
    if args.output is None and not isinstance(files, LocalFiles):
        console.say(signed)
    continues = "it was never seen before" if before is None else f"it continues what it was at {before.size}"
    console.say(f"{log.checkpoint.origin} has {log.size} entries; {continues}: signed as {witness.signer.name}")
    console.say(f"The witness's key, for whoever believes it: {witness.signer.verifier.text}")
    return ExitCode.FINE


def _listen(args: LogWitness, port: int, witness: Witness, console: Console) -> int:
    from prosopon.app.which_log import key_from, key_of, log_at
    from prosopon.vouch.log.serving import witness_server

    if args.log is not None or args.output is not None:
        raise UsageError("--listen answers logs that ask", "leave out --log and --output, and give their keys: --key")
    keys = [key_from(one) for one in args.key] or [key_of(log_at(None), None)]
    with witness_server(witness, {key.name: key for key in keys}, args.host, port) as server:
        host, bound = server.server_address[:2]
        address = f"http://{f'[{host!s}]' if ':' in str(host) else host!s}:{bound}"
        try:
            console.note(f"the witness {witness.signer.verifier.text} answers at {address} until Ctrl-C")
            console.answer(
                {"address": address, "witness_key": witness.signer.verifier.text, "logs": [k.name for k in keys]}
            )
            server.serve_forever()
        except KeyboardInterrupt:
            console.say("stopped")
    return ExitCode.FINE


def _fill(path: Path, content: str) -> None:
    path.write_text(content, "utf-8")
