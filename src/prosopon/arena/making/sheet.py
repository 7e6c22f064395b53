"""A picture of an arena: originals and what each generator made of them, because people look before they read."""

from __future__ import annotations

from itertools import zip_longest

import numpy as np

from prosopon.core.clip import Frame
from prosopon.core.history import SourceType, Step
from prosopon.datasets.arena.arena import CANVAS_PX, ORIGINAL, Arena, ArenaClip
from prosopon.faces.sheet import contact_sheet

ROWS = 12
_SIDE_PX = 176
_EMPTY = 24
STEP = Step("arena.make", {}, source_type=SourceType.COMPOSITE)
"""What the picture is to whoever publishes it."""


def arena_sheet(arena: Arena, rows: int = ROWS) -> Frame:
    """Some originals, a row each: the original, then its fakes, a column for each generator."""
    cells: list[tuple[Frame, str]] = []
    for original in _chosen(arena, rows):
        fakes = {fake.generator: fake for fake in arena.fakes_of(original)}
        cells.append((_middle(arena, original), f"{original.split}: {original.name}"))
        for generator in arena.generators:
            fake = fakes.get(generator)
            cells.append((_blank(), "") if fake is None else (_middle(arena, fake), _said(fake)))
    return contact_sheet(cells, side_px=_SIDE_PX, columns=1 + len(arena.generators))


def _chosen(arena: Arena, rows: int) -> list[ArenaClip]:
    """Originals of every material and split in turn, those with the most fakes first, of another person each time."""
    groups: dict[tuple[str, str], dict[str, ArenaClip]] = {}
    originals = arena.where(generators=(ORIGINAL,))
    for clip in sorted(originals, key=lambda one: -len({fake.generator for fake in arena.fakes_of(one)})):
        groups.setdefault((clip.material, clip.split), {}).setdefault(clip.people[0], clip)
    turns = zip_longest(*(groups[key].values() for key in sorted(groups)))
    return [clip for turn in turns for clip in turn if clip is not None][:rows]


def _said(fake: ArenaClip) -> str:
    return f"{fake.generator} {'+ ' + fake.people[1] if len(fake.people) > 1 else ''}".strip()


def _middle(arena: Arena, clip: ArenaClip) -> Frame:
    return np.asarray(arena.frames(clip)[len(clip) // 2])


def _blank() -> Frame:
    return np.full((CANVAS_PX, CANVAS_PX, 3), _EMPTY, np.uint8)
