"""Whose footage there is, and who of them is learnt from, calibrated on, and kept for the test."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from prosopon.core.errors import MissingError
from prosopon.media.sniff import looks_like_media

Split = Literal["train", "calibrate", "test"]
_TURNS: tuple[Split, ...] = ("train", "train", "calibrate", "test")


@dataclass(frozen=True)
class Owned:
    """A file and whose it is.

    Attributes:
        path: where it is.
        person: whom it shows or lets be heard.
        label: its place in what was given, the same on every machine.
    """

    path: Path
    person: str
    label: str


def owned_media(paths: Sequence[Path]) -> list[Owned]:
    """Pictures, videos and sounds with their people, in order; hidden files are passed over.

    A file is of a person of its own, called as the file is before `#`. A folder without folders in it is of one person,
    called as the folder is; in one that has folders, each of these is one person, and each file another.

    Raises:
        MissingError: a path is not there.
    """
    found = []
    for path in paths:
        if not path.exists():
            raise MissingError(f"there is no footage at {path}", "give videos, or folders of videos")
        inner = sorted(one for one in path.iterdir() if _shown(one)) if path.is_dir() else [path]
        several = any(one.is_dir() for one in inner)
        for one in inner:
            if one.is_dir():
                files = sorted(file for file in one.rglob("*") if all(map(_visible, file.relative_to(one).parts)))
                found += [(file, one.name) for file in files]
            else:
                found.append((one, path.name if path.is_dir() and not several else one.stem.partition("#")[0]))
    return [
        Owned(path, person, f"{person}/{path.name}")
        for path, person in found
        if path.is_file() and looks_like_media(path)
    ]


def split_people(people: Iterable[str], settled: Mapping[str, Split] | None = None) -> dict[str, Split]:
    """Half of the people to learn from, a quarter to calibrate on, a quarter to test with, in the order of their names.

    Args:
        people: their names.
        settled: the split of those who already have one, in an arena for example.
    """
    known = settled or {}
    order = sorted(set(people) - known.keys())
    turns = {person: _TURNS[number % len(_TURNS)] for number, person in enumerate(order)}
    return turns | {person: known[person] for person in sorted(set(people) & known.keys())}


def _visible(name: str) -> bool:
    return not name.startswith(".")


def _shown(path: Path) -> bool:
    return _visible(path.name)
