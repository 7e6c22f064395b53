"""Videos are marked at random, written as they are published, laundered by real encoders, and read."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from prosopon.arena.watermarking.clip_ways import PUBLISHED_CRF, ClipWay, written
from prosopon.arena.watermarking.method import Method
from prosopon.arena.watermarking.outcome import Outcome, row_of
from prosopon.arena.watermarking.pictures import Measured, chance
from prosopon.arena.watermarking.visibility import seen_in_clip
from prosopon.core.clip import Clip
from prosopon.core.errors import UsageError
from prosopon.core.progress import SILENT, Progress

AS_PUBLISHED = "as published"
_ABOUT_PUBLISHED = f"the file as it is written here, H.264 crf {PUBLISHED_CRF}"


@dataclass(frozen=True)
class Growth:
    """What the mark adds to a file.

    Attributes:
        item: which clip.
        plain_bytes, marked_bytes: the same clip at the same constant rate factor, without its sound.
    """

    item: str
    plain_bytes: int
    marked_bytes: int

    @property
    def share(self) -> float:
        """By how much the file grew, as a share of it."""
        return self.marked_bytes / self.plain_bytes - 1


def measure_clips(
    method: Method, clips: Sequence[Clip], ways: Sequence[ClipWay], *, seed: int = 0, progress: Progress = SILENT
) -> tuple[Measured, list[Growth]]:
    """Mark each clip with bits of its own, write it, then read it after every way.

    Args:
        method: how it is marked and read.
        clips: looked through many times.
        ways: what happens to the published file.
        seed: see `measure_pictures`.
        progress: hears of every way.

    Raises:
        UsageError: the method marks no clips.
    """
    if method.marked is None or method.read_clip is None:
        raise UsageError(f"{method.name} marks no videos", "give pictures, or another method")
    found, growths = Measured(), []
    progress.start("videos", len(clips) * (len(ways) + 1))
    with tempfile.TemporaryDirectory() as folder:
        plain_file, marked_file, file = (Path(folder) / f"{name}.mp4" for name in ("plain", "marked", "laundered"))
        for clip in clips:
            mark = method.random_mark(chance(seed, clip.name))
            marked = method.marked(clip, mark)
            found.seen.append(seen_in_clip(clip.name, clip, marked))
            written(clip, plain_file, PUBLISHED_CRF)
            published = written(marked, marked_file, PUBLISHED_CRF)
            growths.append(Growth(clip.name, plain_file.stat().st_size, marked_file.stat().st_size))
            for way in (None, *ways):
                name = AS_PUBLISHED if way is None else way.name
                changed = published if way is None else way.through(published, file, chance(seed, clip.name, name))
                began = time.perf_counter()
                reading = method.read_clip(changed)
                seconds = time.perf_counter() - began
                found.outcomes.append(Outcome.of(clip.name, name, mark, reading, seconds=seconds))
                progress.advance()
    progress.finish()
    found.rows.append(row_of(AS_PUBLISHED, "H.264", _ABOUT_PUBLISHED, found.outcomes))
    found.rows += [row_of(way.name, way.group, way.about, found.outcomes) for way in ways]
    return found, growths


def growth(growths: Sequence[Growth]) -> dict[str, Any]:
    """Over all clips, JSON-able: of all bytes together, and the extremes."""
    shares = [one.share for one in growths]
    plain = sum(one.plain_bytes for one in growths)
    return {
        "clips": len(growths),
        "crf": PUBLISHED_CRF,
        "together": sum(one.marked_bytes for one in growths) / plain - 1 if plain else None,
        "median": float(np.median(shares)) if shares else None,
        "most": max(shares, default=None),
        "least": min(shares, default=None),
    }
