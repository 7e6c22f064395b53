"""`prosopon keys`: show this installation's keys, hand out their public part, renew them, revoke them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

import tyro
from cryptography import x509

from prosopon.app.args import Flag, Force, Output
from prosopon.app.console import Console
from prosopon.core.errors import ExitCode, UsageError
from prosopon.media.outputs import check_output, replacing
from prosopon.vouch.keys.certificate import certificate_folder, renew, retired, signing_identity
from prosopon.vouch.keys.export import fingerprint, public_part
from prosopon.vouch.keys.log_key import existing_log_signer
from prosopon.vouch.keys.revocation import Revocation, revocations, revoke

_CURRENT = "current"


@dataclass(frozen=True)
class Show:
    """Show the certificates of this installation, how long they are valid, and the key of its log. No secrets."""


@dataclass(frozen=True)
class Export:
    """Write the public part: the root's certificate, the revocation list, the log's key. For --trust-anchors."""

    output: Output
    """A PEM file."""
    earlier_roots: Flag = False
    """Also the roots of before the last `renew --root`."""
    force: Force = False
    """Overwrite the output."""


@dataclass(frozen=True)
class Renew:
    """Make a new signing key under the same root. The old certificate is kept, its private key is not."""

    root: Flag = False
    """Make a new root, too: who trusts the old one has to be given the new one."""


@dataclass(frozen=True)
class Revoke:
    """Say that a certificate is no longer to be believed. The one in use is renewed first."""

    serial: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="SERIAL")]
    """Its serial number (hexadecimal, as `prosopon keys show` prints it), or: current."""
    reason: Literal["unspecified", "keyCompromise", "affiliationChanged", "superseded", "cessationOfOperation"] = (
        "unspecified"
    )
    """Why: keyCompromise if someone else may have the key."""


_Args = (
    Annotated[Show, tyro.conf.subcommand("show")]
    | Annotated[Export, tyro.conf.subcommand("export")]
    | Annotated[Renew, tyro.conf.subcommand("renew")]
    | Annotated[Revoke, tyro.conf.subcommand("revoke")]
)


def run(args: _Args, console: Console) -> int:
    """Do what the second word says."""
    match args:
        case Show():
            _show(console)
        case Export():
            _export(args, console)
        case Renew():
            _renew(args, console)
        case Revoke():
            _revoke(args, console)
    return ExitCode.FINE


def _show(console: Console) -> None:
    identity = signing_identity()
    root = x509.load_pem_x509_certificate(identity.root)
    off = {one.serial: one for one in revocations()}
    log = existing_log_signer()
    console.answer(
        {
            "folder": certificate_folder(),
            "key": identity.key_id,
            "signer": _as_json(identity.certificate, off),
            "root": _as_json(root, off),
            "retired": [_as_json(one, off) for one in retired()],
            "revoked": [_revocation(one) for one in off.values()],
            "log_key": None if log is None else log.verifier.text,
        }
    )
    rows = [("signer", *_row(identity.certificate, off)), ("root", *_row(root, off))]
    rows += [("retired", *_row(one, off)) for one in retired()]
    console.table(("", "serial", "SHA-256", "valid until", ""), rows)
    console.say(f"\nKey in entries of the log: {identity.key_id}")
    console.say(f"Key of the log: {'none yet' if log is None else log.verifier.text}")
    console.say(f"Kept in {certificate_folder()}, readable by you alone.")


def _export(args: Export, console: Console) -> None:
    check_output(args.output, force=args.force, inputs=[], suffixes={".pem"})
    with replacing(args.output) as temporary:
        temporary.write_bytes(public_part(earlier_roots=args.earlier_roots))
    console.answer({"path": args.output})
    console.say(
        f"{args.output}: the public part, to be given to others. They check what you sign with\n"
        f"  prosopon verify FILE --trust-anchors {args.output.name}"
    )


def _renew(args: Renew, console: Console) -> None:
    identity = renew(root=args.root)
    console.answer({"key": identity.key_id, "expires": identity.expires, "new_root": args.root})
    console.say(f"New key {identity.key_id}, valid until {_day(identity.expires)}.")
    console.say("The old certificate is kept among the retired ones; what it signed stays valid.")
    if args.root:
        console.say("The root is new, too: hand it out again with prosopon keys export.")


def _revoke(args: Revoke, console: Console) -> None:
    identity = signing_identity()
    serial = identity.certificate.serial_number if args.serial == _CURRENT else _serial(args.serial)
    known = {identity.certificate.serial_number, *(one.serial_number for one in retired())}
    if serial not in known:
        raise UsageError(
            f"no certificate of this installation has the serial number {args.serial}",
            "prosopon keys show lists them",
        )
    renewed = serial == identity.certificate.serial_number
    if renewed:
        identity = renew()
    entry = revoke(serial, args.reason)
    console.answer({"revoked": _revocation(entry), "key": identity.key_id, "renewed": renewed})
    console.say(f"Revoked: {serial:x} ({entry.reason}), since {entry.time:%Y-%m-%d %H:%M} UTC.")
    if renewed:
        console.say(f"It was the one in use; the new key is {identity.key_id}.")
    if args.reason == "keyCompromise":
        console.say(
            "Whoever could read that key could read the root's, too: prosopon keys renew --root makes a new one."
        )
    console.say("Others learn of it from the list in: prosopon keys export")


def _serial(text: str) -> int:
    try:
        return int(text.replace(":", ""), 16)
    except ValueError:
        raise UsageError(f"{text!r} is no serial number", "prosopon keys show lists them, or give: current") from None


def _row(certificate: x509.Certificate, off: dict[int, Revocation]) -> tuple[str, str, str, str]:
    entry = off.get(certificate.serial_number)
    return (
        f"{certificate.serial_number:x}",
        fingerprint(certificate)[:16],
        _day(certificate.not_valid_after_utc),
        "" if entry is None else f"revoked {_day(entry.time)}: {entry.reason}",
    )


def _as_json(certificate: x509.Certificate, off: dict[int, Revocation]) -> dict[str, Any]:
    entry = off.get(certificate.serial_number)
    return {
        "serial": f"{certificate.serial_number:x}",
        "sha256": fingerprint(certificate),
        "valid_from": certificate.not_valid_before_utc.isoformat(),
        "valid_until": certificate.not_valid_after_utc.isoformat(),
        "revoked": None if entry is None else _revocation(entry),
    }


def _revocation(entry: Revocation) -> dict[str, Any]:
    return {"serial": f"{entry.serial:x}", "time": entry.time.isoformat(), "reason": entry.reason}


def _day(time: datetime) -> str:
    return f"{time:%Y-%m-%d}"
