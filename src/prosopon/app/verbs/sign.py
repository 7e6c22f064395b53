"""`prosopon sign`: put Content Credentials on a picture or video of one's own, without touching what it shows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from prosopon.app.args import Flag, Force, Input, Output
from prosopon.app.console import Console
from prosopon.core.errors import ExitCode, ProsoponError, UsageError
from prosopon.vouch.keys.algorithm import Algorithm
from prosopon.vouch.keys.certificate import signing_identity
from prosopon.vouch.keys.sealer import Sealer, sealer_from_command, sealer_from_files
from prosopon.vouch.manifest.binding import SIDECAR_SUFFIX
from prosopon.vouch.manifest.report import Answer
from prosopon.vouch.manifest.statement import Statement
from prosopon.vouch.signing import MadeFrom, Signed, sign

_Files = Annotated[tyro.conf.UseAppendAction[tuple[Path, ...]], tyro.conf.arg(metavar="FILE")]
_Words = Annotated[tyro.conf.UseAppendAction[tuple[str, ...]], tyro.conf.arg(metavar="NAME")]


@dataclass(frozen=True)
class Sign:
    """Sign a picture or video of your own with Content Credentials (C2PA). Picture and sound are copied as they are.

    A credential that the file holds already is carried along whole, as what the new one was opened from; nothing in
    it is redacted. Without --source-type nothing is claimed about where the file comes from: you had it, and signed
    it. What says that it is synthetic (credential, metadata, watermark) is not signed as captured.

    A signature says who signed and that nothing was changed since. That what is stated is true, nobody checks.
    """

    file: Annotated[Input, tyro.conf.arg(metavar="FILE")]
    """Picture, video or sound, or a folder of pictures."""
    output: Output
    """The signed copy, of the same format; or NAME.c2pa: only the credential, to lie beside the file."""
    title: str | None = None
    """What it is called; the name of the output when not given."""
    source_type: Annotated[str | None, tyro.conf.arg(metavar="TYPE")] = None
    """Where it comes from, an IPTC digital source type: digitalCapture, humanEdits, screenCapture, ..."""
    parent: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """What it is an edited version of (parentOf)."""
    ingredient: _Files = ()
    """What can be seen or heard in it (componentOf); once for each."""
    input: _Files = ()
    """What steered its making without being shown (inputTo); once for each."""
    action: _Words = ()
    """What was done to it, in order, in the standard's words: c2pa.cropped, c2pa.adjustedColor, ...; once for each."""
    no_training: Flag = False
    """Add the wish (CAWG) that neither data mining, nor training, nor inference use it. It binds nobody."""
    thumbnail: Flag = False
    """Put a small picture of it into the credential."""
    sidecar: Flag = False
    """Put the credential beside the copy (NAME.c2pa), even where the format could hold it."""
    time_authority: Annotated[str | None, tyro.conf.arg(metavar="URL")] = None
    """An RFC 3161 authority that confirms the time; it is asked over the network and learns a hash and your address."""
    certificate: Annotated[Path | None, tyro.conf.arg(metavar="CHAIN.pem")] = None
    """Another certificate than this installation's: the signer's, then what is above it."""
    key: Annotated[Path | None, tyro.conf.arg(metavar="KEY.pem")] = None
    """The private key of that certificate."""
    signer_command: Annotated[str | None, tyro.conf.arg(metavar="COMMAND")] = None
    """Instead of --key: a program that gets the bytes to be signed on stdin and writes the signature to stdout."""
    algorithm: tyro.conf.EnumChoicesFromValues[Algorithm | None] = None
    """How that key signs, where it can do several."""
    force: Force = False
    """Overwrite the output."""


def run(args: Sign, console: Console) -> int:
    """Sign the file and tell what was signed."""
    named = args.file if args.output.suffix.lower() == SIDECAR_SUFFIX else args.output
    statement = Statement(args.title or named.name, args.source_type, args.action, args.no_training)
    sealer = _sealer(args)
    signed = sign(
        args.file,
        args.output,
        statement,
        sealer,
        MadeFrom(args.parent, args.ingredient, args.input),
        sidecar=args.sidecar,
        thumbnail=args.thumbnail,
        force=args.force,
        read_mark=_stated_by_watermark,
        progress=console,
    )
    signer = signed.report.signer
    console.answer(
        {
            "path": signed.path,
            "sidecar": signed.sidecar,
            "title": statement.title,
            "source_type": signed.source_type,
            "ingredients": [
                {"title": name, "relationship": relationship.value} for name, relationship in signed.ingredients
            ],
            "key": sealer.key_id,
            "algorithm": sealer.algorithm.value,
            "time": signer.time if signer is not None else None,
            "report": signed.report.as_json(),
        }
    )
    console.say("\n".join(_lines(signed, sealer)))
    return ExitCode.FINE


def _stated_by_watermark(path: Path) -> str | None:
    """The digital source type that a file's watermark states; None where nothing can be read."""
    from prosopon.vouch.watermark.files import read_file

    try:
        mark = read_file(path).mark
    except ProsoponError:  # a kind of file that can be signed, and has no pixels that we can read
        return None
    return None if mark is None else mark.source_type


def _sealer(args: Sign) -> Sealer:
    if args.certificate is None:
        if args.key is not None or args.signer_command is not None:
            raise UsageError("a key of your own needs its certificate", "add --certificate CHAIN.pem")
        if args.algorithm is not None:
            raise UsageError("--algorithm is for a key of your own", "leave it out, or add --certificate")
        return Sealer.of(signing_identity(), args.time_authority)
    match args.key, args.signer_command:
        case Path() as key, None:
            return sealer_from_files(args.certificate, key, args.algorithm, args.time_authority)
        case None, str() as command:
            return sealer_from_command(command, args.certificate, args.algorithm, args.time_authority)
    raise UsageError("a certificate of your own needs one key", "add either --key or --signer-command")


def _lines(signed: Signed, sealer: Sealer) -> list[str]:
    where = f"{signed.path}" if signed.sidecar is None else f"{signed.path}, credential in {signed.sidecar}"
    lines = [f"Signed: {where}"]
    lines += [f"Made from: {name} ({relationship.value})" for name, relationship in signed.ingredients]
    lines.append(f"Stated origin: {signed.source_type or 'nothing'}")
    signer = signed.report.signer
    when = (
        f", at {signer.time} as its authority says" if signer is not None and signer.time else ", without a time-stamp"
    )
    lines.append(f"Key: {sealer.key_id} ({sealer.algorithm}){when}")
    if signed.report.trust is Answer.UNTRUSTED:
        lines.append(
            "No list of trusted signers was asked. Whoever is to trust your own key needs: prosopon keys export"
        )
    return lines
