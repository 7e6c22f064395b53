"""Pictures are marked at random, laundered in every way, and read."""

from __future__ import annotations

import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from prosopon.arena.watermarking.method import Method
from prosopon.arena.watermarking.outcome import Outcome, Row, row_of
from prosopon.arena.watermarking.picture_ways import PictureWay
from prosopon.arena.watermarking.placement import put_back
from prosopon.arena.watermarking.subjects import Picture
from prosopon.arena.watermarking.visibility import Seen, seen_in_picture
from prosopon.core.errors import MediaError
from prosopon.core.progress import SILENT, Progress

AGAIN = "marked again"
"""What the row is called in which the newer of two marks has to be read."""


@dataclass
class Measured:
    """What was measured of pictures or of clips.

    Attributes:
        seen: how much can be seen, by item.
        rows: what marks survive, by way.
        outcomes: of every item after every way.
        unmarkable: items that nothing could be written into.
    """

    seen: list[Seen] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    unmarkable: list[str] = field(default_factory=list)


def measure_pictures(
    method: Method, pictures: Sequence[Picture], ways: Sequence[PictureWay], *, seed: int = 0,
    progress: Progress = SILENT,
) -> Measured:  # fmt: skip
    """Mark each picture with bits of its own, then look at it after every way.

    Args:
        method: how it is marked and read.
        pictures: at least one.
        ways: what happens to them.
        seed: marks and all that chance decides follow from it, and from the names of pictures and ways: leaving out a
            way changes no other.
        progress: hears of every way.
    """
    found = Measured()
    progress.start("pictures", len(pictures) * len(ways))
    for picture in pictures:
        height, width = picture.frame.shape[:2]
        mark = method.random_mark(chance(seed, picture.name))
        try:
            marked = method.embed(picture.frame, mark)
        except MediaError as error:
            progress.note(f"{picture.name} is left out: {error.what}")
            progress.advance(len(ways))
            found.unmarkable.append(picture.name)
            continue
        found.seen.append(seen_in_picture(picture.name, picture.frame, marked))
        for way in ways:
            changed, where = way.change(marked, chance(seed, picture.name, way.name))
            began = time.perf_counter()
            reading = method.read(changed)
            seconds = time.perf_counter() - began
            bits = method.bit_accuracy(put_back(changed, where, width, height), mark)
            found.outcomes.append(Outcome.of(picture.name, way.name, mark, reading, seconds=seconds, bit_accuracy=bits))
            progress.advance()
    progress.finish()
    if found.outcomes:
        found.rows += [row_of(way.name, way.group, way.about, found.outcomes) for way in ways]
    return found


def measure_again(method: Method, pictures: Sequence[Picture], *, seed: int = 0) -> list[Row]:
    """Marked pictures are marked once more, as what is made of them is: it is the newer mark that has to be read.

    Args:
        method: how they are marked and read.
        pictures: what cannot be marked is left out.
        seed: see `measure_pictures`.
    """
    outcomes = []
    for picture in pictures:
        older, newer = (method.random_mark(chance(seed, picture.name, which)) for which in ("older", "newer"))
        try:
            marked = method.embed(method.embed(picture.frame, older), newer)
        except MediaError:
            continue
        began = time.perf_counter()
        reading = method.read(marked)
        outcomes.append(Outcome.of(picture.name, AGAIN, newer, reading, seconds=time.perf_counter() - began))
    return [row_of(AGAIN, "made of it", "marked once more: the newer mark", outcomes)] if outcomes else []


def chance(seed: int, *names: str) -> np.random.Generator:
    """A generator that follows from a seed and names."""
    return np.random.default_rng([seed, zlib.crc32("\n".join(names).encode())])
