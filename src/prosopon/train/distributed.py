"""Several processes that train one set of nets: started by torchrun, or only one started by hand.

Gradients are averaged by a single flattened `all_reduce` a phase: for nets of this size that is as fast as
overlapping buckets, and the nets stay what they are, unwrapped.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

from prosopon.models.device import pick_device


@dataclass(frozen=True)
class Processes:
    """This process among those that train together."""

    device: torch.device
    rank: int = 0
    size: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this is the one that writes files and talks to the user."""
        return self.rank == 0

    def average_gradients(self, parameters: Sequence[nn.Parameter], scalars: Tensor) -> Tensor:
        """Average the gradients of all processes in place, and the `scalars (N,)` along with them.

        A parameter that no process has a gradient for stays without one, so that its optimiser passes over it as it
        would in a single process.
        """
        if self.size == 1:
            return scalars
        present = scalars.new_tensor([p.grad is not None for p in parameters])
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
        flat = torch.cat([present, scalars.float(), *(gradient.reshape(-1).float() for gradient in gradients)])
        dist.all_reduce(flat)
        flat /= self.size
        sizes = [len(parameters), len(scalars), *(p.numel() for p in parameters)]
        present, scalars, *averaged = torch.split(flat, sizes)
        for parameter, mean, share in zip(parameters, averaged, present.tolist(), strict=True):
            parameter.grad = mean.view_as(parameter).to(parameter.dtype) if share > 0 else None
        return scalars

    def average_statistics(self, modules: Iterable[nn.Module]) -> None:
        """Average the running statistics of normalisation layers over the processes, in place.

        They are moving averages, hence linear: when and how often this is done does not change the outcome.
        """
        if self.size == 1:
            return
        running = [
            buffer
            for module in modules
            for layer in module.modules()
            if isinstance(layer, _NormBase)
            for buffer in (layer.running_mean, layer.running_var)
            if buffer is not None
        ]
        if running:
            flat = torch.cat([buffer.reshape(-1) for buffer in running])
            dist.all_reduce(flat)
            flat /= self.size
            for buffer, mean in zip(running, torch.split(flat, [buffer.numel() for buffer in running]), strict=True):
                buffer.copy_(mean.view_as(buffer))

    def share_from_first(self, modules: Iterable[nn.Module]) -> None:
        """Copy parameters and buffers of the first process to all others."""
        if self.size > 1:
            for module in modules:
                for tensor in (*module.parameters(), *module.buffers()):
                    dist.broadcast(tensor.data, src=0)

    def any_of(self, wishes: Sequence[bool]) -> list[bool]:
        """Which of the wishes at least one process has."""
        if self.size == 1:
            return list(wishes)
        votes = torch.tensor(wishes, dtype=torch.int32, device=self.device)
        dist.all_reduce(votes, op=dist.ReduceOp.MAX)
        return [bool(vote) for vote in votes.tolist()]

    def gather(self, value: Any) -> list[Any]:
        """The value of each process, in order of rank."""
        if self.size == 1:
            return [value]
        values: list[Any] = [None] * self.size
        dist.all_gather_object(values, value)
        return values

    def wait(self) -> None:
        """Go on when all processes have come here."""
        if self.size > 1:
            dist.barrier()


@contextlib.contextmanager
def open_processes(device_name: str) -> Iterator[Processes]:
    """Join the other processes where torchrun started this one, else stand alone.

    Args:
        device_name: as for `pick_device`; under torchrun, `auto` and `cuda` give each process its own GPU.

    Raises:
        UsageError, MissingError: the device is unknown or absent.
    """
    device = pick_device(device_name)
    if "WORLD_SIZE" not in os.environ:
        yield Processes(device)
        return
    if device.type == "cuda":
        device = pick_device(f"cuda:{os.environ.get('LOCAL_RANK', '0')}")
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield Processes(device, dist.get_rank(), dist.get_world_size())
    finally:
        dist.destroy_process_group()
