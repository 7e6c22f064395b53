"""`prosopon bench partswap`: how fast part swap runs on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from prosopon.app.console import Console
from prosopon.core.errors import ExitCode, UsageError
from prosopon.create.partswap.options import ALIGNMENT


@dataclass(frozen=True)
class BenchPartswap:
    """Time part swap here: the quick path beside the plain one, as published, on the same pictures in the same run.

    Nets have random weights, which are as fast as trained ones. On a machine that does other work, look at the ratio.
    """

    config: str = "vox-256-sem-10segments"
    """Configuration whose nets are timed, with random weights."""
    weights: str | None = None
    """Time these weights instead: a name in `prosopon weights list`, or a path."""
    motion: Literal["parts", "fomm"] = "parts"
    """Who lays the source over the target; fomm only with --weights."""
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
        if self.motion == "fomm" and self.weights is None:
            raise UsageError("animation weights belong to part swap weights", "add --weights partswap.face")


def run(args: BenchPartswap, console: Console) -> int:
    """Time and tell."""
    import torch

    from prosopon.arena.bench_partswap import time_swap, untrained_with_contrast
    from prosopon.create.partswap.technique import PartSwap
    from prosopon.models.device import pick_device, pick_precision

    if args.threads is not None:
        torch.set_num_threads(args.threads)
    device = pick_device(args.device)
    precision = pick_precision(args.precision, device)
    if args.weights is None:
        model = untrained_with_contrast(args.config)
    else:
        model = PartSwap.from_weights(args.weights, alignment=ALIGNMENT if args.motion == "fomm" else None)
    model.to(device)
    speed = time_swap(
        model, precision, motion=args.motion, batches=tuple(dict.fromkeys(args.batch)), rounds=args.rounds,
        progress=console,
    )  # fmt: skip
    name = args.weights or args.config
    console.answer({"model": name, "random_weights": args.weights is None, "motion": args.motion, **speed.as_json()})
    rows = [("plain: fp32, batch 1, source looked at each frame", f"{speed.plain_ms_per_frame:.1f}", "1.0")]
    rows += [
        (f"quick: {speed.precision}, batch {batch}", f"{ms:.1f}", f"{speed.plain_ms_per_frame / ms:.1f}")
        for batch, ms in speed.by_batch.items()
    ]
    console.table((f"{name}, {speed.size_px} px, {speed.device}", "ms a frame", "times as fast"), rows)
    off = speed.difference
    console.say(
        f"quick against plain: largest {off.largest:.2g}, mean {off.mean:.2g}, "
        + ("equal" if off.psnr_db is None else f"{off.psnr_db:.1f} dB")
    )
    features = " ".join(speed.cpu_features) or "no vector units known"
    console.say(f"{speed.cpu}, {speed.threads} threads, {features}; PyTorch {speed.torch}")
    return ExitCode.FINE
