"""`fit`: the training loop of every technique, alone on a laptop or as several processes under torchrun."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from prosopon.core.errors import Stopped
from prosopon.core.progress import SILENT, Progress
from prosopon.train.distributed import Processes, open_processes
from prosopon.train.interrupt import StopWish, listening
from prosopon.train.learner import NotFiniteError
from prosopon.train.loader import open_batches
from prosopon.train.recipe import Batch, Recipe
from prosopon.train.report import Every, PublishPicture, Report
from prosopon.train.run import Result, Run
from prosopon.train.runfile import Command
from prosopon.train.sampler import Share
from prosopon.train.settings import Settings
from prosopon.train.state import saved_step

_MOST_ROLL_BACKS = 3
"""From one saved state; a run that fails again and again is not saved by other items."""


def fit(
    recipe: Recipe,
    run_dir: Path,
    settings: Settings,
    *,
    publish_picture: PublishPicture,
    command: Command | None = None,
    progress: Progress = SILENT,
) -> Result:
    """Train a recipe in a run folder, or go on with the run that the folder holds.

    The folder gets `run.toml`, `log.jsonl`, `preview.png`, `index.html`, `state.pt` and `weights/<name>.safetensors`
    with its card. A loss that is not finite takes the run back to its last saved state, and the items since then are
    passed over. On the CPU a resumed run equals one that was never stopped, bit for bit with as
    many threads, even after kill -9.

    Args:
        recipe: nets, losses and data.
        run_dir: the run folder, made if it is not there.
        settings: until when and how.
        publish_picture: writes the preview, a picture of synthetic media.
        command: what `prosopon replay` needs to repeat the run.
        progress: hears every step.

    Raises:
        UsageError: the folder holds another run, or the settings contradict each other.
        MissingError: the device or TensorBoard is asked for and not there.
        Stopped: Ctrl-C or SIGTERM; all is saved, the same call goes on.
        ProsoponError: a loss is not finite again and again, the data fail, or the disk is full; the last saved state
            is kept.
    """
    with contextlib.ExitStack() as stack:
        wish = stack.enter_context(listening())
        processes = stack.enter_context(open_processes(settings.device))
        one = _Once(recipe, run_dir, settings, processes, wish, publish_picture, command, progress)
        return _rolled_back(one, progress)


@dataclass(frozen=True)
class _Once:
    """One go at training: from the folder's last saved state to the end, or to a loss that is not finite."""

    recipe: Recipe
    folder: Path
    settings: Settings
    processes: Processes
    wish: StopWish
    publish: PublishPicture
    command: Command | None
    progress: Progress

    def train(self, pass_over: int) -> Result:
        """Train; so many steps' worth of items are passed over.

        Raises:
            NotFiniteError: a loss was not finite.
        """
        settings, processes, first = self.settings, self.processes, self.processes.is_first
        share = Share(settings.batch_size, settings.accumulate, processes.rank, processes.size)
        told = self.progress if first else SILENT
        with contextlib.ExitStack() as stack:
            run = Run(
                self.recipe, self.folder, settings,
                processes=processes, command=self.command, progress=told, pass_over=pass_over,
            )  # fmt: skip
            report: Report | None = None
            if first:
                report = Report(
                    self.folder, self.recipe.name, settings, last_step=run.step, progress=told, publish=self.publish
                )
                stack.callback(report.close)
            batches = stack.enter_context(
                open_batches(
                    self.recipe.dataset, run.order, share, run.place, workers=settings.n_workers,
                    device=processes.device,
                )
            )  # fmt: skip
            done = self._run_through(run, report, batches)
        if not done:
            raise Stopped(
                f"stopped after step {run.step}, all is saved in {self.folder}", "the same command goes on from there"
            )
        return run.result({} if report is None else report.metrics())

    def _run_through(self, run: Run, report: Report | None, batches: Iterator[Batch]) -> bool:
        """Step after step until all is done (True) or somebody wishes to stop; then everything is saved."""
        settings, first = self.settings, self.processes.is_first
        save_due, preview_due = Every(settings.checkpoint_every_s), Every(settings.preview_every_s, at_once=True)
        backup_due = Every(settings.backup_every_s)

        def outlook() -> list[bool]:
            """Whether to stop early, whether all is done, whether to save: the same answer in every process."""
            return self.processes.any_of([self.wish.uttered, first and run.finished(), first and save_due()])

        stop, done, save = outlook()
        while not (stop or done):
            record = run.advance(batches)
            if report is not None:
                report.record(record)
                if preview_due():
                    report.show(run.preview())
            stop, done, save = outlook()
            if save:
                _keep(run, report)
                if first and backup_due():
                    run.back_up()
        _keep(run, report)
        if report is not None:
            report.show(run.preview(), "finished" if done else "stopped")
        return done


def _rolled_back(one: _Once, progress: Progress) -> Result:
    """Train; where a loss is not finite, go back to the last saved state and pass the items since then over."""
    times, before = 0, -1
    pass_over = 0
    while True:
        try:
            return one.train(pass_over)
        except NotFiniteError as error:
            saved = saved_step(one.folder)
            times = times + 1 if saved == before else 1
            if saved is None or times > _MOST_ROLL_BACKS:
                raise
            # Passed over are also those of earlier goes from the same state, which the state does not know of.
            pass_over = (pass_over if saved == before else 0) + error.step - saved
            before = saved
            progress.note(f"{error.what}; going back to step {saved} and passing over what was learnt from since.")


def _keep(run: Run, report: Report | None) -> None:
    """Put the log on the disk, then the state that goes with it."""
    if report is not None:
        report.sync()
    run.save({} if report is None else report.metrics())
