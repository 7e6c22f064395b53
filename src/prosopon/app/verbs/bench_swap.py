"""`prosopon bench swap`: how fast face swapping learns and runs on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from prosopon.app.console import Console
from prosopon.core.errors import ExitCode, UsageError


@dataclass(frozen=True)
class BenchSwap:
    """Time face swapping here: a training step, the quick path beside the plain one in the same run; and merging.

    Nets have random weights, which are as fast as trained ones. On a machine that does other work, look at the ratio.
    """

    plan: tuple[str, ...] = ("original", "dfaker", "mini")
    """Plans whose training step is timed."""
    batch: int | None = None
    """Faces of each person in a step; the published number of each plan when not given."""
    rounds: int = 3
    """Timed rounds; medians are reported."""
    merge: bool = True
    """Time the swap of frames too, from crop to finished frame."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """Arithmetic of the quick path: auto takes bf16 where the machine has units for it."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:1 ..."""
    threads: int | None = None
    """CPU threads; as many as PyTorch takes when not given."""

    def __post_init__(self) -> None:
        if not 1 <= self.rounds <= 1000:
            raise UsageError(f"rounds is {self.rounds}", "give 1 to 1000")
        if self.batch is not None and not 1 <= self.batch <= 1024:
            raise UsageError(f"batch is {self.batch}", "give 1 to 1024")
        if self.threads is not None and self.threads < 1:
            raise UsageError(f"threads is {self.threads}", "give 1 or more")
        if not self.plan:
            raise UsageError("no plan is named", "give --plan original, or another")


def run(args: BenchSwap, console: Console) -> int:
    """Time and tell."""
    import torch

    from prosopon.arena.bench_swap import time_merge, time_step
    from prosopon.models.device import pick_device, pick_precision

    if args.threads is not None:
        torch.set_num_threads(args.threads)
    device = pick_device(args.device)
    precision = pick_precision(args.precision, device)
    steps = [
        time_step(plan, precision, device, batch=args.batch, rounds=args.rounds, progress=console) for plan in args.plan
    ]
    merges = (
        [time_merge(plan, precision, device, rounds=args.rounds, progress=console) for plan in args.plan]
        if args.merge
        else []
    )
    console.answer(
        {"training": [one.as_json() for one in steps], "merging": [one.as_json() for one in merges]},
    )
    console.table(
        ("training step", "faces of each", "plain, s", "quick, s", "times as fast", "GFLOP/s", "loss plain/quick"),
        [
            (
                one.plan, str(one.batch), f"{one.plain_s:.2f}", f"{one.fast_s:.2f}", f"{one.ratio:.1f}",
                f"{one.fast_gflops:.0f}", f"{one.loss_plain:.4f}/{one.loss_fast:.4f}",
            )
            for one in steps
        ],
    )  # fmt: skip
    if merges:
        console.table(
            ("merging", "frame", "net, ms", "all, ms", "frames/s"),
            [
                (one.plan, f"{one.width}x{one.height}", f"{one.net_ms:.1f}", f"{one.frame_ms:.1f}", f"{one.fps:.1f}")
                for one in merges
            ],
        )
    first = steps[0]
    features = " ".join(first.cpu_features) or "no vector units known"
    console.say(f"{first.cpu}, {first.threads} threads, {features}; {first.precision}, PyTorch {first.torch}")
    return ExitCode.FINE
