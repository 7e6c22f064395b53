"""Rendered people of known attributes, each several times from one view: every edit's exact answer is at hand.

People are rendered in portions that are kept on disk one by one, so that a broken rendering goes on where it stopped
and more people cost only those that are new.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from prosopon.core.faces import Pose
from prosopon.core.progress import SILENT, Progress
from prosopon.datasets.attributes import HAIR, NAMES, Labels, Look, base_person, with_attributes
from prosopon.faces.crop import cut
from prosopon.faces.head_box import head_box
from prosopon.studio.person import Light, Placement
from prosopon.studio.render import render
from prosopon.train.processes import mapped
from prosopon.train.store import ArrayStore, Column, Rows, Shot, kept, write_store

PICTURE_PX = 128
COLUMNS = {"picture": Column("|u1", (PICTURE_PX, PICTURE_PX, 3)), "labels": Column("<f4", (len(NAMES),))}
OUTFITS = 4
"""Combinations of attributes in which a person is shown, each with and without a smile."""
PICTURES = 2 * OUTFITS
"""Of each person, all from one view."""
_RENDER_PX = 176
_PORTION = 24
"""People that are kept together."""
_MOST_TURN = 25.0
_COMBINATIONS = 3 * 2 * 2 * 2
_HELD_OUT = 1_000_000
"""Added to the seed of people to measure on, so that nobody is among both."""
_VERSION = 1
"""Raised where the pictures of a seed change."""


@dataclass(frozen=True)
class RenderedAttributes:
    """Which people to render.

    Attributes:
        people: how many.
        seed: everything follows from it.
        held_out: other people than those of the same seed that are not held out.
    """

    people: int
    seed: int = 0
    held_out: bool = False


def rendered_attributes(
    wanted: RenderedAttributes, *, processes: int | None = None, progress: Progress = SILENT
) -> list[ArrayStore]:
    """Stores with the columns of `COLUMNS`, a shot of `PICTURES` rows for each person; rendered, or found on disk.

    Attributes are balanced, and independent of each other and of everything else: any 6 people in a row, from a
    multiple of 6 on, show each of the 24 combinations of hair colour, glasses, beard and age once.

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


def _portion(wanted: RenderedAttributes, start: int, processes: int | None, progress: Progress) -> Path:
    numbers = range(start, min(start + _PORTION, wanted.people))
    seed = wanted.seed + _HELD_OUT * wanted.held_out

    def people() -> Iterator[tuple[Shot, Rows]]:
        for shot in mapped(partial(render_person, seed), numbers, processes=processes):
            yield shot
            progress.advance()

    told = False

    def fill(folder: Path) -> None:
        nonlocal told
        told = True
        write_store(folder, COLUMNS, people())

    folder = kept(["attributes", _VERSION, seed, start, len(numbers), list(NAMES), _RENDER_PX, PICTURE_PX], fill)
    if not told:
        progress.advance(len(numbers))
    return folder


def combinations(seed: int, number: int) -> Labels:
    """In which `OUTFITS` combinations of attributes person `number` is shown, smile aside: `(OUTFITS, N)`."""
    block, within = divmod(number * OUTFITS, _COMBINATIONS)
    order = np.random.default_rng([seed, block, 1]).permutation(_COMBINATIONS)[within : within + OUTFITS]
    out = np.zeros((OUTFITS, len(NAMES)), np.float32)
    places = [NAMES.index(name) for name in ("glasses", "beard", "old")]
    every = [*itertools.product(range(len(HAIR)), (0, 1), (0, 1), (0, 1))]
    for row, choice in zip(out, order, strict=True):
        hair, *others = every[choice]
        row[hair] = 1
        row[places] = others
    return out


def render_person(seed: int, number: int) -> tuple[Shot, Rows]:
    """All pictures of one person: `picture (PICTURES, 128, 128, 3)`, `labels (PICTURES, N)`.

    View, light, backdrop and everything that is no attribute are the same in all of them.
    """
    rng = np.random.default_rng([seed, number])
    person, look, light = base_person(rng), Look.random(rng), Light.random(rng)
    yaw, pitch, roll = rng.normal(0, (12, 5, 4)).tolist()
    pose = Pose(float(np.clip(yaw, -_MOST_TURN, _MOST_TURN)), float(np.clip(pitch, -12, 12)), float(roll))
    placement = Placement(pose, 0.0, 0.0, 1.0)
    # The box of the face at rest: a smile must not move the picture around it.
    reference = np.zeros(len(NAMES), np.float32)
    reference[0] = 1
    pictures, labels = [], []
    box = None
    for worn in combinations(seed, number):
        for smile in (0.0, 1.0):
            has = worn.copy()
            has[NAMES.index("smile")] = smile
            dressed, expression = with_attributes(person, look, has)
            shown = render(dressed, placement, expression, light, _RENDER_PX)
            box = box or head_box([shown.landmarks])
            pictures.append(cut(shown.image, box, PICTURE_PX))
            labels.append(has)
    name = f"attributes-{seed}-{number:04d}"
    return Shot(name, name, "rendered"), {"picture": np.stack(pictures), "labels": np.stack(labels)}
