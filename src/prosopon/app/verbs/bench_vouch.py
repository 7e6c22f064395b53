"""`prosopon bench vouch`: how fast files are signed, checked, marked and read on this machine."""

from __future__ import annotations

from dataclasses import dataclass

from prosopon.app.console import Console
from prosopon.core.errors import ExitCode, UsageError


@dataclass(frozen=True)
class BenchVouch:
    """Time vouching here: marking, reading, signing, checking, logging and looking up, part by part.

    Each figure is the median of several rounds in which the works of a part take turns. What is not installed is told
    and left out. On a machine that does other work, look at the ratios.
    """

    parts: tuple[str, ...] = ()
    """Only these: marking, reading, credentials, log, look-up."""
    rounds: int = 5
    """Timed rounds; medians are reported."""
    frames: int = 50
    """Length of the clips."""
    entries: int = 100_000
    """Size of the index that is looked up in."""
    threads: int | None = None
    """CPU threads of PyTorch; as many as it takes when not given."""

    def __post_init__(self) -> None:
        for name, value, least, most in (
            ("rounds", self.rounds, 1, 1000), ("frames", self.frames, 8, 10_000),
            ("entries", self.entries, 1, 10_000_000),
        ):  # fmt: skip
            if not least <= value <= most:
                raise UsageError(f"{name} is {value}", f"give {least} to {most}")
        if self.threads is not None and self.threads < 1:
            raise UsageError(f"threads is {self.threads}", "give 1 or more")


def run(args: BenchVouch, console: Console) -> int:
    """Time and tell."""
    import torch

    from prosopon.arena.bench_vouch import PARTS, time_vouching

    unknown = [name for name in args.parts if name not in PARTS]
    if unknown:
        raise UsageError(f"there is no part called {unknown[0]!r}", f"use {', '.join(PARTS)}")
    if args.threads is not None:
        torch.set_num_threads(args.threads)
    speed = time_vouching(
        {name: PARTS[name] for name in args.parts or PARTS},
        rounds=args.rounds, frames=args.frames, entries=args.entries, progress=console,
    )  # fmt: skip
    console.answer(speed.as_json())
    console.table(
        ("", "a second", "", "ms each", "times as long as", "aim"),
        [
            (
                one.name, f"{one.per_second:,.1f}", one.unit, f"{one.ms:.2f}",
                "-" if one.ratio is None else f"{one.ratio:.2f} {one.beside}",
                "-" if one.aim is None else f"{one.aim:,.0f}: {'met' if one.per_second >= one.aim else 'not met'}",
            )
            for rates in speed.rates.values()
            for one in rates
        ],
    )  # fmt: skip
    for name, why in speed.missing.items():
        console.note(f"{name} is not timed: {why}")
    console.say(f"{speed.cpu}, {speed.threads} threads; medians of {speed.rounds} rounds")
    return ExitCode.FINE
