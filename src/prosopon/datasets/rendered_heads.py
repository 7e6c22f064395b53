"""Rendered people as photos of heads, with landmarks that are exact: what changes that protect photos are learnt on.

People are rendered in portions that are kept on disk one by one, so that a broken rendering goes on where it stopped
and more people cost only those that are new.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from prosopon.core.faces import Box, Pose
from prosopon.core.progress import SILENT, Progress
from prosopon.faces.builtin.nobody import NAMES, picture_without_faces
from prosopon.faces.crop import cut
from prosopon.faces.head_box import head_box
from prosopon.faces.reader.surroundings import before, draw_surroundings
from prosopon.studio.performance import Performance
from prosopon.studio.person import Identity, Light, Placement
from prosopon.studio.render import render
from prosopon.train.processes import mapped
from prosopon.train.store import ArrayStore, Column, Rows, Shot, kept, write_store

HEAD_PX = 256
"""Side of the square that `faces.head_box` cuts, in the kept pictures."""
MARGIN_PX = 16
"""What is kept around it on every side, so that it can be cut a little elsewhere."""
PICTURE_PX = HEAD_PX + 2 * MARGIN_PX
COLUMNS = {"picture": Column("|u1", (PICTURE_PX, PICTURE_PX, 3)), "landmarks": Column("<f4", (68, 2))}
PICTURES = 3
"""Of each person."""
_RENDER_PX = 340
_SIZE = 0.8
"""Of people in what is rendered: heads have about `HEAD_PX` then, and room around them."""
_PORTION = 24
"""People that are kept together."""
_HELD_OUT = 1_000_000
"""Added to the seed of people to measure on, so that nobody is among both."""
_VERSION = 1
"""Raised where the pictures of a seed change."""


@dataclass(frozen=True)
class RenderedHeads:
    """Which people to render.

    Attributes:
        people: how many.
        seed: everything follows from it.
        held_out: other people than those of the same seed that are not held out.
    """

    people: int
    seed: int = 0
    held_out: bool = False


def rendered_heads(
    wanted: RenderedHeads, *, processes: int | None = None, progress: Progress = SILENT
) -> list[ArrayStore]:
    """Stores with the columns of `COLUMNS`, a shot of `PICTURES` rows for each person; rendered, or found on disk.

    Args:
        wanted: which people.
        processes: that render at the same time; one for each core when not given. They change nothing else.
        progress: hears of every person.
    """
    progress.start("rendering people", wanted.people)
    stores = [
        ArrayStore.open(_portion(wanted, start, processes, progress)) for start in range(0, wanted.people, _PORTION)
    ]
    progress.finish()
    return stores


def _portion(wanted: RenderedHeads, start: int, processes: int | None, progress: Progress) -> Path:
    numbers = range(start, min(start + _PORTION, wanted.people))
    seed = wanted.seed + _HELD_OUT * wanted.held_out
    told = False

    def people() -> Iterator[tuple[Shot, Rows]]:
        for shot in mapped(partial(render_person, seed), numbers, processes=processes):
            yield shot
            progress.advance()

    def fill(folder: Path) -> None:
        nonlocal told
        told = True
        write_store(folder, COLUMNS, people())

    folder = kept(["heads", _VERSION, seed, start, len(numbers), _RENDER_PX, _SIZE, PICTURE_PX, PICTURES], fill)
    if not told:
        progress.advance(len(numbers))
    return folder


def render_person(seed: int, number: int) -> tuple[Shot, Rows]:
    """All pictures of one person: `picture (PICTURES, 288, 288, 3)`, `landmarks (PICTURES, 68, 2)` in their pixels.

    Each has another expression, turn of the head and light; half of them have pictures or patterns behind the person.
    """
    rng = np.random.default_rng([seed, number])
    identity = Identity.random(rng)
    performance = Performance.random(rng, 30.0, talking=float(rng.uniform(0.4, 1.0)), liveliness=1.2)
    pictures, landmarks = [], []
    for _ in range(PICTURES):
        _, expression = performance.at(float(rng.uniform(0, 30)))
        turn = np.clip(rng.normal(0, (15, 7, 5)), (-40, -20, -15), (40, 20, 15)).tolist()
        placement = Placement(Pose(*turn), 0.0, 0.0, _SIZE)
        # Blinks are rare in photos, and a closed eye is closed for a moment only.
        awake = replace(expression, blink_left=0.0, blink_right=0.0)
        shown = render(identity, placement, awake, Light.random(rng), _RENDER_PX)
        image = shown.image
        if rng.random() < 0.5:
            behind = draw_surroundings(picture_without_faces(NAMES[int(rng.integers(len(NAMES)))]), _RENDER_PX, rng)
            image = before(image, shown.parts, behind)
        box = kept_box(head_box([shown.landmarks]))
        pictures.append(cut(image, box, PICTURE_PX))
        landmarks.append((shown.landmarks - (box.left, box.top)) * (PICTURE_PX / box.width))
    name = f"head-{seed}-{number:04d}"
    rows: Rows = {"picture": np.stack(pictures), "landmarks": np.stack(landmarks).astype(np.float32)}
    return Shot(name, name, "rendered"), rows


def kept_box(head: Box) -> Box:
    """The square that is kept around the square of a head."""
    margin = head.width * MARGIN_PX / HEAD_PX
    return Box(head.left - margin, head.top - margin, head.right + margin, head.bottom + margin)
