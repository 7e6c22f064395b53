"""Runs of consecutive frames as the net sees them: cut by one square that stands still, so that only the face moves."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from prosopon.core.clip import Clip, Frame
from prosopon.core.faces import Face
from prosopon.detect.learning.view import View
from prosopon.faces.excerpt import runs_of
from prosopon.models.tensors import to_tensor

RUN = 8
"""Frames that are looked at together, a third of a second; so many are learnt from."""
LEAST = 4
"""Runs of fewer frames say too little about time."""


def windows_of(clip: Clip, seen: NDArray[np.bool_] | None = None) -> tuple[slice, ...]:
    """The parts of a clip that the net is asked about: consecutive frames, `LEAST` to `RUN` of them.

    Args:
        clip: gaps in its times part its runs.
        seen: `(T,)`, in which frames the face was found; None: in all. Frames without it part runs, too.
    """
    windows: list[slice] = []
    for run in runs_of(clip):
        there = np.ones(run.stop - run.start, bool) if seen is None else seen[run]
        edges = np.flatnonzero(np.diff(np.concatenate(([False], there, [False])).astype(int))) + run.start
        for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            windows += [slice(at, min(at + RUN, stop)) for at in range(start, stop, RUN) if stop - at >= LEAST]
    return tuple(windows)


def cut_run(view: View, frames: NDArray[np.uint8] | list[Frame], landmarks: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Frames `(T, H, W, 3)` and landmarks `(T, 68, 2)` -> `uint8 (T, S, S, 3)`, all cut where the mean face is.

    Raises:
        ValueError: the landmarks lie in one place.
    """
    mean = Face.around(landmarks.mean(0).astype(np.float32))
    return np.stack([view.cut(frame, mean) for frame in frames])


def as_tensor(runs: NDArray[np.uint8], device: torch.device | None = None) -> Tensor:
    """Runs `uint8 (B, T, S, S, 3)` -> float `(B, T, 3, S, S)` in [0, 1]."""
    batch, length = runs.shape[:2]
    frames = to_tensor(runs.reshape(batch * length, *runs.shape[2:]), device)
    return frames.view(batch, length, *frames.shape[1:])
