"""Eyes that blink, to learn from: rendered people with exact lids, and real people whose lids are known some way.

Every sequence is a run of frames of one eye with how far it is open in each, as a share of its usual opening.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Frame
from prosopon.core.errors import MediaError
from prosopon.core.progress import SILENT, Progress
from prosopon.datasets.followed import Followed, followed, tracks_of
from prosopon.datasets.lids import close_lids
from prosopon.datasets.people import owned_media
from prosopon.detect.blink.eyes import EYE_PX, SIDE, cut_eyes
from prosopon.detect.blink.openings import from_landmarks
from prosopon.faces.finder import FaceFinder
from prosopon.faces.head_box import face_size
from prosopon.media.read import read
from prosopon.studio.performance import Performance
from prosopon.studio.person import Identity, Light
from prosopon.studio.render import render
from prosopon.train.processes import mapped
from prosopon.train.store import ArrayStore, Column, Rows, Shot, kept, write_store

FRAMES = 16
"""Of a sequence."""
MARGIN_PX = 4
"""What is kept around a crop on every side, so that it can be cut a little elsewhere."""
STORED_PX = EYE_PX + 2 * MARGIN_PX
STORED_SIDE = SIDE * STORED_PX / EYE_PX
_FPS = 25.0
_RENDER_PX = 208
_PASSAGES = 2
"""Of each rendered person."""
_BLINKS_PER_MINUTE = 55.0
_HELD_OUT = 1_000_000
_OPEN_SHARE = 0.85
"""Real eyes are taken for open where they are so far open at least, in all frames."""
_OF_A_STILL = 3
"""Runs that are made of a photograph."""
_VERSION = 1
"""Raised where the same people give other pictures."""


class Sequences(ArrayStore):
    """A row for each eye and run of frames."""

    columns: ClassVar[Mapping[str, Column]] = {
        "eyes": Column("|u1", (FRAMES, STORED_PX, STORED_PX, 3)),
        "openings": Column("<f4", (FRAMES,)),
    }

    @property
    def eyes(self) -> NDArray[np.uint8]:
        """`(N, FRAMES, STORED_PX, STORED_PX, 3)`."""
        return self.arrays["eyes"]

    @property
    def openings(self) -> NDArray[np.float32]:
        """`(N, FRAMES)`: 1 is as open as usual, 0 closed."""
        return self.arrays["openings"]


@dataclass(frozen=True)
class RenderedEyes:
    """Which people to render.

    Attributes:
        people: how many.
        seed: everything follows from it.
        held_out: other people than those of the same seed that are not held out.
    """

    people: int
    seed: int = 0
    held_out: bool = False


def rendered_eyes(wanted: RenderedEyes, *, processes: int | None = None, progress: Progress = SILENT) -> Sequences:
    """Rendered people who blink; rendered now, or found on the disk."""
    seed = wanted.seed + _HELD_OUT * wanted.held_out
    origin = ["blinking", _VERSION, seed, wanted.people, FRAMES, STORED_PX, STORED_SIDE, _RENDER_PX, _PASSAGES]

    def people() -> Iterator[tuple[Shot, Rows]]:
        progress.start("rendering people who blink", wanted.people)
        for made in mapped(partial(render_person, seed), range(wanted.people), processes=processes):
            yield made
            progress.advance()

    return Sequences.open(kept(origin, lambda folder: write_store(folder, Sequences.columns, people())))


def render_person(seed: int, number: int) -> tuple[Shot, Rows]:
    """One person: both eyes of each passage, which is around a blink more often than not."""
    rng = np.random.default_rng([seed, number])
    identity, light = Identity.random(rng), Light.random(rng)
    performance = Performance.random(
        rng, 30.0, talking=float(rng.uniform(0.2, 1.0)), liveliness=1.1, blinks_per_minute=_BLINKS_PER_MINUTE
    )
    moments = np.arange(round(30 * _FPS)) / _FPS
    lids = np.array([performance.at(moment)[1].blink_left for moment in moments])
    rows: list[Run] = []
    for _ in range(_PASSAGES):
        start = _start(lids, rng)
        shown = [
            render(identity, *performance.at(float(moment)), light, _RENDER_PX)
            for moment in moments[start : start + FRAMES]
        ]
        eyes = np.stack([cut_eyes(one.image, one.landmarks, STORED_PX, STORED_SIDE) for one in shown], axis=1)
        openings = np.array([one.eyelids for one in shown], np.float32).T
        # A glance from the side hides an eye; what cannot be seen is not learnt.
        seen = [all(bool(one.visible[points].all()) for one in shown) for points in (slice(36, 42), slice(42, 48))]
        rows += [(eyes[eye], openings[eye]) for eye in range(2) if seen[eye]]
    if not rows:
        rows = [(eyes[0], openings[0])]
    name = f"blinking-{seed}-{number:04d}"
    return Shot(name, name, "rendered"), _stacked(rows)


def _start(lids: NDArray[np.float64], rng: np.random.Generator) -> int:
    """Where a passage begins: three of four hold a blink somewhere."""
    last = len(lids) - FRAMES
    shut = np.flatnonzero(lids[: last + FRAMES // 2] > 0.9)
    if len(shut) and rng.random() < 0.75:
        return int(np.clip(rng.choice(shut) - rng.integers(1, FRAMES), 0, last))
    return int(rng.integers(last + 1))


def real_eyes(
    paths: Sequence[Path], finder: FaceFinder, seed: int, *, teach: bool, progress: Progress = SILENT
) -> Sequences:
    """Eyes of people in footage and photographs.

    Runs in which the eyes stay open are given blinks by bending the picture (`datasets.lids`). Where the finder sees
    lids well (`teach`), runs are taken as they are, too, with the openings that it sees.

    Raises:
        MissingError: a path is not there.
        ProsoponError: nobody is seen with open eyes.
    """
    files = [(one.label, one.path.stat().st_size) for one in owned_media(paths)]
    origin = ["blinking", _VERSION, seed, finder.name, teach, FRAMES, STORED_PX, STORED_SIDE, files]

    def people() -> Iterator[tuple[Shot, Rows]]:
        seen = chain(followed(paths, finder=finder, progress=progress), _stills(paths, finder))
        for number, one in enumerate(seen):
            rng = np.random.default_rng([seed, number])
            rows = [*(_of_still(one, rng) if one.clip.is_still else _of_clip(one, rng, teach=teach))]
            if rows:
                yield Shot(one.clip.name, one.person, "footage", sha256=one.clip.sha256), _stacked(rows)

    return Sequences.open(kept(origin, lambda folder: write_store(folder, Sequences.columns, people())))


Run = tuple[NDArray[np.uint8], NDArray[np.float32]]
"""A run of one eye, `(FRAMES, STORED_PX, STORED_PX, 3)`, and its openings `(FRAMES,)`."""
Seen = tuple[Frame, NDArray[np.float32]]
"""A frame and the landmarks of somebody in it."""


def _stills(paths: Sequence[Path], finder: FaceFinder) -> Iterator[Followed]:
    for one in owned_media(paths):
        try:
            clip = read(one.path)
        except MediaError:
            continue
        if clip.is_still:
            yield Followed(clip, tracks_of(clip, finder), one.person)


def _of_still(one: Followed, rng: np.random.Generator) -> Iterator[Run]:
    """Photographs show open eyes nearly always: a few blinks of each."""
    face = None if one.tracks.main is None else one.tracks.main.faces.get(0)
    if face is None or face.landmarks is None:
        return
    held = [(one.clip.first(), face.landmarks)] * FRAMES
    for _ in range(_OF_A_STILL):
        yield from _bent(held, rng)


def _of_clip(one: Followed, rng: np.random.Generator, *, teach: bool) -> Iterator[Run]:
    """Runs of a video, one after the other."""
    main = one.tracks.main
    if main is None:
        return
    shares = from_landmarks(main.faces, one.clip.times).shares
    held: list[Seen] = []
    for index, frame in enumerate(one.clip.frames()):
        face = main.faces.get(index)
        if face is None or face.landmarks is None or not np.isfinite(shares[index]):
            held = []
            continue
        held.append((frame, face.landmarks))
        if len(held) == FRAMES:
            seen = shares[index - FRAMES + 1 : index + 1]
            if teach:
                yield from _eyes(held, np.clip(seen, 0, 1.2))
            if (seen > _OPEN_SHARE).all():
                yield from _bent(held, rng)
            held = []


def _bent(held: Sequence[Seen], rng: np.random.Generator) -> Iterator[Run]:
    """A run of open eyes with a blink bent into it."""
    amounts = _blink(rng)
    shut = [
        (close_lids(frame, marks, float(amount))[0], marks)
        for (frame, marks), amount in zip(held, amounts, strict=True)
    ]
    yield from _eyes(shut, 1 - amounts)


def _blink(rng: np.random.Generator) -> NDArray[np.float64]:
    """How far lids are lowered in a run with a blink, 0 to 1: down in about 0.1 s, up in twice as long, or half."""
    middle, hold = rng.uniform(-1, FRAMES), rng.uniform(0, 3)
    down, up = rng.uniform(1.5, 3.5), rng.uniform(2.5, 6.0)
    full = 1.0 if rng.random() < 0.8 else rng.uniform(0.4, 1.0)
    at = np.arange(FRAMES) - middle
    falling = np.clip(1 + (at + hold / 2) / down, 0, 1)
    rising = np.clip(1 - (at - hold / 2) / up, 0, 1)
    return np.asarray(full * np.minimum(falling, rising))


def _eyes(held: Sequence[Seen], openings: NDArray[np.float64]) -> Iterator[Run]:
    """Both eyes of a run of frames; nothing where the face is too small."""
    if min(face_size(marks) for _, marks in held) < 2 * EYE_PX:
        return
    cut = np.stack([cut_eyes(frame, marks, STORED_PX, STORED_SIDE) for frame, marks in held], axis=1)
    for eye in cut:
        yield eye, openings.astype(np.float32)


def _stacked(rows: Sequence[Run]) -> dict[str, NDArray[Any]]:
    return {"eyes": np.stack([eye for eye, _ in rows]), "openings": np.stack([opening for _, opening in rows])}
