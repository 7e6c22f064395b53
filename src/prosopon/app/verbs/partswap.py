"""`prosopon partswap`: parts of a person in a picture on the person in a video."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from prosopon.app.args import Force, Label, Output, Source
from prosopon.app.console import Console
from prosopon.app.inputs import check_frames, compare_path
from prosopon.core.clip import Clip
from prosopon.core.errors import ExitCode
from prosopon.create.partswap.options import ALIGNMENT, WEIGHTS, SwapOptions, motion, wanted, whose
from prosopon.faces.crop_option import parse_crop
from prosopon.faces.parsing.parser import Name
from prosopon.media.outputs import check_output
from prosopon.media.read import read

if TYPE_CHECKING:
    from prosopon.core.faces import Tracks
    from prosopon.faces.finder import FaceFinder


@dataclass(frozen=True)
class Partswap:
    """Put parts of a person in a picture, such as hair, lips or the whole face, on the person in a video or picture.

    The person is followed and the sound is kept. The result is signed and labelled as synthetic, and a video of source,
    target and result side by side is written next to it.
    """

    source: Source
    """Picture of the person whose parts are taken (of a video: its first frame)."""
    target: Annotated[Path, tyro.conf.arg(aliases=["-t"], metavar="FILE")]
    """Video or picture that is edited."""
    output: Output
    """Result: .mp4, .mov, .webm, .gif, .png, .jpg, or a folder of PNGs (no suffix)."""
    options: tyro.conf.OmitArgPrefixes[SwapOptions] = field(default_factory=SwapOptions)
    weights: str = WEIGHTS
    """Name in `prosopon weights list`, or a path to a .safetensors."""
    alignment: str = ALIGNMENT
    """Animation weights for --motion fomm, likewise."""
    parser: Name = "auto"
    """Who finds parts by name: a net of ours, one that you have imported, or landmarks alone, which know no hair."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """Arithmetic of the nets: auto takes bf16 where the machine has units for it."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:1 ..."""
    faces: Literal["auto", "mediapipe", "builtin", "none"] = "auto"
    """Who finds faces; none: the whole picture is the head, or the crops that you give."""
    compare: bool = True
    """Write the side-by-side video or picture too."""
    label: Label = False
    """Mark it visibly, too: SYNTHETIC in the corner, and before a video a card that says so."""
    force: Force = False
    """Overwrite what is there."""


def run(args: Partswap, console: Console) -> int:
    """Swap, publish, compare."""
    outputs = [args.output, *([compare_path(args.output)] if args.compare else [])]
    for output in outputs:
        check_output(output, force=args.force, inputs=[args.source, args.target])
    source, target = read(args.source), read(args.target)
    check_frames(source, args.source)
    check_frames(target, args.target)

    from prosopon.app.compare import publish_row
    from prosopon.create.partswap.technique import PartSwap
    from prosopon.faces.finder import open_finder
    from prosopon.faces.parsing.parser import open_parser
    from prosopon.models.device import pick_device, pick_precision
    from prosopon.vouch.publish import publish

    device = pick_device(args.device)
    precision = pick_precision(args.precision, device)
    aligned = motion(args.options) == "fomm"
    model = PartSwap.from_weights(args.weights, alignment=args.alignment if aligned else None)
    model.to(device)
    parser = open_parser(args.parser) if wanted(args.options).names else None
    finder = None if args.faces == "none" else open_finder(args.faces)
    began = time.perf_counter()
    clip = model.create(
        _looked_for(source, target, args.options, finder, console), source=source, target=target,
        options=args.options, precision=precision, parser=parser, progress=console,
    )  # fmt: skip
    published = publish(clip, args.output, label=args.label, force=args.force, progress=console)
    seconds = time.perf_counter() - began
    if args.compare:
        publish_row((source, target), clip, published, compare_path(args.output), force=args.force, progress=console)
    console.answer(
        {
            **published.as_json(),
            "compare": compare_path(args.output) if args.compare else None,
            "parts": args.options.parts,
            "whose": whose(args.options),
            "motion": motion(args.options),
            "parser": None if parser is None else parser.name,
            "frames": len(clip),
            "size_px": [clip.width, clip.height],
            "duration_s": clip.duration_s,
            "weights": model.weights_name,
            "precision": str(precision).removeprefix("torch."),
            "device": str(device),
            "faces": None if finder is None else finder.name,
            "seconds": seconds,
            "ms_per_frame": 1000 * seconds / max(1, len(clip)),
        }
    )
    console.say(
        f"{published.path}: {len(clip)} frames, {clip.width}x{clip.height}, "
        f"{1000 * seconds / max(1, len(clip)):.0f} ms a frame; {published.told}"
    )
    if args.compare:
        console.say(f"{compare_path(args.output)}: source, target and result side by side")
    return ExitCode.FINE


def _looked_for(
    source: Clip, target: Clip, options: SwapOptions, finder: FaceFinder | None, console: Console
) -> dict[str, Tracks]:
    """The people of both clips, as far as somebody looks for them."""
    from prosopon.faces.likeness import joined_across_cuts
    from prosopon.faces.track import track

    if finder is None:
        return {}
    found = {}
    if parse_crop(options.crop, "crop") != "whole":
        found["source"] = track(Clip.still(source.first(), name=source.name), finder)
    if parse_crop(options.target_crop, "target_crop") != "whole":
        found["target"] = joined_across_cuts(track(target, finder, progress=console))
    return found
