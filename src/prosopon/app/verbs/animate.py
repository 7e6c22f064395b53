"""`prosopon animate`: a picture moves like a video."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import tyro

from prosopon.app.args import Driving, Force, Label, Output, Source
from prosopon.app.console import Console
from prosopon.app.inputs import check_frames, compare_path
from prosopon.core.errors import ExitCode, UsageError
from prosopon.create.fomm.options import WEIGHTS, AnimateOptions
from prosopon.media.outputs import check_output
from prosopon.media.read import read

if TYPE_CHECKING:
    import torch

    from prosopon.create.fomm.engines import Engine


@dataclass(frozen=True)
class Animate:
    """Let a picture move like a video.

    The face is found and cut out, moved, and put back; the driving's sound is kept. The result is signed and labelled
    as synthetic, and a video of source, driving and result side by side is written next to it.
    """

    source: Source
    """Picture whose face shall move (of a video: its first frame)."""
    driving: Driving
    """Video whose motion and sound are taken."""
    output: Output
    """Result: .mp4, .mov, .webm, .gif, or a folder of PNGs (no suffix)."""
    options: tyro.conf.OmitArgPrefixes[AnimateOptions] = field(default_factory=AnimateOptions)
    weights: str = WEIGHTS
    """Name in `prosopon weights list`, or a path to a .safetensors."""
    engine: Literal["auto", "torch", "openvino"] = "auto"
    """Who runs the nets: auto takes PyTorch, for int8 OpenVINO (extra fast; a minute of preparation the first time)."""
    precision: Literal["auto", "fp32", "bf16", "int8"] = "auto"
    """Arithmetic of the nets: auto takes bf16 where the machine has units for it."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:1 ..."""
    faces: Literal["auto", "mediapipe", "builtin", "none"] = "auto"
    """Who finds faces; none: the whole picture, or the crops that you give."""
    compare: bool = True
    """Write the side-by-side video too."""
    label: Label = False
    """Mark it visibly, too: SYNTHETIC in the corner, and before a video a card that says so."""
    force: Force = False
    """Overwrite what is there."""


def run(args: Animate, console: Console) -> int:
    """Animate, publish, compare."""
    outputs = [args.output, *([compare_path(args.output)] if args.compare else [])]
    for output in outputs:
        check_output(output, force=args.force, inputs=[args.source, args.driving])
    source, driving = read(args.source), read(args.driving)
    check_frames(source, args.source)
    check_frames(driving, args.driving)

    from prosopon.app.compare import publish_row
    from prosopon.create.fomm.framing import judged_reference, look
    from prosopon.create.fomm.technique import FirstOrderMotion
    from prosopon.faces.finder import open_finder
    from prosopon.models.device import pick_device, pick_precision
    from prosopon.vouch.publish import publish

    device = pick_device(args.device)
    precision: torch.dtype | Literal["int8"]
    precision = "int8" if args.precision == "int8" else pick_precision(args.precision, device)
    engine = _engine(args, device)
    model = FirstOrderMotion.from_weights(args.weights)
    model.to(device)
    finder = None if args.faces == "none" else open_finder(args.faces)
    began = time.perf_counter()
    tracks_by = look(source, driving, args.options, finder, console)
    clip = model.create(
        tracks_by, source=source, driving=driving, options=args.options, precision=precision, engine=engine,
        progress=console,
    )  # fmt: skip
    judged = judged_reference(driving, args.options, tracks_by)
    published = publish(clip, args.output, label=args.label, force=args.force, progress=console)
    seconds = time.perf_counter() - began
    if args.compare:
        publish_row((source, driving), clip, published, compare_path(args.output), force=args.force, progress=console)
    console.answer(
        {
            **published.as_json(),
            "compare": compare_path(args.output) if args.compare else None,
            "frames": len(clip),
            "reference": None if judged is None else judged.as_json(),
            "size_px": [clip.width, clip.height],
            "duration_s": clip.duration_s,
            "weights": model.weights_name,
            "engine": engine,
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
        console.say(f"{compare_path(args.output)}: source, driving and result side by side")
    return ExitCode.FINE


def _engine(args: Animate, device: torch.device) -> Engine:
    """The engine that was asked for, or the one that can do what was."""
    if args.engine == "auto":
        return "openvino" if args.precision == "int8" else "torch"
    if args.engine == "openvino" and device.type != "cpu":
        raise UsageError(f"OpenVINO runs these nets on CPUs, not on {device}", "add --device cpu")
    return args.engine
