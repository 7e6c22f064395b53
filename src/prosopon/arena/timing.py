"""Timing that means something on a machine that does other work too: works take turns, and medians are compared."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

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


@dataclass(frozen=True)
class Speed:
    """What was measured.

    Attributes:
        plain_ms_per_frame: as published: batch 1, fp32, the source looked at anew for each frame.
        fast_ms_per_frame: the quick path at its best batch size.
        ratio: plain over fast.
        batch: the best batch size.
        by_batch: ms per frame of every batch size that was tried.
        precision: of the quick path.
        rounds: timed rounds; each figure is the median of them.
        difference: of the quick path's pictures.
    """

    plain_ms_per_frame: float
    fast_ms_per_frame: float
    ratio: float
    batch: int
    by_batch: dict[int, float]
    precision: str
    rounds: int
    difference: Difference
    size_px: int
    device: str
    threads: int
    cpu: str
    cpu_features: tuple[str, ...]
    torch: str

    def as_json(self) -> dict[str, Any]:
        """All of it as JSON-able data."""
        return asdict(self)


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


def beside_plain(
    plain: Callable[[], Tensor],
    fast: Callable[[int], Tensor],
    wanted: Callable[[int], Tensor],
    *,
    batches: Sequence[int],
    rounds: int,
    device: torch.device,
    facts: Mapping[str, Any],
    progress: Progress = SILENT,
) -> Speed:
    """Time a plain and a quick path in turn, and compare their pictures.

    Args:
        plain: one frame, as published.
        fast: a batch of so many frames, by the quick path.
        wanted: the same frames by the plain one, untimed.
        batches: batch sizes to try.
        rounds: timed rounds of each.
        device: that is computed on.
        facts: `precision` and `size_px`, for the record.
        progress: hears of every round.
    """
    works: dict[int, Callable[[], Tensor]] = {0: plain, **{batch: partial(fast, batch) for batch in batches}}
    taken = alternating(works, device, rounds=rounds, progress=progress)
    by_batch = {batch: 1000 * taken[batch] / batch for batch in batches}
    best = min(by_batch, key=by_batch.__getitem__)
    return Speed(
        plain_ms_per_frame=1000 * taken[0],
        fast_ms_per_frame=by_batch[best],
        ratio=1000 * taken[0] / by_batch[best],
        batch=best,
        by_batch=by_batch,
        rounds=rounds,
        difference=difference(fast(best), wanted(best)),
        device=str(device),
        threads=torch.get_num_threads(),
        cpu=cpu_name(),
        cpu_features=cpu_features(),
        torch=torch.__version__,
        **facts,
    )


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
