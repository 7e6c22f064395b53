"""`prosopon live`: a picture moves like whoever is before the camera, now."""

from __future__ import annotations

import math
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from prosopon.app.args import Force, Source
from prosopon.app.console import Console
from prosopon.app.live.camera import Camera, open_camera
from prosopon.app.live.figures import Figures, Log
from prosopon.app.live.session import Ending, Session
from prosopon.app.live.spool import Spool
from prosopon.app.live.window import Window
from prosopon.core.errors import ExitCode, MissingError, UsageError
from prosopon.create.fomm.options import WEIGHTS, MotionOptions
from prosopon.faces.crop_option import parse_crop
from prosopon.media.device import is_device
from prosopon.media.outputs import check_output
from prosopon.media.read import read

if TYPE_CHECKING:
    from prosopon.vouch.publish import Published

_SUFFIXES = (".mp4", ".mov", ".webm", ".gif", "")


@dataclass(frozen=True)
class Live:
    """Let a picture move like whoever is before the camera, in real time.

    Frames are dropped rather than shown late. Every picture is marked SYNTHETIC, on the screen and in the file; the
    file is signed and labelled as well, and has no sound. Close the window, or press q or Ctrl-C, to end; r takes the
    pose of the moment as the one that is the picture's. The moving part has at most 512 pixels unless --size says
    otherwise.
    """

    source: Source
    """Picture whose face shall move (of a video: its first frame)."""
    camera: str = "0"
    """Camera: its number, /dev/video0, or a video file, which is played at its own speed."""
    window: bool = True
    """Show it in a window."""
    output: Annotated[Path | None, tyro.conf.arg(aliases=["-o"], metavar="PATH")] = None
    """Record it: .mp4, .mov, .webm, .gif, or a folder of PNGs (no suffix); written when the session ends."""
    seconds: Annotated[float | None, tyro.conf.arg(metavar="N")] = None
    """End after so many seconds."""
    options: tyro.conf.OmitArgPrefixes[MotionOptions] = field(default_factory=MotionOptions)
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
    force: Force = False
    """Overwrite what is there."""

    def __post_init__(self) -> None:
        if self.seconds is not None and not (self.seconds > 0 and math.isfinite(self.seconds)):
            raise UsageError(f"seconds is {self.seconds}", "give a number above 0")
        if not self.window and self.output is None:
            raise UsageError("neither a window nor a file was asked for", "add -o FILE, or leave out --no-window")


def run(args: Live, console: Console) -> int:
    """Open camera, nets and window; run the session; publish what was recorded."""
    if args.output is not None:
        inputs = [args.source, None if is_device(args.camera) else Path(args.camera)]
        check_output(args.output, force=args.force, inputs=inputs, suffixes=_SUFFIXES)
    source = read(args.source)
    if not len(source):
        raise UsageError(f"{args.source} has no pictures, only sound", "give a picture or a video")
    log = Log()
    published: Published | None = None
    with ExitStack() as held:
        camera = held.enter_context(closing(open_camera(args.camera)))
        screen = held.enter_context(closing(Window(f"Prosopon live: {camera.name}"))) if args.window else None

        from prosopon.app.live.nets import open_nets
        from prosopon.create.fomm.following import Follower
        from prosopon.create.fomm.live import LiveAnimator, part_of_source, still_for_live
        from prosopon.create.fomm.technique import FirstOrderMotion
        from prosopon.faces.finder import open_finder
        from prosopon.models.device import pick_device
        from prosopon.train.interrupt import listening
        from prosopon.vouch.label.badge import badged
        from prosopon.vouch.publish import publish

        model = FirstOrderMotion.from_weights(args.weights)
        model.to(pick_device(args.device))
        finder = None if args.faces == "none" else open_finder(args.faces)
        still, options = still_for_live(source, args.options)
        follow = parse_crop(options.driving_crop, "driving_crop")
        part = part_of_source(still, options, finder, console)
        nets = open_nets(
            model, still, part, camera, Follower(finder, follow),
            engine=args.engine, precision=args.precision, progress=console,
        )  # fmt: skip
        animator = LiveAnimator(
            nets, still, part, Follower(finder, follow, aside=held.enter_context(ThreadPoolExecutor(1))), options,
            net_size_px=model.config.size_px, any_size=model.config.generator.head == "blend",
        )  # fmt: skip
        spool = held.enter_context(Spool(args.output, animator.part_px)) if args.output is not None else None
        if finder is not None and follow == "auto":
            console.note(
                f"waiting for a face in {camera.name}; the first one seen is taken as looking like the picture"
            )
        if screen is not None:
            screen.show(animator.resting)
            screen.say("waiting for a face")
        session = Session(camera, animator, log, screen=screen, spool=spool, now=time.perf_counter, progress=console)
        with listening(is_patient=True) as wish:
            ending = session.run(lambda: wish.uttered, args.seconds)
        console.finish()
        if screen is not None:
            screen.close()
        _check_seen(ending, log, camera, args)
        if spool is not None and args.output is not None:
            console.note(f"writing {args.output}; Ctrl-C pressed twice throws the recording away")
            clip = animator.clip(spool.clip(), camera.as_parent(), model.weights_name, model.weights_sha256)
            with listening():  # who pressed it once too often does not lose what was recorded
                published = publish(badged(clip), args.output, force=args.force, progress=console)
    _report(console, log.altogether(), ending, published, camera)
    if ending.fault is not None:
        raise ending.fault
    return ExitCode.FINE


def _check_seen(ending: Ending, log: Log, camera: Camera, args: Live) -> None:
    """Whether there is anything to report.

    Raises:
        MissingError: nobody was ever seen, although something should come of it.
        BaseException: what went wrong before anything was shown.
    """
    if len(log) or ending.why == "full":
        return
    if ending.fault is not None:
        raise ending.fault
    if args.output is not None or ending.why in ("camera", "time"):
        raise MissingError(
            f"no face was found in {camera.name}",
            "look into the camera in good light, or give the part to follow as --driving-crop x,y,w,h or whole",
        )


_WHY = {
    "asked": "stopped",
    "camera": "the camera's pictures ended",
    "full": "the disk is full",
    "time": "the time was over",
    "window": "the window was closed",
}


def _report(console: Console, figures: Figures, ending: Ending, published: Published | None, camera: Camera) -> None:
    console.answer(
        {
            "camera": camera.name,
            "ended": ending.why,
            **({"output": None} if published is None else published.as_json()),
            "frames_shown": figures.shown,
            "frames_dropped": figures.dropped,
            "dropped_share": figures.dropped_share,
            "fps": figures.fps,
            "latency_ms": figures.latency_ms,
            "latency_95_ms": figures.latency_95_ms,
            "waited_ms": figures.waited_ms,
            "nets_ms": figures.nets_ms,
            "after_ms": figures.after_ms,
        }
    )
    console.say(f"{_WHY[ending.why]}; {figures.shown} frames were shown")
    console.table(
        ("what", "value"),
        [
            ("latency, median", f"{figures.latency_ms:.0f} ms"),
            ("  waiting for the nets", f"{figures.waited_ms:.0f} ms"),
            ("  in the nets", f"{figures.nets_ms:.0f} ms"),
            ("  until shown", f"{figures.after_ms:.0f} ms"),
            ("latency, 95 %", f"{figures.latency_95_ms:.0f} ms"),
            ("frames per second", f"{figures.fps:.1f}"),
            ("dropped", f"{100 * figures.dropped_share:.0f} % ({figures.dropped})"),
        ],
    )
    if published is not None:
        console.say(f"{published.path}: recorded; {published.told}")
