"""`prosopon edit`: other hair, glasses, a beard, more years or a smile for the person in a picture or video."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Annotated, Literal

import tyro

from prosopon.app.args import Force, Input, Label, Output
from prosopon.app.console import Console
from prosopon.app.inputs import check_frames, compare_path
from prosopon.core.errors import ExitCode
from prosopon.create.stargan.options import WEIGHTS, EditOptions
from prosopon.media.outputs import check_output
from prosopon.media.read import read


@dataclass(frozen=True)
class Edit:
    """Give the person in a picture or video other hair, glasses, a beard, more years or a smile.

    The head is followed and the sound is kept. The result is signed and labelled as synthetic, and original and result
    side by side are written next to it.
    """

    target: Annotated[Input, tyro.conf.arg(metavar="FILE")]
    """Picture or video that shows somebody."""
    output: Output
    """Result: .mp4, .mov, .webm, .gif, .png, .jpg, or a folder of PNGs (no suffix)."""
    options: tyro.conf.OmitArgPrefixes[EditOptions] = field(default_factory=EditOptions)
    weights: str = WEIGHTS
    """Name in `prosopon weights list`, a path to a .safetensors, or the run folder of a training."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """Arithmetic of the nets: auto takes bf16 where the machine has units for it."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:1 ..."""
    faces: Literal["auto", "mediapipe", "builtin", "none"] = "auto"
    """Who finds faces; none: the whole picture is the head."""
    compare: bool = True
    """Write the side-by-side video or picture too."""
    label: Label = False
    """Mark it visibly, too: SYNTHETIC in the corner, and before a video a card that says so."""
    force: Force = False
    """Overwrite what is there."""


def run(args: Edit, console: Console) -> int:
    """Edit, publish, compare."""
    outputs = [args.output, *([compare_path(args.output)] if args.compare else [])]
    for output in outputs:
        check_output(output, force=args.force, inputs=[args.target])
    target = read(args.target)
    check_frames(target, args.target)

    from prosopon.app.compare import publish_row
    from prosopon.create.stargan.technique import Stargan
    from prosopon.faces.finder import open_finder
    from prosopon.faces.likeness import joined_across_cuts
    from prosopon.faces.track import track
    from prosopon.models.device import pick_device, pick_precision
    from prosopon.vouch.publish import publish

    device = pick_device(args.device)
    precision = pick_precision(args.precision, device)
    model = Stargan.from_weights(args.weights)
    model.to(device)
    finder = None if args.faces == "none" else open_finder(args.faces)
    tracks = {} if finder is None else {"target": joined_across_cuts(track(target, finder, progress=console))}
    began = time.perf_counter()
    clip = model.create(tracks, target=target, options=args.options, precision=precision, progress=console)
    published = publish(clip, args.output, label=args.label, force=args.force, progress=console)
    seconds = time.perf_counter() - began
    if args.compare:
        publish_row((target,), clip, published, compare_path(args.output), force=args.force, progress=console)
    console.answer(
        {
            **published.as_json(),
            "compare": compare_path(args.output) if args.compare else None,
            "edit": args.options.edit,
            "attributes": clip.history[-1].params["attributes"],
            "frames": len(clip),
            "size_px": [clip.width, clip.height],
            "duration_s": clip.duration_s,
            "weights": model.weights_name,
            "precision": str(precision).removeprefix("torch."),
            "device": str(device),
            "faces": None if finder is None else finder.name,
            "seconds": seconds,
            "ms_per_frame": 1000 * seconds / len(clip),
        }
    )
    console.say(
        f"{published.path}: {len(clip)} frames, {clip.width}x{clip.height}, "
        f"{1000 * seconds / len(clip):.0f} ms a frame; {published.told}"
    )
    if args.compare:
        console.say(f"{compare_path(args.output)}: original and result side by side")
    return ExitCode.FINE
