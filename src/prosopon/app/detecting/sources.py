"""Which files the words of a command line stand for: files, folders and all below, patterns."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from prosopon.core.errors import MediaError
from prosopon.media.folder import TIMES_FILE
from prosopon.media.sniff import looks_like_media

_PATTERN = frozenset("*?[")


def files_of(places: Sequence[Path]) -> tuple[Path, ...]:
    """Every file once, in the order of the words; a folder's in alphabetical order.

    Of folders all that are media are taken, by their content or at least by their name; hidden ones are passed over. A
    folder of pictures with times beside them is one video. A file that is named is taken whatever it is.

    Raises:
        MediaError: something is not there, a folder holds no media, or a pattern fits nothing.
    """
    found: dict[Path, Path] = {}
    for place in _expanded(places):
        for file in _of_place(place):
            found.setdefault(file.absolute(), file)
    return tuple(found.values())


def _expanded(places: Iterable[Path]) -> Iterator[Path]:
    """Patterns become what they fit, where no shell has done that."""
    for place in places:
        if not _PATTERN & {*str(place)} or place.exists() or place.is_symlink():
            yield place
            continue
        fitting = sorted(glob.glob(str(place), recursive=True))  # noqa: PTH207 - patterns may be absolute
        if not fitting:
            raise MediaError(f"nothing fits the pattern {place}", "check it, or name the files")
        yield from map(Path, fitting)


def _of_place(place: Path) -> Iterator[Path]:
    if not place.exists():  # told at once: the files before it may take hours
        raise MediaError(f"there is no file {place}", "check the name")
    if not place.is_dir() or _is_video(place):
        yield place
        return
    inside = [*_inside(place)]
    if not inside:
        raise MediaError(
            f"the folder {place} holds neither pictures, videos nor sounds", "give a file, or another folder"
        )
    yield from inside


def _inside(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir() and not path.is_symlink():
            yield from (path,) if _is_video(path) else _inside(path)
        elif path.is_file() and looks_like_media(path):
            yield path


def _is_video(folder: Path) -> bool:
    return (folder / TIMES_FILE).is_file()
