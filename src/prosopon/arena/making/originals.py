"""What an arena is made of: whose footage and portraits there are, which person is in which split, which clips to take.

Splits are of people, never of clips: a detector that has seen somebody knows them again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from prosopon.core.errors import MissingError, UsageError
from prosopon.datasets.arena.arena import SPLITS, Material, Split
from prosopon.faces.excerpt import RUN
from prosopon.media.probe import probe
from prosopon.media.sniff import looks_like_media

RUNS = 2
"""Runs of frames that are taken of a clip of somebody real."""
_APART_S = 2.5
"""Excerpts of one file are of parts of it that are at least so long."""
_FOOTAGE_SHARES: Mapping[Split, float] = {"train": 0.6, "calibrate": 0.2, "test": 0.2}
_PORTRAIT_SHARES: Mapping[Split, float] = {"train": 0.6, "calibrate": 0.25, "test": 0.15}


@dataclass(frozen=True)
class Original:
    """One clip that is taken as it is, and made fakes of.

    Attributes:
        name: no other has it.
        person: who.
        split: what it may be used for.
        material: where it comes from.
        path: the file; None for somebody rendered.
        part: which of how many equal parts of the file the frames come from.
        runs: of so many runs of neighbouring frames.
        seed: what somebody rendered follows from.
    """

    name: str
    person: str
    split: Split
    material: Material
    path: Path | None = None
    part: tuple[int, int] = (0, 1)
    runs: int = RUNS
    seed: tuple[int, int] | None = None

    @property
    def moves(self) -> bool:
        """Whether it has several frames."""
        return self.material != "portrait"


People = Mapping[str, tuple[Path, ...]]
"""Files of each person, by name."""


def people_in_footage(paths: Sequence[Path]) -> People:
    """Whose videos there are: a folder is one person, a file by itself another one.

    Raises:
        MissingError: a path is not there, or a folder has no media in it.
        UsageError: two people have one name.
    """
    found: dict[str, tuple[Path, ...]] = {}
    for path in paths:
        if path.is_dir():
            files = tuple(sorted(one for one in path.iterdir() if one.is_file() and looks_like_media(one)))
            files = tuple(one for one in files if not one.name.startswith(".") and probe(one).kind != "audio")
        else:
            files = (path,) if path.is_file() else ()
        if not files:
            raise MissingError(f"there is no footage at {path}", "give videos, or folders of videos of one person each")
        _add(found, path.name if path.is_dir() else path.stem, files)
    return found


def people_in_portraits(paths: Sequence[Path]) -> People:
    """Whose portraits there are: every picture is another person.

    Raises:
        MissingError: a path is not there, or a folder has no pictures in it.
        UsageError: two people have one name.
    """
    found: dict[str, tuple[Path, ...]] = {}
    for path in paths:
        files = sorted(path.iterdir()) if path.is_dir() else [path]
        pictures = [one for one in files if one.is_file() and looks_like_media(one) and probe(one).kind == "image"]
        if not pictures:
            raise MissingError(f"there are no portraits at {path}", "give pictures, or folders of pictures")
        for picture in pictures:
            _add(found, picture.stem, (picture,))
    return found


def _add(found: dict[str, tuple[Path, ...]], name: str, files: tuple[Path, ...]) -> None:
    if name in found:
        raise UsageError(f"two people would be called {name}", "rename one of the files or folders")
    found[name] = files


@dataclass(frozen=True)
class Wish:
    """Who shall be in which split, as far as it was asked for.

    Attributes:
        calibrate, test: names of people; where somebody is named, other people in footage are for training.
        seed: of the draw for all others.
    """

    calibrate: tuple[str, ...] = ()
    test: tuple[str, ...] = ()
    seed: int = 0

    def check(self, people: Collection[str]) -> None:
        """Raise UsageError where somebody is named who is not there, or named twice."""
        for who in (*self.calibrate, *self.test):
            if who not in people:
                raise UsageError(f"nobody is called {who}", f"there are {', '.join(sorted(people)) or 'no people'}")
        if both := set(self.calibrate) & set(self.test):
            raise UsageError(f"{', '.join(sorted(both))} cannot be calibrated on and tested", "name them once")

    def footage(self, people: Collection[str]) -> dict[str, Split]:
        """The split of everybody in footage."""
        named = self._named(people)
        if named:
            return {who: named.get(who, "train") for who in people}
        return drawn(people, _FOOTAGE_SHARES, self.seed)

    def portraits(self, people: Collection[str]) -> dict[str, Split]:
        """The split of everybody in portraits."""
        named = self._named(people)
        others = [who for who in people if who not in named]
        return {**drawn(others, _PORTRAIT_SHARES, self.seed), **named}

    def _named(self, people: Collection[str]) -> dict[str, Split]:
        wishes: dict[str, Split] = dict.fromkeys(self.calibrate, "calibrate")
        wishes |= dict.fromkeys(self.test, "test")
        return {who: split for who, split in wishes.items() if who in people}


def drawn(people: Collection[str], shares: Mapping[Split, float], seed: int) -> dict[str, Split]:
    """People divided by shares, at random but as exactly as whole people allow; what is left over is for training."""
    order = sorted(people)
    np.random.default_rng([seed, 7]).shuffle(order)
    counts = {split: round(shares[split] * len(order)) for split in SPLITS if split != "train"}
    out: dict[str, Split] = {}
    for split, count in counts.items():
        out |= dict.fromkeys(order[:count], split)
        order = order[count:]
    return out | dict.fromkeys(order, "train")


def footage_originals(people: People, split: Mapping[str, Split], clips: int) -> Iterator[Original]:
    """Clips of people in footage: `clips` of each, of files spread over theirs, or of parts of those there are."""
    for person, files in people.items():
        if len(files) >= clips:
            chosen = [files[round(at)] for at in np.linspace(0, len(files) - 1, clips)]
            parts = [(path, (0, 1)) for path in dict.fromkeys(chosen)]
        else:
            wanted = -(-clips // len(files))
            parts = [(path, (k, n)) for path in files for n in (_parts(path, wanted),) for k in range(n)]
        for path, (k, n) in parts[:clips]:
            name = person if path.stem == person else f"{person}-{path.stem}"
            name = name if n == 1 else f"{name}-{k + 1}"
            material: Material = "portrait" if probe(path).kind == "image" else "footage"
            yield Original(name, person, split[person], material, path, (k, n))


def portrait_originals(people: People, split: Mapping[str, Split]) -> Iterator[Original]:
    """One still of each person."""
    for person, files in people.items():
        yield Original(person, person, split[person], "portrait", files[0], runs=1)


def rendered_originals(counts: Mapping[Split, int], seed: int) -> Iterator[Original]:
    """One run of frames of each of some people who do not exist."""
    number = 0
    for split in SPLITS:
        for _ in range(counts.get(split, 0)):
            name = f"rendered-{seed}-{number:04d}"
            yield Original(name, name, split, "rendered", runs=1, seed=(seed, number))
            number += 1


def _parts(path: Path, wanted: int) -> int:
    """Into how many parts a file is divided, such that each is long enough for an excerpt of its own."""
    info = probe(path)
    if info.kind == "image" or info.fps is None:
        return 1
    seconds = (info.n_frames or 0) / float(info.fps)
    return max(1, min(wanted, int(seconds / _APART_S), (info.n_frames or 0) // (RUNS * RUN)))
