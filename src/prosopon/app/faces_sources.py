"""Which clips a path stands for: itself, or all pictures and videos of a folder and below."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from prosopon.core.errors import MediaError
from prosopon.media.folder import TIMES_FILE, index_folder
from prosopon.media.limits import Limits
from prosopon.media.search import find_media

_LONGEST_LABEL = 40


@dataclass(frozen=True)
class SourcePath:
    """A clip that is to be looked through.

    Attributes:
        path: a file, or a folder of numbered pictures.
        file: its place in the folder that was given; its name where it was given itself.
        label: what names of its pictures begin with, different for each; empty where there is only one.
    """

    path: Path
    file: str
    label: str = ""


def sources_of(place: Path, besides: Path | None = None) -> tuple[SourcePath, ...]:
    """The clips of a file or folder, in order.

    A folder with numbered PNG pictures of one size is one clip wherever it lies, as `media.read` takes it; every other
    file is one of its own.

    Args:
        place: a file or folder.
        besides: what lies in this folder is passed over: what is about to be replaced.

    Raises:
        MediaError: the folder holds neither pictures nor videos.
    """
    if not place.is_dir():
        return (SourcePath(place, place.name),)
    hidden = None if besides is None else besides.resolve()
    files = [one.path for one in find_media([place])]
    folders: dict[Path, list[Path]] = {}
    for file in files:
        if hidden is None or not file.resolve().is_relative_to(hidden):
            folders.setdefault(file.parent, []).append(file)
    found: list[Path] = []
    for folder, held in folders.items():
        pictures = [file for file in held if file.suffix.lower() == ".png"]
        found += [folder, *(file for file in held if file not in pictures)] if _is_clip(folder, pictures) else held
    if not found:
        raise MediaError(f"the folder {place} holds neither pictures nor videos", "give a file, or another folder")
    if len(found) == 1:
        return (SourcePath(found[0], found[0].name),)
    names = [place.name if path == place else path.relative_to(place).as_posix() for path in sorted(found)]
    return tuple(
        SourcePath(path, name, label) for path, name, label in zip(sorted(found), names, _labels(names), strict=True)
    )


def _is_clip(folder: Path, pictures: Sequence[Path]) -> bool:
    """Whether PNG pictures are the frames of one video: numbered alike and of one size, or with times beside them."""
    if not pictures:
        return False
    numbered = [re.fullmatch(r"(.*?)\d+", file.stem) for file in pictures]
    alike = len({match[1] for match in numbered if match}) == 1 and all(numbered) and len(pictures) > 1
    if not alike and not (folder / TIMES_FILE).is_file():
        return False
    try:
        index_folder(folder, Limits())
    except MediaError:
        return False
    return True


def _labels(names: Iterable[str]) -> list[str]:
    """Names without what file systems dislike, each another one whatever its case."""
    taken: set[str] = set()
    labels: list[str] = []
    for name in names:
        stem = re.sub(r"\W+", "-", name.rpartition(".")[0] or name).strip("-")[:_LONGEST_LABEL] or "source"
        label, n = stem, 1
        while label.casefold() in taken:
            n += 1
            label = f"{stem}-{n}"
        taken.add(label.casefold())
        labels.append(label)
    return labels
