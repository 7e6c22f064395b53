"""What came of one task: done once, and kept on the disk until an arena is put together."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from prosopon.arena.making.faking import Fakers
from prosopon.arena.making.judging import judged
from prosopon.arena.making.plan import Fake, Task
from prosopon.arena.making.subject import Subject
from prosopon.core.errors import ProsoponError
from prosopon.datasets.arena.arena import ORIGINAL, ArenaClip
from prosopon.datasets.arena.canvas import Canvas, scale_for
from prosopon.faces.finder import FaceFinder
from prosopon.models.files import write_atomically
from prosopon.train.store import Rows

_EDIT_ATTEMPTS = 3
"""An edit that somebody has already changes nothing; then another one is tried."""


@dataclass(frozen=True)
class LeftOut:
    """A fake, or an original with all its fakes, that is not in the arena.

    Attributes:
        name: of the clip.
        generator: what should have made it; `original` for an original.
        why: in plain English.
    """

    name: str
    generator: str
    why: str


@dataclass(frozen=True)
class Piece:
    """An original and its fakes.

    Attributes:
        clips: each with its rows.
        left_out: what is missing.
        sources: name of the original and SHA-256 of its file, where it has one.
    """

    clips: tuple[tuple[ArenaClip, Rows], ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    sources: tuple[tuple[str, str], ...] = ()


def piece_of(
    task: Task, target: Subject, others: Mapping[str, Subject | str], fakers: Fakers, finder: FaceFinder
) -> Piece:
    """Do a task.

    Args:
        task: what to do.
        target: its original.
        others: by name, who gives faces and motions, or why they cannot.
        fakers: make the fakes.
        finder: looks at them.
    """
    original = task.original
    scale = scale_for(list(target.landmarks))
    canvases = [(run, Canvas.around(list(target.landmarks[run]), scale)) for run in target.runs]
    clip = ArenaClip(
        original.name, ORIGINAL, (original.person,), original.split, original.name, original.material, target.fps
    )
    clips = [(clip, _rows(target.frames, target.landmarks, target.times, canvases))]
    left_out = []
    for fake in task.fakes:
        name = fake_name(task, fake)
        made = _faked(fake, target, others, fakers, finder, scale=scale, canvases=canvases)
        if isinstance(made, str):
            left_out.append(LeftOut(name, fake.generator, made))
            continue
        rows, fps = made
        clips.append((replace(clip, name=name, generator=fake.generator, people=fake.people, fps=fps), rows))
    sources = () if target.sha256 is None else ((original.name, target.sha256),)
    return Piece(tuple(clips), tuple(left_out), sources)


def fake_name(task: Task, fake: Fake) -> str:
    """What a fake is called: after its original, the generator, and whose face it got where several swaps could."""
    with_whom = f"-{fake.people[1]}" if fake.generator == "swap" else ""
    return f"{task.original.name}-{fake.generator}{with_whom}"


def _faked(
    fake: Fake,
    target: Subject,
    others: Mapping[str, Subject | str],
    fakers: Fakers,
    finder: FaceFinder,
    *,
    scale: float,
    canvases: list[tuple[slice, Canvas]],
) -> tuple[Rows, Any] | str:
    """Rows and rate of a fake, or why there is none."""
    other = None if fake.other is None else others[fake.other.name]
    if isinstance(other, str):
        return f"{fake.other.name if fake.other else ''}: {other}"
    moved, why = fake.generator == "animate", ""
    for attempt in range(_EDIT_ATTEMPTS if fake.generator == "edit" else 1):
        try:
            made = fakers.make(fake, target, other, attempt)
        except ProsoponError as error:
            return error.what
        found = judged(made, target, finder, moved=moved)
        if found.landmarks is not None:
            if moved:
                # The picture behind a face that was made to move stands still, and so does what is kept of it.
                canvases = [(slice(None), Canvas.around(list(found.landmarks), scale))]
            return _rows(made.frames, found.landmarks, made.times, canvases), made.fps
        why = found.why
    return why


def _rows(frames: Any, landmarks: Any, times: Any, canvases: list[tuple[slice, Canvas]]) -> Rows:
    """Rows of a store: each run of frames through its canvas."""
    shown, points, scales = [], [], []
    for run, canvas in canvases:
        shown += [canvas.cut(frame) for frame in frames[run]]
        points += [canvas.points(one) for one in landmarks[run]]
        scales += [canvas.scale] * len(frames[run])
    return {
        "frames": np.stack(shown),
        "landmarks": np.stack(points),
        "times": np.asarray(times, np.float64),
        "scale": np.asarray(scales, np.float32),
    }


def save_piece(piece: Piece, path: Path) -> None:
    """Write a piece down, wholly or not at all."""
    about = {
        "clips": [clip.as_json() for clip, _ in piece.clips],
        "left_out": [asdict(one) for one in piece.left_out],
        "sources": [list(pair) for pair in piece.sources],
    }
    arrays = {f"{k}.{name}": rows for k, (_, of_clip) in enumerate(piece.clips) for name, rows in of_clip.items()}

    def write(temporary: Path) -> None:
        with temporary.open("wb") as file:
            np.savez(file, about=np.array(json.dumps(about)), **arrays)  # type: ignore[arg-type]

    write_atomically(path, write)


def load_piece(path: Path) -> Piece | None:
    """What was written down; None where there is nothing, or nothing that can be read."""
    with suppress(OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile), np.load(path) as held:
        about = json.loads(str(held["about"]))
        clips = tuple(
            (
                ArenaClip.of_json(table),
                {name: held[f"{k}.{name}"] for name in ("frames", "landmarks", "times", "scale")},
            )
            for k, table in enumerate(about["clips"])
        )
        left_out = tuple(LeftOut(**one) for one in about["left_out"])
        return Piece(clips, left_out, tuple((name, digest) for name, digest in about["sources"]))
    return None
