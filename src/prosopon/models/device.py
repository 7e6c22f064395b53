"""Where to compute and in what precision: asked for by name, chosen from what the machine has."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import torch

from prosopon.core.errors import MissingError, UsageError

Precision = Literal["auto", "fp32", "bf16"]
"""Arithmetic of the nets by name."""

_CPU_FLAGS = Path("/proc/cpuinfo")
# Without one of these, oneDNN emulates bf16 and is slower than fp32.
_BF16_FLAGS = frozenset({"avx512_bf16", "amx_bf16", "bf16"})
_AMPERE = (8, 0)


def pick_device(name: str = "auto") -> torch.device:
    """The device called `name` as PyTorch spells it; `auto` is CUDA, else Apple's MPS, else the CPU.

    Raises:
        UsageError: PyTorch knows no such device.
        MissingError: this machine, or this build of PyTorch, has none.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise UsageError(f"there is no device called {name!r}", "use auto, cpu, cuda, cuda:1 or mps") from error
    n_cuda = torch.cuda.device_count() if torch.cuda.is_available() else 0
    absent = {"cpu": False, "cuda": (device.index or 0) >= n_cuda, "mps": not torch.backends.mps.is_available()}
    if device.type not in absent:
        raise UsageError(f"the device {name!r} is not one that nets run on here", "use auto, cpu, cuda or mps")
    if absent[device.type]:
        raise MissingError(f"the device {name!r} is not there", "use --device auto, or install PyTorch for it")
    return device


def has_bf16(device: torch.device) -> bool:
    """Whether the device computes bf16 in hardware, so that it is faster than fp32.

    CPUs: the flags avx512_bf16 or amx_bf16 (x86) or bf16 (Arm) in /proc/cpuinfo; where there is no such file, no.
    CUDA: compute capability 8.0 (Ampere) or newer.
    """
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= _AMPERE
    if device.type != "cpu" or not _CPU_FLAGS.exists():
        return False
    for line in _CPU_FLAGS.read_text(encoding="utf-8", errors="replace").splitlines():
        key, _, flags = line.partition(":")
        if key.strip() in ("flags", "Features"):
            return not _BF16_FLAGS.isdisjoint(flags.split())
    return False


def computing_in(precision: torch.dtype, device: torch.device) -> torch.autocast:
    """A context in which convolutions and matrix products run in that type; float32 changes nothing."""
    return torch.autocast(device.type, precision, enabled=precision != torch.float32)


def pick_precision(name: Precision = "auto", device: torch.device | None = None) -> torch.dtype:
    """The type that the nets compute in on `device` (the CPU when None): `torch.float32` or `torch.bfloat16`.

    Raises:
        UsageError: no such precision.
    """
    if name == "auto":
        return torch.bfloat16 if has_bf16(device or torch.device("cpu")) else torch.float32
    try:
        return {"fp32": torch.float32, "bf16": torch.bfloat16}[name]
    except KeyError as error:
        raise UsageError(f"there is no precision called {name!r}", "use auto, fp32 or bf16") from error
