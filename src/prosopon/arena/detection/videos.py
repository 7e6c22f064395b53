"""What detectors are measured on: videos and pictures that are known to be real or fake, wherever they lie."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import MediaError, UsageError
from prosopon.core.faces import Tracks
from prosopon.media.image import read_still
from prosopon.media.limits import Limits
from prosopon.media.read import read
from prosopon.media.sniff import Family, sniff

REAL, FAKE = 0, 1
ORIGINAL = "original"
"""Instead of a generator, for what is real."""
UNKNOWN = "unknown"
"""Whoever made a fake of which that is not told."""
_PICTURES_FPS = Fraction(25)
"""Of pictures that were taken out of a video whose rate nobody has kept."""


@dataclass(frozen=True)
class Shown:
    """A video that was opened.

    Attributes:
        clip: its frames, or those of them that are there.
        tracks: who is where, where that is known already.
        is_followed: whether its frames follow each other, so that people can be followed from one to the next; False
            for single pictures out of a video.
    """

    clip: Clip
    tracks: Tracks | None = None
    is_followed: bool = True


class Source(Protocol):
    """Where a video comes from."""

    @property
    def id(self) -> str:
        """Tells it from any other; the same for the same."""
        ...

    def open(self, frames: int) -> Shown:
        """Open it; where it is a bundle of pictures, at most so many of them, evenly spaced.

        Raises:
            MediaError: it is missing or cannot be read.
        """
        ...


@dataclass(frozen=True)
class FileSource:
    """A media file."""

    path: Path

    @property
    def id(self) -> str:
        """Its path."""
        return str(self.path)

    def open(self, frames: int) -> Shown:
        """The file as a clip; a video is read whole."""
        return Shown(read(self.path))


@dataclass(frozen=True)
class PicturesSource:
    """Pictures that were taken out of a video, in its order, of which any number may be missing.

    Attributes:
        files: pictures.
        numbers: of each the number of its frame in the video, ascending.
    """

    files: tuple[Path, ...]
    numbers: tuple[int, ...]

    @classmethod
    def of(cls, files: Iterable[Path]) -> PicturesSource:
        """Pictures in the order of the numbers that they are called by; others keep their order and follow."""
        held = [*files]
        if all(file.stem.isdecimal() for file in held):
            held.sort(key=lambda file: int(file.stem))
            return cls(tuple(held), tuple(int(file.stem) for file in held))
        return cls(tuple(held), tuple(range(len(held))))

    @property
    def id(self) -> str:
        """The path of the first, and how many there are."""
        return f"{self.files[0]} + {len(self.files) - 1}" if self.files else "nothing"

    def open(self, frames: int) -> Shown:
        """At most so many of them, spread evenly over all; pictures of another size than the first are left out."""
        if not self.files:
            raise MediaError("there are no pictures of it")
        places = evenly(len(self.files), frames)
        held: list[tuple[int, Frame]] = []
        for place in places:
            picture = _picture(self.files[place])
            if not held or picture.shape == held[0][1].shape:
                held.append((self.numbers[place], picture))
        times = tuple(float((number - held[0][0]) / _PICTURES_FPS) for number, _ in held)
        height, width = held[0][1].shape[:2]
        name = self.files[0].parent.name
        clip = Clip(width, height, partial(_pictures, held), times, _PICTURES_FPS, name=name)
        return Shown(clip, is_followed=False)


def _pictures(held: Sequence[tuple[int, Frame]]) -> Iterator[Frame]:
    return (picture for _, picture in held)


def _picture(path: Path) -> Frame:
    sniffed = sniff(path)
    if sniffed.family is not Family.PICTURE:
        raise MediaError(f"{path} is no picture")
    return read_still(path, sniffed.decoder, Limits())


def evenly(count: int, wanted: int) -> list[int]:
    """Indices of `wanted` of `count` items, ascending and evenly spaced over all of them; all where there are fewer."""
    if count <= wanted:
        return [*range(count)]
    return [int((number + 0.5) * count / wanted) for number in range(wanted)]


@dataclass(frozen=True)
class Video:
    """A video, a still or a sound of known truth.

    Attributes:
        key: tells it from all others of its data set: data set, kind, compression and name, so that fakes of one pair
            by several methods are not taken for one video.
        label: `FAKE` or `REAL`.
        source: where it comes from.
        people: whoever is in it or went into it, as far as it is told; nobody else may be counted by the same name.
        generator: what made it; `ORIGINAL` for what is real.
        split: which part of the data set it belongs to: train, val, test ...; empty where there are none.
        domain: what else its fakes and its real ones have in common; fakes are compared with the real ones of theirs.
    """

    key: str
    label: int
    source: Source
    people: tuple[str, ...] = ()
    generator: str = ORIGINAL
    split: str = ""
    domain: str = ""

    @property
    def is_fake(self) -> bool:
        """Whether it is a fake."""
        return self.label == FAKE


@dataclass(frozen=True)
class DataSet:
    """Videos of known truth.

    Attributes:
        layout: whose form it has.
        name: what it is called.
        videos: in order.
        notes: what a user should know of it: what is missing, what was published wrongly, what is not comparable.
    """

    layout: str
    name: str
    videos: tuple[Video, ...]
    notes: tuple[str, ...] = ()

    def about(self) -> dict[str, Any]:
        """JSON-able facts."""
        fakes = sum(video.is_fake for video in self.videos)
        return {
            "layout": self.layout,
            "name": self.name,
            "real": len(self.videos) - fakes,
            "fakes": fakes,
            "people": len({who for video in self.videos for who in video.people}),
            "without_people": sum(not video.people for video in self.videos),
            "generators": sorted({video.generator for video in self.videos if video.is_fake}),
            "splits": sorted({video.split for video in self.videos if video.split}),
            "domains": sorted({video.domain for video in self.videos if video.domain}),
            "sha256": self.sha256(),
            "notes": list(self.notes),
        }

    def sha256(self) -> str:
        """Of the list, not of what is in the files."""
        total = hashlib.sha256()
        for video in self.videos:
            total.update(f"{video.key}\0{video.label}\0{video.source.id}\n".encode())
        return total.hexdigest()

    def split_off(self, split: str | None) -> DataSet:
        """Those of one split.

        Args:
            split: its name; `all`: everything; None: `test` where there is such a split, else everything.

        Raises:
            UsageError: there is no such split, or a video is listed twice.
        """
        keys = [video.key for video in self.videos]
        if len(set(keys)) < len(keys):
            twice = next(key for number, key in enumerate(keys) if key in keys[:number])
            raise UsageError(f"{self.name} lists {twice} twice", "remove one of them")
        known = sorted({video.split for video in self.videos} - {""})
        if split == "all" or (split is None and "test" not in known):
            return self
        wanted = split or "test"
        if wanted not in known:
            raise UsageError(
                f"{self.name} has no split {wanted!r}", f"use {', '.join((*known, 'all')) if known else 'all'}"
            )
        return replace(self, videos=tuple(video for video in self.videos if video.split == wanted))

    def limited(self, most: int | None) -> DataSet:
        """At most so many videos of each generator and of the real ones, evenly spaced over each's list."""
        if most is None:
            return self
        groups: dict[tuple[str, str], list[int]] = {}
        for number, video in enumerate(self.videos):
            groups.setdefault((video.generator, video.domain), []).append(number)
        kept = {group[place] for group in groups.values() for place in evenly(len(group), most)}
        return replace(self, videos=tuple(video for number, video in enumerate(self.videos) if number in kept))


@dataclass(frozen=True)
class Wanted:
    """What of a data set is read.

    Attributes:
        compression: of data sets that have several: raw, c23, c40; None: c23 where it is there.
        pictures: folder that paths in lists are relative to; None: it is looked for.
    """

    compression: str | None = None
    pictures: Path | None = None


@dataclass(frozen=True)
class Reader:
    """Reads one layout.

    Attributes:
        layout: its name.
        recognises: whether a path is such a data set, by what is in it.
        read: its videos, of all splits.
    """

    layout: str
    recognises: Callable[[Path], bool]
    read: Callable[[Path, Wanted], DataSet]
