"""`prosopon bench animate`: how fast animation runs on this machine."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from prosopon.app.args import Flag
from prosopon.app.console import Console
from prosopon.core.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from torch import Tensor

    from prosopon.arena.timing import Difference
    from prosopon.create.fomm.technique import FirstOrderMotion

_CROPS = 41
"""Crops that are taken of a video: a source, 32 for int8's ranges, eight to be timed."""


@dataclass(frozen=True)
class BenchAnimate:
    """Time animation here: every engine beside the plain path, as published, on the same frames; and file to file.

    Nets have random weights, which are as fast as trained ones; how far an engine's pictures are off is only worth
    knowing with --weights and --on. On a machine that does other work, look at the ratio.
    """

    config: str = "vox-256"
    """Configuration whose nets are timed, with random weights."""
    weights: str | None = None
    """Time these weights instead: a name in `prosopon weights list`, or a path."""
    on: Path | None = None
    """Video of a face whose crops are animated and compared; soft textures when not given."""
    engines: Flag = False
    """Time every engine that is installed, the machine's own roof, and the way from file to file."""
    file_sizes: tuple[int, ...] = (256, 512)
    """Sides of the videos that go from file to file, with --engines."""
    batch: tuple[int, ...] = (1, 4, 8)
    """Batch sizes of the quick path to try; the best one counts."""
    rounds: int = 5
    """Timed rounds; medians are reported."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """Arithmetic of the quick path: auto takes bf16 where the machine has units for it."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:1 ..."""
    threads: int | None = None
    """CPU threads; as many as PyTorch takes when not given."""

    def __post_init__(self) -> None:
        if not 1 <= self.rounds <= 1000:
            raise UsageError(f"rounds is {self.rounds}", "give 1 to 1000")
        if not self.batch or not all(1 <= batch <= 64 for batch in self.batch):
            raise UsageError(f"batch is {' '.join(map(str, self.batch)) or 'empty'}", "give sizes from 1 to 64")
        if not all(64 <= side <= 1024 and side % 2 == 0 for side in self.file_sizes):
            raise UsageError(f"file-sizes is {' '.join(map(str, self.file_sizes))}", "give even sizes from 64 to 1024")
        if self.threads is not None and self.threads < 1:
            raise UsageError(f"threads is {self.threads}", "give 1 or more")


def run(args: BenchAnimate, console: Console) -> int:
    """Time and tell."""
    import torch

    from prosopon.arena.bench import time_animation, untrained_with_contrast
    from prosopon.create.fomm.technique import FirstOrderMotion
    from prosopon.models.device import pick_device, pick_precision

    if args.threads is not None:
        torch.set_num_threads(args.threads)
    device = pick_device(args.device)
    precision = pick_precision(args.precision, device)
    if args.weights is None:
        model = untrained_with_contrast(args.config)
    else:
        model = FirstOrderMotion.from_weights(args.weights)
    model.to(device)
    pictures = None if args.on is None else _crops(args.on, model.config.size_px, console)
    name = args.weights or args.config
    batches = tuple(dict.fromkeys(args.batch))
    speed = time_animation(model, precision, batches=batches, rounds=args.rounds, progress=console)
    answer = {"model": name, "random_weights": args.weights is None, **speed.as_json()}
    rows = [("plain: fp32, batch 1, source encoded each frame", f"{speed.plain_ms_per_frame:.1f}", "1.0")]
    rows += [
        (f"quick: {speed.precision}, batch {batch}", f"{ms:.1f}", f"{speed.plain_ms_per_frame / ms:.1f}")
        for batch, ms in speed.by_batch.items()
    ]
    console.table((f"{name}, {speed.size_px} px, {speed.device}", "ms a frame", "times as fast"), rows)
    console.say(f"quick against plain: {_apart(speed.difference)}")
    if args.engines:
        answer |= _every_engine(args, model, pictures, console)
    console.answer(answer)
    features = " ".join(speed.cpu_features) or "no vector units known"
    console.say(f"{speed.cpu}, {speed.threads} threads, {features}; PyTorch {speed.torch}")
    return ExitCode.FINE


def _every_engine(
    args: BenchAnimate, model: FirstOrderMotion, pictures: Tensor | None, console: Console
) -> dict[str, Any]:
    from prosopon.arena.bench_engines import time_engines, time_file_to_file

    speeds = time_engines(model, pictures, rounds=args.rounds, progress=console)
    rows = [
        (f"{one.engine} {one.precision}", f"{one.ms_per_frame:.1f}", f"{one.ratio:.1f}", _apart(one.difference))
        for one in speeds.engines
    ]
    head = (f"engine, batch {speeds.batch}", "ms a frame", "times as fast", "against plain")
    console.table(head, [("plain", f"{speeds.plain_ms_per_frame:.1f}", "1.0", ""), *rows])
    roof = speeds.roof
    console.say(f"a large matrix product: fp32 {roof.fp32_gflops:.0f}, bf16 {roof.bf16_gflops:.0f} GFLOP/s")
    quickest = min(speeds.engines, key=lambda one: one.ms_per_frame)
    of_torch = min((one for one in speeds.engines if one.engine == "torch"), key=lambda one: one.ms_per_frame)
    ways = [
        time_file_to_file(
            model, one.engine, one.precision, size_px=side, rounds=max(1, args.rounds // 2), progress=console
        )
        for side in args.file_sizes
        for one in dict.fromkeys((of_torch, quickest))
    ]
    console.table(
        ("file to file", "frames a second", "alone, ms a frame"),
        [
            (
                f"{way.size_px} px, {way.engine} {way.precision}",
                f"{way.frames_per_s:.1f}",
                ", ".join(f"{name} {ms:.1f}" for name, ms in way.stages_ms.items()),
            )
            for way in ways
        ],
    )
    return {"engines": speeds.as_json(), "file_to_file": [asdict(way) for way in ways]}


def _crops(path: Path, size_px: int, console: Console) -> Tensor:
    """Crops of the head of the person in a video, spread over it; the first one is the source."""
    from itertools import islice

    import numpy as np

    from prosopon.faces.crop import cut
    from prosopon.faces.finder import open_finder
    from prosopon.faces.head_box import head_box
    from prosopon.faces.track import track
    from prosopon.media.read import read
    from prosopon.models.tensors import to_tensor

    clip = read(path)
    finder = open_finder("auto")
    person = track(clip, finder, every=max(1, len(clip) // 10), progress=console).main
    points = [] if person is None else [f.landmarks for f in person.faces.values() if f.landmarks is not None]
    if not points or len(clip) < _CROPS:
        raise UsageError(f"{path} cannot be timed on", f"give a video of a face with {_CROPS} frames or more")
    box, step = head_box(points), len(clip) // _CROPS
    frames = [cut(frame, box, size_px) for frame in islice(clip.frames(), 0, step * _CROPS, step)]
    return to_tensor(np.stack(frames))


def _apart(apart: Difference) -> str:
    noise = "equal" if apart.psnr_db is None else f"PSNR {apart.psnr_db:.1f} dB"
    return f"{noise}, largest error {apart.largest:.2g}, mean {apart.mean:.2g} (contrast {apart.contrast:.2f})"
