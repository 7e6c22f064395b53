"""`prosopon parts`: which number is which part, drawn over a picture or video."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import tyro

from prosopon.app.args import Force, Input, Output
from prosopon.app.console import Console
from prosopon.app.inputs import check_frames
from prosopon.core.errors import ExitCode, UsageError
from prosopon.create.partswap.options import WEIGHTS, SwapOptions
from prosopon.media.outputs import check_output
from prosopon.media.read import read


@dataclass(frozen=True)
class Parts:
    """Draw the parts that were found without labels over a picture or video, each with the number that
    `prosopon partswap --parts` knows it by."""

    input: Input
    """Picture or video of a person."""
    output: Output
    """Result: .mp4, .mov, .webm, .gif, .png, .jpg, or a folder of PNGs (no suffix)."""
    weights: str = WEIGHTS
    """Name in `prosopon weights list`, or a path to a .safetensors."""
    crop: Annotated[str, tyro.conf.arg(metavar="CROP")] = "auto"
    """Where the head is: auto follows the most prominent person, whole, or x,y,w,h for the one who is mostly in
    there."""
    strength: float = 0.6
    """Of the colours, 0 to 1."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:1 ..."""
    faces: Literal["auto", "mediapipe", "builtin", "none"] = "auto"
    """Who finds faces; none: the whole picture is the head, or the crop that you give."""
    force: Force = False
    """Overwrite what is there."""

    def __post_init__(self) -> None:
        if not 0 <= self.strength <= 1:
            raise UsageError(f"strength is {self.strength}", "give 0 to 1")


def run(args: Parts, console: Console) -> int:
    """Draw and publish."""
    check_output(args.output, force=args.force, inputs=[args.input])
    clip = read(args.input)
    check_frames(clip, args.input)

    from prosopon.create.partswap.following import heads_in_target
    from prosopon.create.partswap.shown import parts_drawn
    from prosopon.create.partswap.technique import PartSwap
    from prosopon.faces.finder import open_finder
    from prosopon.faces.track import track
    from prosopon.models.device import pick_device
    from prosopon.vouch.publish import publish

    model = PartSwap.from_weights(args.weights)
    model.checked((0,))
    model.to(pick_device(args.device))
    options = SwapOptions(target_crop=args.crop)
    looked_for = args.faces != "none" and args.crop != "whole"
    tracks_by = {"target": track(clip, open_finder(args.faces), progress=console)} if looked_for else {}
    heads = heads_in_target(clip, options, tracks_by, console)
    drawn = parts_drawn(model, clip, heads, strength=args.strength, weights_name=model.weights_name)
    published = publish(drawn, args.output, force=args.force, progress=console)
    console.answer(
        {
            **published.as_json(),
            "parts": model.config.num_segments,
            "frames": len(clip),
            "weights": model.weights_name,
        }
    )
    console.say(f"{published.path}: {model.config.num_segments} parts; 0 is the background")
    return ExitCode.FINE
