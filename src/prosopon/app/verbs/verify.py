"""`prosopon verify`: everything that is known of a file: its credential, its watermark, the log, what it is like."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from prosopon.app.args import Flag, Force, Input
from prosopon.app.console import Console
from prosopon.core.errors import ExitCode, UsageError


@dataclass(frozen=True)
class Verify:
    """Check the Content Credentials (C2PA) of a file, read its watermark, ask the log, and look up what it is like.

    Each answer stands for itself: is it unchanged, does the signature hold, is the signer trusted; is there a mark; was
    it published here; is it like something that was. Exit code 3 if it was changed or the signature does not hold; a
    file without credentials, or one whose signer is not trusted, is fine. Nothing goes over the network without
    --online.
    """

    file: Annotated[Input, tyro.conf.arg(metavar="FILE")]
    """Picture, video, sound, document, or folder of pictures."""
    trust_anchors: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="FILE.pem")] = ()
    """Root certificates to trust; without them nobody is trusted, we ourselves included."""
    allowed: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="FILE.pem")] = ()
    """Signers' own certificates to trust, or lines of base64 SHA-256 of such."""
    time_authorities: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="FILE.pem")] = ()
    """Root certificates of authorities whose time-stamps are believed."""
    key_usages: Annotated[Path | None, tyro.conf.arg(metavar="FILE.cfg")] = None
    """Further key usages that a signer's certificate may have: object identifiers, one a line."""
    fragments: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="FILE.m4s")] = ()
    """Segments that follow the file, where it is the beginning of a fragmented MP4."""
    online: Flag = False
    """Fetch credentials that are kept elsewhere, and ask whether certificates were revoked: others will see that."""
    credential_only: Flag = False
    """Do not decode the file: no watermark, no look-up."""
    detect: Flag = False
    """Ask the detectors as well, as prosopon detect does: whether what it shows and sounds like is synthetic."""
    report: Annotated[Path | None, tyro.conf.arg(metavar="PAGE.html")] = None
    """Write everything as one page, with the pictures that the credential holds."""
    force: Force = False
    """Overwrite the page."""


def run(args: Verify, console: Console) -> int:
    """Gather, print, write the page."""
    from prosopon.app.detecting.beside import Detected
    from prosopon.media.outputs import check_output
    from prosopon.vouch.evidence import gather
    from prosopon.vouch.manifest.trust import Trust
    from prosopon.vouch.manifest.verify import Manner

    if args.detect and args.credential_only:
        raise UsageError("detectors have to decode the file", "leave out --detect or --credential-only")
    if args.report is not None:
        check_output(args.report, force=args.force, inputs=[args.file], suffixes=(".html",))
    trust = Trust.read(
        args.trust_anchors, allowed=args.allowed, time_stamps=args.time_authorities, key_usages=args.key_usages
    )
    manner = Manner(
        trust,
        online=args.online,
        announce=lambda address: console.note(f"asking {address}"),
        fragments=args.fragments,
        thumbnails=args.report is not None,
    )
    evidence = gather(args.file, manner=manner, pixels=not args.credential_only, progress=console)

    from prosopon.app.verify_text import lines

    detected = Detected.of(args.file, evidence, console) if args.detect else None
    if args.report is not None:
        from prosopon.app.verify_page import write_page

        write_page(evidence, args.report, detected.onto if detected is not None else _nothing)
    console.answer({**evidence.as_json(), **(detected.as_json() if detected is not None else {}), "page": args.report})
    console.say("\n".join([*lines(evidence), *(detected.lines() if detected is not None else ())]))
    return ExitCode.BAD_ANSWER if evidence.credential.is_bad else ExitCode.FINE


def _nothing(_: object) -> None:
    """Puts nothing onto a page."""
