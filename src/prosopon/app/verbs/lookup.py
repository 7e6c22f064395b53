"""`prosopon lookup`: is this picture or video one of mine, and where does it differ?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from prosopon.app.args import Force, Input
from prosopon.app.console import Console
from prosopon.app.inputs import check_frames
from prosopon.core.errors import ExitCode, FileExistsAlready, UsageError
from prosopon.media.outputs import check_output
from prosopon.media.read import read
from prosopon.vouch.manifest.strangers_text import shown

if TYPE_CHECKING:
    from prosopon.vouch.lookup.report import LookupReport

_LONGEST_LINE = 2000


@dataclass(frozen=True)
class Lookup:
    """Look a picture or video up among your own originals (prosopon lookup add) and what was published here.

    Answers: no match; the same; or the same but for regions, which are shown: a face that was swapped, something that
    was put in. Copies are found after re-encoding, resizing, turning, mirroring and changes of colour; crops of up to
    about a tenth mostly, larger ones seldom. No match proves nothing. Nothing leaves this machine.
    """

    file: Annotated[Input, tyro.conf.arg(metavar="FILE")]
    """Picture, video, or folder of pictures."""
    output: Annotated[Path | None, tyro.conf.arg(aliases=["-o"], metavar="PICTURE")] = None
    """Write a picture of the best match: the file, the original, and where they differ (.png or .jpg)."""
    report: Annotated[Path | None, tyro.conf.arg(metavar="PAGE.html")] = None
    """Write a page with everything that was found, and its pictures beside it."""
    force: Force = False
    """Overwrite what is there."""


def run(args: Lookup, console: Console) -> int:
    """Look up, tell, and draw what was asked for."""
    if args.output is not None:
        check_output(args.output, force=args.force, inputs=[args.file], suffixes=(".png", ".jpg", ".jpeg"))
    if args.report is not None:
        if args.report.suffix.lower() not in (".html", ".htm"):
            raise UsageError(f"{args.report} is no name of a page", "give one that ends in .html")
        if args.report.exists() and not args.force:
            raise FileExistsAlready(f"{args.report} is there already", "overwrite it with --force")
    clip = read(args.file, progress=console)
    check_frames(clip, args.file)

    from prosopon.app.lookup_page import publish_comparison, write_page
    from prosopon.vouch.lookup.look_up import look_up

    report = look_up(clip, progress=console)
    console.answer({"file": str(args.file), **report.as_json()})
    for line in _lines(report):
        console.say(line)
    first = next((match.compared[0] for match in report.matches if match.compared), None)
    if args.output is not None:
        if first is None:
            console.note(f"{args.output} was not written: there is nothing to show beside each other")
        else:
            publish_comparison(clip, first, args.output, force=args.force, progress=console)
    if args.report is not None:
        write_page(args.report, clip, report, force=args.force, progress=console)
    return ExitCode.FINE


def _lines(report: LookupReport) -> list[str]:
    lines = [report.text]
    for match in report.matches:
        fit = f", {100 * match.compared[0].registration.fit:.0f} % of it fits" if match.compared else ""
        lines.append(f"  {match.answer.value:<8}  {match.of:<9}  {match.name}  (distance {match.distance} of 256{fit})")
        for one in match.compared[:1]:
            lines += [
                f"            {region.left:.0f},{region.top:.0f} to {region.right:.0f},{region.bottom:.0f}: "
                f"{100 * region.share:.1f} % of the picture, {region.strength:.0f} times the expected error"
                for region in one.difference.regions
            ]
    return [shown(line, _LONGEST_LINE) for line in lines]
