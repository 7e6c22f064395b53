"""All that is measured of one watermark, in one run and one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from prosopon.arena.watermarking import published
from prosopon.arena.watermarking.clip_ways import ClipWay
from prosopon.arena.watermarking.clips import Growth, growth, measure_clips
from prosopon.arena.watermarking.method import Method
from prosopon.arena.watermarking.outcome import Row
from prosopon.arena.watermarking.picture_ways import PictureWay
from prosopon.arena.watermarking.pictures import Measured, measure_again, measure_pictures
from prosopon.arena.watermarking.subjects import Subjects
from prosopon.arena.watermarking.unmarked import Chance, Search, look_where_none_is
from prosopon.arena.watermarking.visibility import summary
from prosopon.core.progress import SILENT, Progress

_SEARCHED = 100
"""One of so many unmarked pictures is looked through with the whole search."""


@dataclass(frozen=True)
class Evaluation:
    """What came out.

    Attributes:
        method, about: which watermark.
        seed: of everything.
        pictures, clips: None where there were none.
        growths: of clips' files.
        products: rows of what this package made of marked pictures, and of pictures that were marked twice.
        chance: bits of unmarked pictures; None where nobody asked, or the method tells none.
        search: unmarked pictures through the whole search; None where nobody asked.
    """

    method: str
    about: str
    seed: int
    pictures: Measured | None = None
    clips: Measured | None = None
    growths: tuple[Growth, ...] = ()
    products: tuple[Row, ...] = ()
    chance: Chance | None = None
    search: Search | None = None
    notes: tuple[str, ...] = field(default=(published.NOTE,))

    def as_json(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "method": self.method,
            "about": self.about,
            "seed": self.seed,
            "pictures": _as_json(self.pictures),
            "clips": _as_json(self.clips),
            "growth": growth(self.growths) if self.growths else None,
            "products": [row.as_json() for row in self.products],
            "unmarked": {
                "bits": None if self.chance is None else self.chance.as_json(),
                "search": None if self.search is None else self.search.as_json(),
            },
            "published": [one.as_json() for one in published.PUBLISHED],
            "notes": list(self.notes),
        }


def evaluate(
    method: Method,
    subjects: Subjects,
    picture_ways: Sequence[PictureWay],
    clip_ways: Sequence[ClipWay],
    *,
    products: Sequence[Row] = (),
    trials: int = 0,
    seed: int = 0,
    progress: Progress = SILENT,
) -> Evaluation:
    """Mark, launder, read; look where there is no mark.

    Args:
        method: which watermark; clips are left out, and it is said, where it marks none.
        subjects: what is marked.
        picture_ways, clip_ways: what happens to them.
        products: rows that were measured already.
        trials: unmarked pictures; one in a hundred of them is looked through with the whole search. 0: none.
        seed: marks and all chance follow from it.
        progress: hears of everything.
    """
    pictures = clips = chance = search = None
    growths: list[Growth] = []
    products = [*measure_again(method, subjects.pictures, seed=seed), *products]
    if subjects.pictures:
        pictures = measure_pictures(method, subjects.pictures, picture_ways, seed=seed, progress=progress)
    if subjects.clips and method.marked is None:
        progress.note(f"{method.name} marks no videos: they are left out")
    elif subjects.clips:
        clips, growths = measure_clips(method, subjects.clips, clip_ways, seed=seed, progress=progress)
    if trials:
        shown = [picture.frame for picture in subjects.pictures] + [clip.first() for clip in subjects.clips]
        searches = max(1, trials // _SEARCHED)
        chance, search = look_where_none_is(method, shown, trials, searches=searches, seed=seed, progress=progress)
    return Evaluation(
        method.name, method.about, seed, pictures, clips, tuple(growths), tuple(products), chance, search
    )  # fmt: skip


def _as_json(measured: Measured | None) -> dict[str, Any] | None:
    if measured is None:
        return None
    rows = [row.as_json() for row in measured.rows]
    return {"quality": summary(measured.seen), "unmarkable": measured.unmarkable, "rows": rows}
