"""The whole state of a run on disk, so that it goes on as if it had never stopped.

Two files take turns: `state.pt`, and the one before it as `state.previous.pt`. A kill while saving costs nothing, and
a damaged file only the time since the one before. Reading needs no pickled code (`weights_only=True`).
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import torch

from prosopon.core.errors import CheckpointError, ProsoponError
from prosopon.core.progress import SILENT, Progress
from prosopon.models.files import write_atomically

NEWEST = "state.pt"
PREVIOUS = "state.previous.pt"
_FORMAT = 1


def save_state(state: dict[str, Any], folder: Path) -> None:
    """Save the state; at every moment a whole one is on the disk.

    Raises:
        ProsoponError: the disk is full or cannot be written; the earlier state is still good.
    """
    newest, previous = folder / NEWEST, folder / PREVIOUS

    def write(file: Path) -> None:
        with file.open("wb") as opened:
            torch.save({"format": _FORMAT, **state}, opened)
        if newest.exists():
            newest.replace(previous)

    try:
        write_atomically(newest, write)
    except (OSError, RuntimeError) as error:
        full = isinstance(error, OSError) and error.errno == errno.ENOSPC
        reason = os.strerror(errno.ENOSPC).lower() if full else str(error).splitlines()[0]
        raise ProsoponError(
            f"the training state cannot be saved in {folder}: {reason}",
            "the earlier state is still good: make room, then run the same command again",
        ) from error


def load_state(folder: Path, progress: Progress) -> dict[str, Any] | None:
    """The newest state that can be read, on the CPU; None in a folder that has none yet.

    Raises:
        CheckpointError: there are states, but all are damaged.
    """
    damaged: list[str] = []
    for name in (NEWEST, PREVIOUS):
        path = folder / name
        if not path.exists():
            continue
        try:
            state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
            if state["format"] != _FORMAT:
                damaged.append(f"{name} has format {state['format']} instead of {_FORMAT}")
                continue
        except Exception as error:  # on damaged bytes the reader raises anything
            damaged.append(f"{name}: {(str(error) or type(error).__name__).splitlines()[0][:120]}")
            continue
        if damaged:
            progress.note(f"The state of the last save is damaged ({damaged[0]}); going on from the one before.")
        return state
    if damaged:
        raise CheckpointError(
            f"no training state in {folder} can be read: {'; '.join(damaged)}",
            "delete the folder to start anew, or copy its state back from elsewhere",
        )
    return None


def saved_step(folder: Path) -> int | None:
    """How far the newest state that can be read is; None where there is none."""
    try:
        state = load_state(folder, SILENT)
    except CheckpointError:
        return None
    return None if state is None else int(state["learner"]["step"])
