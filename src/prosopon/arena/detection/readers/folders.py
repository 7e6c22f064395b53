"""Folders of one's own: `real/` and `fake/`, or files whose names begin with `real_` and `fake_`.

Of a fake the generator is told by the sub-folder of `fake/` that it lies in, or by the word after `fake_`. A folder of
pictures that are called by numbers is one video.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from prosopon.arena.detection.readers.places import is_picture, pictures_in
from prosopon.arena.detection.videos import (
    FAKE,
    ORIGINAL,
    REAL,
    UNKNOWN,
    DataSet,
    FileSource,
    Reader,
    Source,
    Video,
    Wanted,
)
from prosopon.media.sniff import looks_like_media

NAME = "folders"
_KINDS = {"real": REAL, "fake": FAKE}
_FEWEST_NUMBERED = 2


def recognises(path: Path) -> bool:
    """Whether both folders, or files of such names, are there."""
    if not path.is_dir():
        return False
    return set(_folders(path)) == {REAL, FAKE} or any(_prefix(one) is not None for one in path.iterdir())


def read_videos(path: Path, wanted: Wanted) -> DataSet:
    """All media files below the folders, or of such names; others are passed over, and told of."""
    folders = _folders(path)
    if set(folders) == {REAL, FAKE}:
        videos = [
            Video(
                f"{folder.name}/{name}", label, source,
                generator=_generator(name) if label == FAKE else ORIGINAL,
            )
            for label, folder in folders.items()
            for name, source in _clips(folder)
        ]  # fmt: skip
        return DataSet(NAME, path.name, tuple(videos))
    videos, others = [], 0
    for file in sorted(path.iterdir()):
        label = _prefix(file)
        if label is None or not (file.is_file() and looks_like_media(file)):
            others += not file.name.startswith(".")
            continue
        words = file.stem.split("_")
        generator = (words[1] if len(words) > 2 else UNKNOWN) if label == FAKE else ORIGINAL
        videos.append(Video(file.name, label, FileSource(file), generator=generator))
    notes = (f"{others} files are neither called real_ nor fake_ and were left out",) if others else ()
    return DataSet(NAME, path.name, tuple(videos), notes)


def _folders(path: Path) -> dict[int, Path]:
    found = {}
    for one in sorted(path.iterdir()):
        label = _KINDS.get(one.name.lower())
        if label is not None and one.is_dir():
            found[label] = one
    return found


def _prefix(path: Path) -> int | None:
    return _KINDS.get(path.name.lower().partition("_")[0]) if "_" in path.name and not path.is_dir() else None


def _generator(name: str) -> str:
    folder, _, rest = name.partition("/")
    return folder if rest and folder not in ("videos", "frames") else UNKNOWN


def _clips(folder: Path) -> Iterator[tuple[str, Source]]:
    """Clips with their places in the folder; the suffix stays where two differ in nothing else."""
    found: list[tuple[Path, Source]] = []
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if any(part.startswith(".") for part in inside.parts):
            continue
        if path.is_dir():
            bundle = pictures_in(path) if _is_numbered(path) else None
            if bundle is not None:
                found.append((inside, bundle))
        elif not (is_picture(path) and _is_numbered(path.parent)) and looks_like_media(path):
            found.append((inside, FileSource(path)))
    count = Counter(inside.with_suffix("") for inside, _ in found)
    for inside, source in found:
        plain = inside.with_suffix("")
        yield (plain if count[plain] == 1 else inside).as_posix(), source


def _is_numbered(folder: Path) -> bool:
    pictures = [path for path in folder.iterdir() if is_picture(path)]
    return len(pictures) >= _FEWEST_NUMBERED and all(path.stem.isdecimal() for path in pictures)


READER = Reader(NAME, recognises, read_videos)
