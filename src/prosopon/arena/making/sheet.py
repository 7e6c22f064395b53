"""A picture of an arena: originals and what each generator made of them, because people look before they read."""

from __future__ import annotations

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
    """Some originals, spread over the arena, a row each: the original, then its fakes, a column for each generator."""
    originals = [clip for clip in arena.where(generators=(ORIGINAL,)) if arena.fakes_of(clip)]
    originals = originals or list(arena.where(generators=(ORIGINAL,)))
    chosen = [originals[round(at)] for at in np.linspace(0, len(originals) - 1, min(rows, len(originals)))]
    cells: list[tuple[Frame, str]] = []
    for original in chosen:
        fakes = {fake.generator: fake for fake in arena.fakes_of(original)}
        cells.append((_middle(arena, original), f"{original.split}: {original.name}"))
        for generator in arena.generators:
            fake = fakes.get(generator)
            cells.append((_blank(), "") if fake is None else (_middle(arena, fake), _said(fake)))
    return contact_sheet(cells, side_px=_SIDE_PX, columns=1 + len(arena.generators))


def _said(fake: ArenaClip) -> str:
    return f"{fake.generator} {'+ ' + fake.people[1] if len(fake.people) > 1 else ''}".strip()


def _middle(arena: Arena, clip: ArenaClip) -> Frame:
    return np.asarray(arena.frames(clip)[len(clip) // 2])


def _blank() -> Frame:
    return np.full((CANVAS_PX, CANVAS_PX, 3), _EMPTY, np.uint8)
