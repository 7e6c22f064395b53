"""In which type a victim's convolutions run while it is attacked."""

from __future__ import annotations

import torch


def computing_in(precision: torch.dtype, device: torch.device) -> torch.autocast:
    """A context in which convolutions run in that type; float32 changes nothing."""
    return torch.autocast(device.type, precision, enabled=precision != torch.float32)
