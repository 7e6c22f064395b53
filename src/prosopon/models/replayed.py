"""Work on a GPU recorded as a CUDA graph: many small kernels take longer to ask for than to compute."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

_WARM_UP = 3
"""Runs before the recording, in which cuDNN chooses its algorithms."""


class Replayed:
    """A function of tensors, recorded once for every set of shapes and replayed afterwards.

    Args:
        work: tensors on one CUDA device -> tensors; without gradients, and without looking at values on the CPU.
    """

    def __init__(self, work: Callable[..., tuple[Tensor, ...]]) -> None:
        self._work = work
        self._known: dict[tuple[object, ...], tuple[torch.cuda.CUDAGraph, tuple[Tensor, ...], tuple[Tensor, ...]]] = {}

    def __call__(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """What `work` gives for the inputs."""
        shapes = tuple((tensor.shape, tensor.dtype) for tensor in inputs)
        if shapes not in self._known:
            self._known[shapes] = self._record(inputs)
        graph, held, outputs = self._known[shapes]
        for own, given in zip(held, inputs, strict=True):
            own.copy_(given)
        graph.replay()
        # The next replay writes into the same memory.
        return tuple(tensor.clone() for tensor in outputs)

    def _record(
        self, inputs: tuple[Tensor, ...]
    ) -> tuple[torch.cuda.CUDAGraph, tuple[Tensor, ...], tuple[Tensor, ...]]:
        held = tuple(tensor.clone() for tensor in inputs)
        here, aside = torch.cuda.current_stream(), torch.cuda.Stream()  # type: ignore[no-untyped-call]
        aside.wait_stream(here)
        with torch.cuda.stream(aside):
            for _ in range(_WARM_UP):
                self._work(*held)
        here.wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            outputs = self._work(*held)
        return graph, held, outputs
