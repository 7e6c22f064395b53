"""A table of one's own: CSV with the columns path and label, and as far as they are there person, generator, split.

Labels are 1 or fake, 0 or real. Paths are relative to the table. Several people are parted by semicolons.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from prosopon.arena.detection.readers.lists import label_of, missing_note, read_lines
from prosopon.arena.detection.readers.places import clip_at
from prosopon.arena.detection.videos import (
    FAKE,
    ORIGINAL,
    UNKNOWN,
    DataSet,
    FileSource,
    Reader,
    Source,
    Video,
    Wanted,
)
from prosopon.core.errors import MediaError, UsageError

NAME = "table"
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "path": ("path", "file", "filename", "video"),
    "label": ("label", "target", "is_fake"),
    "person": ("person", "people", "identity", "actor"),
    "generator": ("generator", "method"),
    "split": ("split", "set"),
    "domain": ("domain", "source"),
}


def recognises(path: Path) -> bool:
    """Whether it is a CSV file."""
    return path.is_file() and path.suffix.lower() in (".csv", ".tsv")


def read_videos(path: Path, wanted: Wanted) -> DataSet:
    """All rows whose files are there.

    Raises:
        UsageError: a column is missing, or a label cannot be read.
        MediaError: the table is damaged, or none of its files is there.
    """
    lines = read_lines(path)
    delimiter = "\t" if lines and "\t" in lines[0] else ","
    rows = csv.DictReader(lines, delimiter=delimiter, skipinitialspace=True)
    named = {name: _column(rows.fieldnames or (), names) for name, names in _COLUMNS.items()}
    for name in ("path", "label"):
        if named[name] is None:
            raise UsageError(
                f"{path} has no column {name!r}", "its first line names the columns: path,label,person ..."
            )

    def cell(row: Mapping[str, str | None], name: str) -> str:
        column = named[name]
        return (row.get(column) or "").strip() if column is not None else ""

    videos, missing = [], 0
    root = wanted.pictures or path.parent
    for row in rows:
        place = cell(row, "path")
        label = label_of(cell(row, "label"), f"{path}, {place or 'a row without a path'}")
        source = _source(root, place)
        if source is None:
            missing += 1
            continue
        who = tuple(word.strip() for word in cell(row, "person").split(";") if word.strip())
        generator = cell(row, "generator") or UNKNOWN if label == FAKE else ORIGINAL
        videos.append(Video(place, label, source, who, generator, cell(row, "split"), cell(row, "domain")))
    if not videos:
        raise MediaError(f"none of the {missing} files that {path} lists is there", "paths are relative to the table")
    return DataSet(NAME, path.name, tuple(videos), missing_note(missing, missing + len(videos)))


def _column(there: object, names: tuple[str, ...]) -> str | None:
    by_name = {str(name).strip().lower(): str(name) for name in there} if isinstance(there, list) else {}
    return next((by_name[name] for name in names if name in by_name), None)


def _source(root: Path, place: str) -> Source | None:
    path = Path(place)
    if not place:
        return None
    if path.is_absolute() and path.is_file():
        return FileSource(path)
    return clip_at(root, place)


READER = Reader(NAME, recognises, read_videos)
