"""`prosopon watermark read`: whether there is a watermark in a file, what it says, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

import tyro

from prosopon.app.args import Input
from prosopon.app.console import Console
from prosopon.core.errors import ExitCode
from prosopon.media.read import read
from prosopon.vouch.watermark.methods import Method, read_by
from prosopon.vouch.watermark.placement import Placement
from prosopon.vouch.watermark.reading import Reading


@dataclass(frozen=True)
class WatermarkRead:
    """Look for a watermark that Prosopon put into a picture or video, and read it without the original.

    Exit code 0 whether or not there is one. Found means: the probability that a picture without a watermark reads so
    well, over everything that was tried, is at most one in a million.
    """

    file: Annotated[Input, tyro.conf.arg(metavar="FILE")]
    """Picture, video, or folder of pictures."""
    effort: Literal["quick", "full"] = "full"
    """Quick: the picture as it is, at most resized; full: also cropped, turned, mirrored, with other tones."""
    method: Method = "stdm"
    """Ours; hidden: ours, learned, in stills; trustmark: Adobe's, in stills, if it is installed."""


def run(args: WatermarkRead, console: Console) -> int:
    """Read and tell."""
    reading = read_by(args.method, read(args.file, progress=console), args.effort)
    console.answer(reading.as_json())
    console.say("\n".join(_lines(reading)))
    return ExitCode.FINE


def _lines(reading: Reading) -> Iterator[str]:
    if reading.note:
        yield f"No watermark was looked for: {reading.note}."
        return
    mark = reading.mark
    if mark is None:
        yield f"No watermark was found ({reading.windows} ways of reading were tried)."
        yield "That proves nothing: most pictures never had one, and whoever wants it gone can remove it."
        return
    yield f"Watermark  {mark.hex}"
    if mark.source_type is not None:
        yield f"It says    {mark.source_type}"
    elif mark.kind == 0:
        yield "It says    nothing about how the picture was made (a mark put in by hand)"
    else:
        yield f"It says    kind {mark.kind}, which is not known to this version"
    if reading.method != "trustmark":
        yield f"Chance     at most {reading.p_value:.0e} that something unmarked reads so ({reading.windows} tried)"
    yield f"Corrected  {reading.errors} of {reading.bits} bits"
    if reading.placement is not None:
        yield f"Changed    {_change(reading.placement)}"
    if reading.segments:
        alone = sum(one.found for one in reading.segments)
        yield f"Pieces     {alone} of {len(reading.segments)} of the video show it by themselves"
    yield "A watermark is a label, not evidence: its key is public, so anybody can read it, copy it to another picture,"
    yield "or remove it. It does not show that what it says is true of this picture."


def _change(placement: Placement) -> str:
    if placement.is_whole:
        return "shows all of what was marked, upright"
    told = [f"about {placement.seen:.0%} of what was marked is in the picture"]
    if abs(placement.rotation_deg) >= 0.3:
        told.append(f"turned by {placement.rotation_deg:+.1f} degrees (clockwise is positive)")
    if placement.mirrored:
        told.append("mirrored")
    return ", ".join(told)
