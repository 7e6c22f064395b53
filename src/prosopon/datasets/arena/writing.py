"""Writes an arena: rows into the store clip by clip, the list of clips, and last what it is and what it was made of."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from prosopon.core.errors import UsageError
from prosopon.core.history import SourceType
from prosopon.datasets.arena.arena import ABOUT, CLIPS, FORMAT, ORIGINAL, STORE, VERSION, Arena, ArenaClip, ArenaStore
from prosopon.models.files import write_atomically
from prosopon.train.store import Rows, Shot, write_store

_NEWSCODES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_KIND = {"footage": "footage", "portrait": "still", "rendered": "rendered"}


@dataclass(frozen=True)
class About:
    """What an arena says of itself.

    Attributes:
        split: who is in which split.
        settings: all that decided what was made, JSON-able.
        sources: name of each original that was taken from a file -> SHA-256 of the file.
        left_out: what was to be in it and is not: name, generator, why.
    """

    split: Mapping[str, str]
    settings: Mapping[str, Any] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    left_out: Sequence[Mapping[str, str]] = ()


def write_arena(folder: Path, clips: Iterable[tuple[ArenaClip, Rows]], about: About) -> Arena:
    """Fill a folder with an arena, each clip as it comes, so that no more than one is in memory.

    Args:
        folder: made where it is not there; an arena that is in it is replaced.
        clips: each with its rows: `frames`, `landmarks`, `times`, `scale`; `start` and `stop` are filled in here.
        about: what it says of itself.

    Raises:
        UsageError: two clips have one name, a fake has no original, or a clip shows people of several splits.
        ProsoponError: there is not one clip.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # The description goes first and comes last: a folder without it is no arena, so a half-written one is never read.
    (folder / ABOUT).unlink(missing_ok=True)
    shutil.rmtree(folder / STORE, ignore_errors=True)
    written: list[ArenaClip] = []

    def shots() -> Iterator[tuple[Shot, Rows]]:
        row = 0
        for clip, rows in clips:
            written.append(replace(clip, start=row, stop=row + len(rows["frames"])))
            row = written[-1].stop
            yield Shot(clip.name, clip.people[0], _KIND[clip.material]), rows

    write_store(folder / STORE, ArenaStore.columns, shots(), advice="give footage that shows faces clearly")
    _check(written, about.split)
    table = json.dumps([clip.as_json() for clip in written], indent=0)
    write_atomically(folder / CLIPS, lambda path: _write(path, table))
    text = json.dumps(_described(written, about), indent=1, sort_keys=True)
    write_atomically(folder / ABOUT, lambda path: _write(path, text + "\n"))
    return Arena.open(folder)


def _described(clips: list[ArenaClip], about: About) -> dict[str, Any]:
    made = sorted({clip.generator for clip in clips if clip.is_fake})
    return {
        "format": FORMAT,
        "version": VERSION,
        "generators": made,
        "split": dict(about.split),
        "settings": dict(about.settings),
        "sources": dict(about.sources),
        "left_out": [dict(one) for one in about.left_out],
        "synthetic": {
            "statement": "Every clip here whose generator is not 'original' was made by a machine and shows what never "
            "happened; those whose material is 'rendered' show people who do not exist. For teaching and measuring "
            "detectors only: not to be passed on, and not to be made into media files.",
            "digitalSourceType": {
                name: _NEWSCODES + kind
                for name, kind in (
                    *((generator, SourceType.COMPOSITE) for generator in made),
                    ("rendered", SourceType.ALGORITHMIC),
                )
            },
            "clips": sum(clip.is_fake or clip.material == "rendered" for clip in clips),
        },
    }


def _check(clips: list[ArenaClip], split: Mapping[str, str]) -> None:
    """Refuse what would let people of one split be learnt from in another, or a fake stand alone."""
    originals = {clip.name for clip in clips if clip.generator == ORIGINAL}
    if len({clip.name for clip in clips}) < len(clips):
        raise UsageError("two clips of the arena have one name", "give footage with names of its own")
    for clip in clips:
        if clip.original not in originals:
            raise UsageError(f"{clip.name} was made of {clip.original}, which is not in the arena")
        if any(split.get(who) != clip.split for who in clip.people):
            raise UsageError(f"{clip.name} shows people who are not all of the split {clip.split}")


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
