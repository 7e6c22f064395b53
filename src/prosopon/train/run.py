"""`Run`: one training run in its folder: what it is, how far it is, and how it is kept."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from prosopon.core.content_id import sha256_of
from prosopon.core.errors import ProsoponError
from prosopon.core.progress import Progress
from prosopon.models import checkpoint
from prosopon.models.pair import card_file, weights_file
from prosopon.train import randomness
from prosopon.train.backups import back_up
from prosopon.train.distributed import Processes
from prosopon.train.learner import Learner, training_precision
from prosopon.train.loader import first_batch, place_batch
from prosopon.train.log import Record
from prosopon.train.recipe import Batch, Recipe
from prosopon.train.runfile import RUN_FILE, Command, RunFile, read_run_file
from prosopon.train.sampler import Order
from prosopon.train.settings import CHANGEABLE, Settings
from prosopon.train.state import load_state, save_state

WEIGHTS = "weights"
PREVIEW = "preview.png"
_PREVIEWED = 4
"""Items in the batch that previews are made from."""


@dataclass(frozen=True)
class Result:
    """What came of a run.

    Attributes:
        step: steps done in all.
        time_s: training time in all.
        losses: of the last step, by name.
        metrics: the newest scores on held-out data.
        weights: the `.safetensors`, its card beside it.
        resumed_from: the step that this call went on from, 0 for a new run.
    """

    step: int
    time_s: float
    losses: Mapping[str, float]
    metrics: Mapping[str, float]
    weights: Path
    resumed_from: int


class Run:
    """A run of a recipe, made ready: the folder is there, and a run that it holds has been taken up.

    Args:
        recipe: nets, losses and data.
        folder: the run folder.
        settings: until when and how.
        processes: those that train together; the folder must be the same for all.
        command: what `prosopon replay` needs to repeat the run.
        progress: hears of what was found in the folder.
        pass_over: so many steps' worth of items are passed over from here on, beside those that were before.

    Attributes:
        passed_over: steps' worth of items that were passed over, as their losses were not finite.

    Raises:
        UsageError: the folder holds another run.
        CheckpointError: the folder's state is damaged beyond use.
        ProsoponError: the folder cannot be made, or the dataset is empty.
    """

    def __init__(
        self,
        recipe: Recipe,
        folder: Path,
        settings: Settings,
        *,
        processes: Processes,
        command: Command | None,
        progress: Progress,
        pass_over: int = 0,
    ) -> None:
        if not len(recipe.dataset):
            raise ProsoponError(f"there is nothing to train {recipe.name!r} on", "give data with at least one item")
        self.folder = folder
        self.order = Order(len(recipe.dataset), settings.seed)
        self.last_losses: Mapping[str, float] = {}
        self._recipe = recipe
        self._settings = settings
        self._processes = processes
        self._file = self._open(RunFile.of(recipe, settings, command, self._environment()), progress)
        randomness.seed_all(settings.seed, processes.rank)
        self._learner = Learner(recipe, settings, processes)
        self._preview_batch: dict[str, Tensor] | None = None
        self._time_before_s = 0.0
        self.passed_over = pass_over
        self._resume(progress)
        self.resumed_from = self.step
        self._started = self._step_ended = time.monotonic()

    def _open(self, now: RunFile, progress: Progress) -> RunFile:
        """Make the folder, or see that it holds this run. Every process looks before the first one writes."""
        path = self.folder / RUN_FILE
        if path.exists():
            before = read_run_file(path)
            before.refuse_other(now, CHANGEABLE)
            now = replace(now, weights=before.weights, steps=before.steps)
            began, goes_on = {**before.versions, **before.environment}, {**now.versions, **now.environment}
            changed = [f"{key} {began[key]} -> {new}" for key, new in goes_on.items() if began.get(key, new) != new]
            if changed:
                progress.note(f"The run was begun elsewhere, so sums may round differently: {', '.join(changed)}.")
        self._processes.wait()
        if self._processes.is_first:
            try:
                (self.folder / WEIGHTS).mkdir(parents=True, exist_ok=True)
                now.write(self.folder)
            except OSError as error:
                raise ProsoponError(
                    f"the run folder {self.folder} cannot be written: {error.strerror}", "give another folder"
                ) from error
        return now

    def _environment(self) -> dict[str, str]:
        """What decides how sums round."""
        return {
            "device": self._processes.device.type,
            "precision": str(training_precision(self._settings, self._processes.device)).removeprefix("torch."),
            "processes": str(self._processes.size),
            "threads": str(torch.get_num_threads()),
        }

    def _resume(self, progress: Progress) -> None:
        saved = load_state(self.folder, progress)
        if saved is None:
            return
        self._learner.load_state_dict(saved["learner"])
        self._time_before_s = saved["time_s"]
        self.passed_over += saved.get("passed_over", 0)
        # With more processes than before, the added ones keep their fresh seeds.
        if self._processes.rank < len(saved["random"]):
            randomness.restore(saved["random"][self._processes.rank], self._processes.device)
        for epoch in range(self._epochs_done(self.step)):
            self._recipe.on_epoch_end(epoch)
        progress.note(f"Going on from step {self.step} of the run in {self.folder}.")

    @property
    def step(self) -> int:
        """Steps done in all."""
        return self._learner.step_number

    @property
    def place(self) -> int:
        """How many steps' worth of the stream of items are behind the run."""
        return self.step + self.passed_over

    @property
    def time_s(self) -> float:
        """Training time in all, pauses left out."""
        return self._time_before_s + time.monotonic() - self._started

    @property
    def weights(self) -> Path:
        """Where the weights go."""
        return weights_file(self.folder / WEIGHTS / self._recipe.name)

    def finished(self) -> bool:
        """Whether the steps or the minutes are up."""
        steps, minutes = self._settings.steps, self._settings.minutes
        return (steps is not None and self.step >= steps) or (minutes is not None and self.time_s >= minutes * 60)

    def advance(self, batches: Iterator[Batch]) -> Record:
        """One training step.

        Raises:
            NotFiniteError: a loss is not finite.
            ProsoponError: the data fail.
        """
        rates = self._learner.learning_rates()
        asked = time.monotonic()
        taken = list(islice(batches, self._settings.accumulate))
        waited_s = time.monotonic() - asked
        device, channels_last = self._processes.device, self._settings.channels_last
        self.last_losses = self._learner.step([place_batch(b, device, channels_last=channels_last) for b in taken])
        for epoch in range(self._epochs_done(self.step - 1), self._epochs_done(self.step)):
            self._recipe.on_epoch_end(epoch)
        metrics = self._measure()
        before, self._step_ended = self._step_ended, time.monotonic()
        return Record(
            step=self.step,
            epoch=self.step * self._settings.batch_size / self.order.n_items,
            time_s=round(self.time_s, 3),
            images_per_s=round(self._settings.batch_size / (self._step_ended - before), 2),
            waited_s=round(waited_s, 4),
            losses=self.last_losses,
            lr=rates,
            metrics=metrics,
        )

    def preview(self) -> NDArray[np.uint8]:
        """The recipe's picture `uint8 (H, W, 3)` of how it goes."""
        device = self._processes.device
        with randomness.undisturbed(device), self._learner.evaluating():
            if self._preview_batch is None:
                self._preview_batch = first_batch(self._recipe.dataset, self.order, _PREVIEWED)
            return self._recipe.preview(place_batch(self._preview_batch, device), device)

    def _measure(self) -> dict[str, float]:
        every = self._settings.measure_every
        if every is None or self.step % every or not self._processes.is_first:
            return {}
        with randomness.undisturbed(self._processes.device), self._learner.evaluating():
            return dict(self._recipe.measure(self._processes.device))

    def _epochs_done(self, step: int) -> int:
        return step * self._settings.batch_size // self.order.n_items

    def save(self, metrics: Mapping[str, float]) -> None:
        """Keep the state and the weights. All processes take part, the first one writes.

        Raises:
            ProsoponError: the disk is full or cannot be written; the earlier state is still good.
        """
        state: dict[str, Any] = {
            "learner": self._learner.state_dict(),
            "random": self._processes.gather(randomness.capture(self._processes.device)),
            "time_s": self.time_s,
            "passed_over": self.passed_over,
        }
        if self._processes.is_first:
            save_state(state, self.folder)
            self._save_weights(metrics)

    def _save_weights(self, metrics: Mapping[str, float]) -> None:
        card = {
            **self._recipe.card,
            "metrics": dict(metrics),
            "training": {
                "steps": self.step,
                "time_s": round(self.time_s, 1),
                "losses": dict(self.last_losses),
                "config": dict(self._file.config),
                "settings": dict(self._file.settings),
                "inputs": dict(self._file.inputs),
                "versions": dict(self._file.versions),
            },
        }
        try:
            state = self._recipe.stored(self._learner.exported())
            path = checkpoint.save(state, self.weights, card, dtype=torch.float16)
            self._file = replace(self._file, weights={path.name: sha256_of(path)}, steps=self.step)
            self._file.write(self.folder)
        except OSError as error:
            raise ProsoponError(
                f"the weights cannot be saved in {self.folder / WEIGHTS}: {error}",
                "the training state is saved: make room, then run the same command again",
            ) from error

    def back_up(self) -> None:
        """Put a copy of the saved weights aside.

        Raises:
            ProsoponError: the disk is full or cannot be written; all that was saved is still good.
        """
        files = [self.weights, card_file(self.weights), self.folder / PREVIEW]
        try:
            back_up(files, self.folder, self.step, self._settings.backups)
        except OSError as error:
            raise ProsoponError(
                f"no backup can be written in {self.folder}: {error.strerror}",
                "the training state is saved: make room, then run the same command again",
            ) from error

    def result(self, metrics: Mapping[str, float]) -> Result:
        """What came of it."""
        return Result(self.step, self.time_s, self.last_losses, metrics, self.weights, self.resumed_from)
