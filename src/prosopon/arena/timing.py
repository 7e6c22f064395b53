"""Timing that means something on a machine that does other work too: works take turns, and medians are compared."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TypeVar

import torch
from torch import Tensor

from prosopon.core.progress import SILENT, Progress

Name = TypeVar("Name")
_CPU_FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8", "neon", "asimd", "bf16")


@dataclass(frozen=True)
class Difference:
    """How far the quick path's pictures are from the plain path's, values in [0, 1].

    Attributes:
        largest: of all values.
        mean: over all values, absolute.
        psnr_db: peak signal-to-noise ratio in dB, None where they are equal.
        contrast: standard deviation of the plain pictures: what the others are to be seen against.
    """

    largest: float
    mean: float
    psnr_db: float | None
    contrast: float


def difference(made: Tensor, wanted: Tensor) -> Difference:
    """How far pictures in [0, 1] are from others of the same shape."""
    apart = (made.float() - wanted.float()).abs()
    square = float(apart.square().mean())
    return Difference(
        largest=float(apart.max()),
        mean=float(apart.mean()),
        psnr_db=None if square == 0 else float(-10 * torch.log10(torch.tensor(square))),
        contrast=float(wanted.float().std()),
    )


def seconds_of(work: Callable[[], Tensor], device: torch.device) -> float:
    """How long some work on a device takes."""
    began = time.perf_counter()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - began


def alternating(
    works: Mapping[Name, Callable[[], Tensor]], device: torch.device, *, rounds: int, progress: Progress = SILENT
) -> dict[Name, float]:
    """How long each of several works takes in seconds: the median of rounds in which all of them have their turn.

    One more round before them warms up and is not counted.
    """
    times: dict[Name, list[float]] = {name: [] for name in works}
    progress.start("timing", rounds + 1)
    for round_ in range(rounds + 1):
        for name, work in works.items():
            taken = seconds_of(work, device)
            if round_:
                times[name].append(taken)
        progress.advance()
    progress.finish()
    return {name: median(values) for name, values in times.items()}


def cpu_name() -> str:
    """What this CPU calls itself."""
    return _cpu_line("model name") or platform.processor() or platform.machine()


def _cpu_line(name: str) -> str:
    path = Path("/proc/cpuinfo")
    if path.is_file():
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == name:
                return value.strip()
    return ""


def cpu_features() -> tuple[str, ...]:
    """Vector and matrix units of this CPU that nets are quicker with, as far as it tells."""
    flags = set((_cpu_line("flags") or _cpu_line("Features")).split())
    return tuple(flag for flag in _CPU_FLAGS if flag in flags)
