"""What a run tells while it goes: log, preview, page, progress, TensorBoard. Only the first process reports."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prosopon.core.errors import MissingError
from prosopon.core.progress import Progress
from prosopon.train.history import History
from prosopon.train.log import Log, Record, read_log
from prosopon.train.page import PAGE, PageFacts, write_page
from prosopon.train.run import PREVIEW
from prosopon.train.runfile import RUN_FILE
from prosopon.train.settings import Settings
from prosopon.train.timelapse import keep_preview

LOG = "log.jsonl"

PublishPicture = Callable[[NDArray[np.uint8], Path], None]
"""Writes a picture `uint8 (H, W, 3)` to a path, over an earlier one, marked as what it is."""


class Report:
    """Tells how a run goes.

    Args:
        folder: the run folder.
        name: what the weights are called.
        settings: when the run ends, and how often the page is renewed.
        last_step: the step that the run goes on from, 0 for a new one.
        progress: hears every step.
        publish: writes the preview.

    Raises:
        MissingError: TensorBoard was asked for and is not installed.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        settings: Settings,
        *,
        last_step: int,
        progress: Progress,
        publish: PublishPicture,
    ) -> None:
        self._log = Log(folder / LOG, last_step)
        self._history = History()
        for record in read_log(folder / LOG):
            self._history.append(record)
        self._folder = folder
        self._name = name
        self._settings = settings
        self._progress = progress
        self._publish = publish
        self._board = _open_tensorboard(folder, last_step) if settings.tensorboard else None
        self._counted = 0
        self._timelapse_due = Every(settings.timelapse_every_s, at_once=True)
        progress.start(f"training {name}", self._total())
        if self._history.last is not None:
            self._count(self._history.last)

    def record(self, record: Record) -> None:
        """One step is done."""
        self._log.append(record)
        self._history.append(record)
        self._count(record)
        if self._board is not None:
            for name, value in {**record.losses, **record.metrics}.items():
                self._board.add_scalar(name, value, record.step)

    def show(self, picture: NDArray[np.uint8] | None, status: str = "running") -> None:
        """Renew the preview, where there is a new one, and the page."""
        preview = self._folder / PREVIEW
        if picture is not None:
            self._publish(picture, preview)
            if self._history.last is not None and (status != "running" or self._timelapse_due()):
                keep_preview(preview, self._folder, self._history.last.step)
        remaining_s = self._history.remaining_s(self._settings.steps, self._settings.minutes)
        facts = PageFacts(
            name=self._name,
            status=status,
            history=self._history,
            remaining_s=remaining_s if status == "running" else None,
            preview=preview if preview.exists() else None,
            run_file=(self._folder / RUN_FILE).read_text(encoding="utf-8"),
            refresh_s=max(5, round(self._settings.preview_every_s / 2)) if status == "running" else None,
        )
        write_page(self._folder / PAGE, facts)

    def metrics(self) -> Mapping[str, float]:
        """The newest scores on held-out data; empty where nothing was measured."""
        return self._history.last_metrics

    def sync(self) -> None:
        """Have the log on the disk, even if the power fails next."""
        self._log.sync()

    def close(self) -> None:
        """End writing."""
        self._log.close()
        if self._board is not None:
            self._board.close()
        self._progress.finish()

    def _total(self) -> int | None:
        if self._settings.steps is not None:
            return self._settings.steps
        return None if self._settings.minutes is None else round(self._settings.minutes * 60)

    def _count(self, record: Record) -> None:
        """Progress counts steps, or seconds for a run that is limited by time alone."""
        done = record.step if self._settings.steps is not None else int(record.time_s)
        if done > self._counted:
            self._progress.advance(done - self._counted)
            self._counted = done


def _open_tensorboard(folder: Path, last_step: int) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415  # optional, and slow to import
    except ImportError as error:
        raise MissingError("TensorBoard is not installed", "pip install tensorboard") from error
    return SummaryWriter(str(folder / "tensorboard"), purge_step=last_step + 1)


class Every:
    """Says when `seconds` have passed since it last said so.

    Args:
        seconds: the interval.
        at_once: whether it says so the first time it is asked.
    """

    def __init__(self, seconds: float, *, at_once: bool = False) -> None:
        self._seconds = seconds
        self._next = time.monotonic() + (0 if at_once else seconds)

    def __call__(self) -> bool:
        """Whether the time has come; the next one is counted from now."""
        if time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + self._seconds
        return True
