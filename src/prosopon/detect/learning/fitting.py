"""A run folder for what is learnt at once, like that of the training loop: what was done, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from prosopon.core.content_id import sha256_of
from prosopon.core.errors import ProsoponError
from prosopon.core.progress import SILENT, Progress
from prosopon.detect.learning.trainable import Fitted
from prosopon.models import checkpoint
from prosopon.models.pair import weights_file
from prosopon.train.run import WEIGHTS, Result
from prosopon.train.runfile import RUN_FILE, Command, RunFile, read_run_file, versions


def fit_at_once(
    name: str,
    learn: Callable[[], Fitted],
    folder: Path,
    *,
    settings: Mapping[str, Any],
    config: Mapping[str, Any],
    inputs: Mapping[str, str],
    command: Command | None = None,
    card: Mapping[str, Any] | None = None,
    progress: Progress = SILENT,
) -> Result:
    """Learn, and leave `run.toml` and `weights/<name>.safetensors` with its card in a run folder.

    A folder that holds the finished run is left as it is.

    Args:
        name: what the weights are called.
        learn: learns.
        folder: made where it is not there.
        settings: the seed; no folder with other ones is gone on with.
        config: all else that the result depends on, TOML-able.
        inputs: content ids by name of what is learnt from.
        command: what `prosopon replay` needs to repeat it.
        card: goes beside the weights, below what `learn` gives.
        progress: hears where nothing has to be done.

    Raises:
        UsageError: the folder holds another run.
        ProsoponError: it cannot be written.
    """
    path = weights_file(folder / WEIGHTS / name)
    now = RunFile(name, dict(settings), dict(config), command, dict(inputs), versions())
    if (folder / RUN_FILE).exists():
        before = read_run_file(folder / RUN_FILE)
        before.refuse_other(now, frozenset())
        if before.weights.get(path.name) is not None and path.is_file():
            progress.note(f"{path} was fitted before; give a new folder to fit it again.")
            return Result(0, 0.0, {}, {}, path, 0)
    began = time.monotonic()
    _write(folder, now)
    fitted = learn()
    took_s = time.monotonic() - began
    beside = {**(card or {}), **fitted.card, "training": {"time_s": round(took_s, 1)}}
    try:
        checkpoint.save(fitted.state, path, beside)
    except OSError as error:
        raise ProsoponError(f"the weights cannot be saved in {path.parent}: {error}", "make room") from error
    _write(folder, RunFile(**{**now.__dict__, "weights": {path.name: sha256_of(path)}}))
    return Result(0, took_s, {}, {}, path, 0)


def _write(folder: Path, run: RunFile) -> None:
    try:
        (folder / WEIGHTS).mkdir(parents=True, exist_ok=True)
        run.write(folder)
    except OSError as error:
        raise ProsoponError(
            f"the run folder {folder} cannot be written: {error.strerror}", "give another folder"
        ) from error
