"""Batches prepared by worker processes while the nets compute, in an order that workers do not change."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from prosopon.core.errors import ProsoponError
from prosopon.models.tensors import pictures_to_float
from prosopon.train.recipe import Batch, Dataset
from prosopon.train.sampler import Order, Share

_PREFETCHED = 4
"""Micro-batches that each worker prepares ahead."""

_Item = dict[str, Tensor]


@dataclass(frozen=True)
class _Stream(TorchDataset[_Item | ProsoponError]):
    """The dataset as a stream of items in training order."""

    dataset: Dataset
    order: Order

    def __getitem__(self, k: int) -> _Item | ProsoponError:
        place = self.order.place(k)
        try:
            item = self.dataset.item(place.item, self.order.rng(place))
        except ProsoponError as error:
            return error  # raised where it is read: PyTorch would put the worker's traceback into its text
        return {name: torch.as_tensor(np.asarray(value)) for name, value in item.items()}


def _collate(items: list[_Item | ProsoponError]) -> _Item | ProsoponError:
    good: list[_Item] = []
    for item in items:
        if isinstance(item, ProsoponError):
            return item
        good.append(item)
    return {name: torch.stack([item[name] for item in good]) for name in good[0]}


def _leave_signals_to_the_parent(_worker: int) -> None:
    """Ctrl-C reaches every process of the terminal; the loop decides when the workers end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextlib.contextmanager
def open_batches(
    dataset: Dataset, order: Order, share: Share, first_step: int, *, workers: int, device: torch.device
) -> Iterator[Iterator[_Item]]:
    """Micro-batches of one process from `first_step` on, on the CPU, bytes still bytes; see `place_batch`.

    Args:
        dataset: where items come from.
        order: in which order.
        share: which of them are this process's.
        first_step: number of steps that were done before.
        workers: processes that prepare them ahead; 0 prepares them when they are asked for.
        device: pinned memory is used for CUDA.

    Raises:
        ProsoponError: what an item raised, or a worker died.
    """
    loader: DataLoader[_Item | ProsoponError] = DataLoader(
        _Stream(dataset, order),
        batch_sampler=share.micro_batches(first_step),
        collate_fn=_collate,
        num_workers=workers,
        prefetch_factor=_PREFETCHED if workers else None,
        pin_memory=device.type == "cuda",
        worker_init_fn=_leave_signals_to_the_parent,
        generator=torch.Generator(),  # or else it would draw from the generator that the nets draw from
    )
    batches = iter(loader)
    try:
        yield _raising(batches)
    finally:
        # Ends the workers now rather than when the garbage is collected.
        shut_down: Any = getattr(batches, "_shutdown_workers", None)
        if shut_down is not None:
            shut_down()


def _raising(batches: Iterator[_Item | ProsoponError]) -> Iterator[_Item]:
    while True:
        try:
            batch = next(batches)
        except RuntimeError as error:
            if not str(error).startswith("DataLoader worker"):
                raise
            raise ProsoponError(
                f"a process that prepares data died: {error}", "memory may be short: give fewer --workers"
            ) from error
        if isinstance(batch, ProsoponError):
            raise batch
        yield batch


def place_batch(batch: _Item, device: torch.device, *, channels_last: bool = False) -> Batch:
    """A batch on the training device, pictures `uint8 (B, ..., H, W, 3)` turned into float `(B, ..., 3, H, W)`."""
    placed: Batch = {}
    for name, value in batch.items():
        tensor = value.to(device, non_blocking=True)
        if tensor.dtype == torch.uint8 and tensor.ndim >= 4 and tensor.shape[-1] == 3:
            tensor = pictures_to_float(tensor)
        if channels_last and tensor.ndim == 4:
            tensor = tensor.contiguous(memory_format=torch.channels_last)
        placed[name] = tensor
    return placed


def first_batch(dataset: Dataset, order: Order, size: int) -> _Item:
    """The first `size` items of the stream as a batch, for pictures that are comparable over the run.

    Raises:
        ProsoponError: what an item raised.
    """
    stream = _Stream(dataset, order)
    batch = _collate([stream[k] for k in range(size)])
    if isinstance(batch, ProsoponError):
        raise batch
    return batch
