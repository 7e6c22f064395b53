"""Makes an arena: one task after the other, in one process or several, each kept on the disk until all are done.

The same command that is given again goes on where it was; given twice at the same time, both share the work.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import multiprocessing
import os
import shutil
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import torch

from prosopon.arena.making.faking import Fakers
from prosopon.arena.making.originals import Original
from prosopon.arena.making.piece import LeftOut, Piece, load_piece, piece_of, save_piece
from prosopon.arena.making.plan import Task
from prosopon.arena.making.subject import Subject, load_subject, save_subject, subject_of
from prosopon.core.errors import ProsoponError
from prosopon.core.progress import SILENT, Progress
from prosopon.datasets.arena.arena import Arena, ArenaClip
from prosopon.datasets.arena.writing import About, write_arena
from prosopon.faces.finder import FaceFinder, open_finder
from prosopon.models.device import Precision, pick_precision
from prosopon.models.files import write_atomically
from prosopon.train.processes import mapped
from prosopon.train.store import Rows

UNFINISHED = "unfinished"
"""Folder in the arena's, with what is done so far."""
_PLAN, _BEGINNING, _ENDING = "plan.txt", ".beginning.lock", ".putting-together.lock"
_SUBJECTS_HELD = 12


@dataclass(frozen=True)
class Workshop:
    """Where and how the tasks of an arena are done; sent to worker processes.

    Attributes:
        folder: what is done is kept here.
        faces: who finds faces, by name.
        precision: of the generators' nets, by name.
        processes: that work at the same time.
    """

    folder: Path
    faces: str = "auto"
    precision: Precision = "auto"
    processes: int = 1

    def piece(self, task: Task) -> Path:
        """Where the outcome of a task is kept."""
        return self.folder / f"piece-{task.number:05d}.npz"

    def subject(self, original: Original) -> Path:
        """Where an original is kept, ready to be used."""
        return self.folder / f"subject-{hashlib.sha256(original.name.encode()).hexdigest()[:20]}.npz"


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    Attributes:
        arena: as it is on the disk.
        left_out: what was to be in it and is not, and why.
        put_together: whether it was here that it was put together, and not by another run that shared the work.
    """

    arena: Arena
    left_out: tuple[LeftOut, ...]
    put_together: bool = True


def make_arena(
    folder: Path,
    tasks: Sequence[Task],
    settings: Mapping[str, Any],
    *,
    faces: str = "auto",
    precision: Precision = "auto",
    processes: int = 1,
    progress: Progress = SILENT,
) -> Outcome:
    """Do all tasks and put the arena together.

    Args:
        folder: of the arena; what an earlier run of the same plan has done is not done again.
        tasks: see `plan.planned`.
        settings: what decided the plan, JSON-able, for the record.
        faces: who finds faces, by name.
        precision: of the generators' nets, by name.
        processes: that work at the same time; they change nothing else.
        progress: hears of every task.

    Raises:
        ProsoponError: not one original could be used.
    """
    workshop = Workshop(folder / UNFINISHED, faces, precision, processes)
    _begin(workshop, tasks)
    left = [task for task in tasks if not workshop.piece(task).exists()]
    if len(left) < len(tasks):
        progress.note(f"{len(tasks) - len(left)} of {len(tasks)} originals were dealt with before")
    progress.start("making fakes", len(left))
    # First what nobody else is at, then whatever is left: another run may have been broken off in the middle of it.
    for patient in (False, True):
        if not workshop.folder.is_dir():
            break  # another run has put the arena together meanwhile
        left = [task for task in left if not workshop.piece(task).exists()]
        for done in mapped(partial(_do, workshop, patient), left, processes=processes):
            progress.advance(int(done))
    progress.finish()
    lock = folder / _ENDING
    with _alone(lock):
        here = workshop.folder.is_dir()
        if here:
            _put_together(folder, workshop, tasks, settings, progress)
        lock.unlink(missing_ok=True)
    arena = Arena.open(folder)
    return Outcome(arena, tuple(LeftOut(**one) for one in arena.about["left_out"]), here)


def n_done(folder: Path) -> int:
    """How many originals of an unfinished arena are dealt with."""
    return len(list((folder / UNFINISHED).glob("piece-*.npz")))


def _put_together(
    folder: Path, workshop: Workshop, tasks: Sequence[Task], settings: Mapping[str, Any], progress: Progress
) -> None:
    """The arena of all pieces; each is read as it is written into the store."""
    left_out: list[dict[str, str]] = []
    sources: dict[str, str] = {}
    split = {task.original.person: task.original.split for task in tasks}

    def clips() -> Iterator[tuple[ArenaClip, Rows]]:
        progress.start("putting the arena together", len(tasks))
        for task in tasks:
            piece = load_piece(workshop.piece(task))
            if piece is None:
                workshop.piece(task).unlink(missing_ok=True)
                raise ProsoponError(f"what was made of {task.original.name} is damaged", "give the same command again")
            left_out.extend(asdict(one) for one in piece.left_out)
            sources.update(piece.sources)
            yield from piece.clips
            progress.advance()

    # Both lists fill while clips are written, and are written last.
    write_arena(folder, clips(), About(split, settings, sources, left_out))
    progress.finish()
    shutil.rmtree(workshop.folder, ignore_errors=True)
    (folder / _BEGINNING).unlink(missing_ok=True)


def _begin(workshop: Workshop, tasks: Sequence[Task]) -> None:
    """Make the folder ready; what is in there of another plan is thrown away."""
    plan = json.dumps([workshop.faces, workshop.precision, [asdict(task) for task in tasks]], default=str)
    digest = hashlib.sha256(plan.encode()).hexdigest()
    workshop.folder.parent.mkdir(parents=True, exist_ok=True)
    with _alone(workshop.folder.parent / _BEGINNING):
        noted = workshop.folder / _PLAN
        if noted.is_file() and noted.read_text(encoding="utf-8") == digest:
            return
        shutil.rmtree(workshop.folder, ignore_errors=True)
        workshop.folder.mkdir()
        write_atomically(noted, lambda path: _write(path, digest))


def _do(workshop: Workshop, patient: bool, task: Task) -> bool:
    """Do one task unless it is done; whether it is done now.

    Args:
        workshop: where and how.
        patient: wait for another process that is at it; else leave it to that one.
        task: what to do.
    """
    if multiprocessing.parent_process() is not None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that started this one hears Ctrl-C and says so
        torch.set_num_threads(max(1, (os.cpu_count() or 1) // workshop.processes))
    path = workshop.piece(task)
    with _alone(path.with_suffix(".lock"), patient=patient) as mine:
        if not mine:
            return False
        if not path.exists():
            save_piece(_piece(workshop, task), path)
    return True


def _piece(workshop: Workshop, task: Task) -> Piece:
    target = _subject(workshop, task.original)
    if isinstance(target, str):
        return Piece(left_out=(LeftOut(task.original.name, "original", target),))
    others = {fake.other.name: _subject(workshop, fake.other) for fake in task.fakes if fake.other is not None}
    return piece_of(task, target, others, _fakers(workshop.precision), _finder(workshop.faces))


@lru_cache(maxsize=_SUBJECTS_HELD)
def _subject(workshop: Workshop, original: Original) -> Subject | str:
    """An original ready to be used, or why it cannot be; read or rendered by whichever process needs it first."""
    path = workshop.subject(original)
    with _alone(path.with_suffix(".lock")):
        if path.exists():
            return load_subject(original, path)
        if path.with_suffix(".txt").exists():
            return path.with_suffix(".txt").read_text(encoding="utf-8")
        try:
            subject = subject_of(original, _finder(workshop.faces))
        except ProsoponError as error:
            why = error.what
            write_atomically(path.with_suffix(".txt"), lambda temporary: _write(temporary, why))
            return why
        write_atomically(path, lambda temporary: save_subject(subject, temporary))
        return subject


@lru_cache(maxsize=1)
def _finder(name: str) -> FaceFinder:
    return open_finder(name)


@lru_cache(maxsize=1)
def _fakers(precision: Precision) -> Fakers:
    return Fakers(pick_precision(precision))


@contextmanager
def _alone(path: Path, *, patient: bool = True) -> Iterator[bool]:
    """Inside, no other process is inside with the same path; a process that dies lets go.

    Yields:
        Whether that is so: where `patient` is off, nobody is waited for.
    """
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if patient else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
