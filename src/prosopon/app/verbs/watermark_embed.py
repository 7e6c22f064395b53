"""`prosopon watermark embed`: 64 bits into the pixels of a picture or video, where they are not seen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

import tyro

from prosopon.app.args import Force, Input, Output
from prosopon.app.console import Console
from prosopon.app.inputs import check_frames
from prosopon.core.clip import Clip
from prosopon.core.errors import ExitCode
from prosopon.core.history import SourceType
from prosopon.media.outputs import check_output
from prosopon.media.read import read
from prosopon.vouch.evidence import gather
from prosopon.vouch.publish import publish
from prosopon.vouch.watermark.mark import Mark, kind_of
from prosopon.vouch.watermark.methods import Method, marked_by


@dataclass(frozen=True)
class WatermarkEmbed:
    """Put a number of 64 bits into the pixels of a picture or video, where it is not seen, and sign the result.

    It survives JPEG, resizing, video codecs, moderate crops and small turns, and is read without the original. The key
    is public, so that everybody can read such marks; so everybody can write, copy and remove them, too. A watermark is
    a label, not evidence. What the file says of itself stays: a synthetic file remains labelled as synthetic.
    """

    file: Annotated[Input, tyro.conf.arg(metavar="FILE")]
    """Picture, video, or folder of pictures; at least 64 pixels wide and high."""
    output: Output
    """The marked copy; the suffix chooses the format."""
    payload: Annotated[str, tyro.conf.arg(metavar="HEX16")]
    """What to put in: 16 hexadecimal digits, such as 00112233aabbccdd."""
    method: Method = "stdm"
    """Ours; hidden: ours, learned, for stills that will be cut; trustmark: Adobe's, for stills, if it is installed."""
    force: Force = False
    """Overwrite what is there."""


def run(args: WatermarkEmbed, console: Console) -> int:
    """Mark and publish, which reads it back."""
    mark = Mark.of_hex(args.payload)
    check_output(args.output, force=args.force, inputs=[args.file])
    clip = read(args.file, progress=console)
    check_frames(clip, args.file)
    stated = next((one.source_type.rpartition("/")[2] for one in gather(args.file, alike=False).declared), None)
    mark = replace(mark, kind=kind_of(stated))
    carrying = marked_by(args.method, clip, mark)
    published = publish(_labelled(carrying, stated), args.output, force=args.force, progress=console)
    console.answer({**published.as_json(), "payload": mark.hex, "kind": mark.kind, "method": args.method})
    console.say(f"{published.path}: carries {mark.hex}, read back; {published.told}")
    console.say("The mark is a label, not evidence: anybody can copy it to another picture, and can remove it.")
    return ExitCode.FINE


def _labelled(clip: Clip, stated: str | None) -> Clip:
    """The clip whose last step, the marking, says what it is: what it was before, or changed and not generated."""
    known = {one.value: one for one in SourceType}
    source_type = SourceType.ENHANCED if stated is None else known.get(stated, SourceType.COMPOSITE)
    return replace(clip, history=(*clip.history[:-1], replace(clip.history[-1], source_type=source_type)))
