"""`fit`: the training loop of every technique, alone on a laptop or as several processes under torchrun."""

from __future__ import annotations

import contextlib
from pathlib import Path

from prosopon.core.errors import Stopped
from prosopon.core.progress import SILENT, Progress
from prosopon.train.distributed import open_processes
from prosopon.train.interrupt import listening
from prosopon.train.loader import open_batches
from prosopon.train.recipe import Recipe
from prosopon.train.report import Every, PublishPicture, Report
from prosopon.train.run import Result, Run
from prosopon.train.runfile import Command
from prosopon.train.sampler import Share
from prosopon.train.settings import Settings


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
    with its card. On the CPU a resumed run equals one that was never stopped, bit for bit with as
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
        ProsoponError: a loss is not finite, the data fail, or the disk is full; the last saved state is kept.
    """
    with contextlib.ExitStack() as stack:
        wish = stack.enter_context(listening())
        processes = stack.enter_context(open_processes(settings.device))
        first = processes.is_first
        share = Share(settings.batch_size, settings.accumulate, processes.rank, processes.size)
        told = progress if first else SILENT
        run = Run(recipe, run_dir, settings, processes=processes, command=command, progress=told)
        report: Report | None = None
        if first:
            report = Report(run_dir, recipe.name, settings, last_step=run.step, progress=told, publish=publish_picture)
            stack.callback(report.close)
        batches = stack.enter_context(
            open_batches(
                recipe.dataset, run.order, share, run.step, workers=settings.n_workers, device=processes.device
            )
        )
        save_due, preview_due = Every(settings.checkpoint_every_s), Every(settings.preview_every_s, at_once=True)

        def outlook() -> list[bool]:
            """Whether to stop early, whether all is done, whether to save: the same answer in every process."""
            return processes.any_of([wish.uttered, first and run.finished(), first and save_due()])

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
        _keep(run, report)
        if report is not None:
            report.show(run.preview(), "finished" if done else "stopped")
    if not done:
        raise Stopped(
            f"stopped after step {run.step}, all is saved in {run_dir}", "the same command goes on from there"
        )
    return run.result({} if report is None else report.metrics())


def _keep(run: Run, report: Report | None) -> None:
    """Put the log on the disk, then the state that goes with it."""
    if report is not None:
        report.sync()
    run.save({} if report is None else report.metrics())
