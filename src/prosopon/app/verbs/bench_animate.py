"""`prosopon bench animate`: how fast animation runs on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from prosopon.app.console import Console
from prosopon.core.errors import ExitCode, UsageError


@dataclass(frozen=True)
class BenchAnimate:
    """Time animation here: the quick path beside the plain one, as published, on the same frames.

    Nets have random weights, which are as fast as trained ones. On a machine that does other work, look at the ratio.
    """

    config: str = "vox-256"
    """Configuration whose nets are timed, with random weights."""
    weights: str | None = None
    """Time these weights instead: a name in `prosopon weights list`, or a path."""
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
    batches = tuple(dict.fromkeys(args.batch))
    speed = time_animation(model, precision, batches=batches, rounds=args.rounds, progress=console)
    name = args.weights or args.config
    console.answer({"model": name, "random_weights": args.weights is None, **speed.as_json()})
    rows = [("plain: fp32, batch 1, source encoded each frame", f"{speed.plain_ms_per_frame:.1f}", "1.0")]
    rows += [
        (f"quick: {speed.precision}, batch {batch}", f"{ms:.1f}", f"{speed.plain_ms_per_frame / ms:.1f}")
        for batch, ms in speed.by_batch.items()
    ]
    console.table((f"{name}, {speed.size_px} px, {speed.device}", "ms a frame", "times as fast"), rows)
    apart = speed.difference
    noise = "equal" if apart.psnr_db is None else f"PSNR {apart.psnr_db:.1f} dB"
    console.say(
        f"quick against plain: largest error {apart.largest:.2g}, mean {apart.mean:.2g}, {noise} "
        f"(contrast of the pictures {apart.contrast:.3f})"
    )
    features = " ".join(speed.cpu_features) or "no vector units known"
    console.say(f"{speed.cpu}, {speed.threads} threads, {features}; PyTorch {speed.torch}")
    return ExitCode.FINE
