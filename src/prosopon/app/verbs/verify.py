"""`prosopon verify`: who sealed a file, what was done to it, and whether it was changed since."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from prosopon.app.args import Input
from prosopon.app.console import Console
from prosopon.core.errors import ExitCode
from prosopon.vouch.report import Answer, Report
from prosopon.vouch.settings import SDK
from prosopon.vouch.verify import verify


@dataclass(frozen=True)
class Verify:
    """Check the Content Credentials (C2PA) in a file, or in the .c2pa file beside it. Never goes online.

    Three separate answers: is it unchanged, does the signature hold, is the signer trusted. Exit code 3 if it was
    changed or the signature does not hold; a file without credentials, or one whose signer is not trusted, is fine.
    """

    file: Annotated[Input, tyro.conf.arg(metavar="FILE")]
    """Picture, video, or folder of pictures."""
    trust_anchors: Annotated[Path | None, tyro.conf.arg(metavar="FILE.pem")] = None
    """Root certificates to trust; without them nobody is trusted, we ourselves included."""


def run(args: Verify, console: Console) -> int:
    """Print the report."""
    report = verify(args.file, args.trust_anchors)
    console.answer(report.as_json())
    console.say("\n".join(_shown(line) for line in _lines(report)))
    return ExitCode.BAD_ANSWER if report.is_bad else ExitCode.FINE


def _lines(report: Report) -> Iterator[str]:
    yield f"integrity  {report.integrity:<9}  {_integrity(report)}"
    yield f"signature  {report.signature:<9}  {_signature(report)}"
    yield f"trust      {report.trust:<9}  {_trust(report)}"
    yield f"synthetic  {_SYNTHETIC[report.synthetic]}"
    yield ""
    if report.credential is not None:
        yield from _details(report)
    if report.remote is not None:
        yield f"The file names a credential kept at {report.remote}; it was not fetched."
    if report.unsigned_source_type is not None and report.unsigned_source_type not in report.source_types:
        yield f"Its unsigned metadata (XMP) says: {report.unsigned_source_type}. Anybody can write that."
    yield _meaning(report)
    yield f"Checked offline by {SDK}; trust list: {report.trust_list or 'none'}; revocation was not checked."


def _integrity(report: Report) -> str:
    match report.integrity:
        case Answer.OK:
            return "Not changed since it was sealed."
        case Answer.BROKEN if report.problem is not None:
            return f"The credential in it is damaged and cannot be read ({report.problem})."
        case Answer.BROKEN:
            return "Changed after it was sealed, or the seal belongs to another file."
    because = f": {report.problem}" if report.problem is not None else ""
    return f"There is no credential that could be checked{because}."


def _signature(report: Report) -> str:
    signer = report.signer
    who = ""
    if signer is not None:
        who = " of " + " / ".join(part for part in (signer.common_name, signer.organisation) if part)
    match report.signature:
        case Answer.VALID:
            when = f", time-stamped {signer.time}" if signer is not None and signer.time else ", without a time-stamp"
            return f"Made with the key{who}{when}."
        case Answer.INVALID:
            return f"Does not hold: nothing shows that the key{who} signed this."
    return "Nobody signed it."


def _trust(report: Report) -> str:
    match report.trust:
        case Answer.TRUSTED:
            return f"The signer's certificate leads to a root in {report.trust_list}."
        case Answer.UNTRUSTED if report.signature is Answer.INVALID:
            return "Without a valid signature there is nobody to trust."
        case Answer.UNTRUSTED if report.trust_list is None:
            return "No trust list was given, so nobody confirms who the signer is."
        case Answer.UNTRUSTED:
            return f"The signer's certificate leads to no root in {report.trust_list}."
    return "There is no signer."


_SYNTHETIC = {
    True: "yes        The credential says that a machine made it, or part of it.",
    False: "no         The credential says that it was captured or drawn, or changed without generating anything.",
    None: "not said   Nothing is stated about how the content came about.",
}


def _details(report: Report) -> Iterator[str]:
    yield f"Sealed by: {report.generator or 'unknown software'} ({report.credential})"
    for source_type in report.source_types:
        yield f"Labelled: {source_type}"
    for ingredient in report.ingredients:
        wrong = [code for code in ingredient.failures if code != "signingCredential.untrusted"]
        remark = f"; its own credential fails: {', '.join(wrong)}" if wrong else ""
        yield f"Made from: {ingredient.title} ({ingredient.relationship}{remark})"
    yield f"Codes: {', '.join(code for code in report.codes if code not in report.source_types)}"
    yield ""


def _meaning(report: Report) -> str:
    if report.credential is None:
        return "A missing credential proves nothing: most files never had one, and any re-encoding removes it."
    if report.is_bad:
        return "What the credential says does not count for this file. It does not show who changed it, or why."
    return (
        "This shows that the holder of that key sealed exactly these bytes and said this about them. "
        "It does not show that what was said is true."
    )


def _shown(text: str) -> str:
    """Text from a stranger's file, without what could steer the terminal."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
