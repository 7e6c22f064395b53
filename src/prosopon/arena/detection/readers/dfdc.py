"""The Deepfake Detection Challenge (Dolhansky et al. 2020).

Parts with `metadata.json`, `{file: {"label": "FAKE" or "REAL", "split", "original"}}`, for training; `labels.csv` with
`filename,label` (1 is a fake) for the test. Nobody tells who is who: a fake and the video that it was made of count as
one person's.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from prosopon.arena.detection.readers.lists import label_of, missing_note, read_json, read_lines
from prosopon.arena.detection.readers.places import clip_at
from prosopon.arena.detection.videos import FAKE, ORIGINAL, DataSet, Reader, Video, Wanted
from prosopon.core.errors import MediaError

NAME = "DFDC"
METADATA, LABELS = "metadata.json", "labels.csv"
_DEPTH = 3
"""Folders below the one that is given: `train/dfdc_train_part_07/metadata.json`."""


def recognises(path: Path) -> bool:
    """Whether a list of its form is there, or in a folder below."""
    return path.is_dir() and any(True for _ in _lists(path))


def read_videos(path: Path, wanted: Wanted) -> DataSet:
    """All videos of all parts.

    Raises:
        MediaError: a list is damaged.
    """
    videos, missing = [], 0
    for file in _lists(path):
        part = file.parent.relative_to(path).as_posix()
        rows = _metadata(file) if file.name == METADATA else _labels(file)
        for name, label, original, split in rows:
            source = clip_at(file.parent, name)
            if source is None:
                missing += 1
                continue
            key = "/".join(word for word in (NAME, "" if part == "." else part, Path(name).stem) if word)
            generator = NAME if label == FAKE else ORIGINAL
            who = () if original is None else (Path(original).stem,)
            videos.append(Video(key, label, source, who, generator, split))
    return DataSet(NAME, path.name, tuple(videos), missing_note(missing, missing + len(videos)))


def _lists(path: Path) -> Iterator[Path]:
    for depth in range(_DEPTH):
        level = "*/" * depth
        for file in sorted((*path.glob(f"{level}{METADATA}"), *path.glob(f"{level}{LABELS}"))):
            if (_is_metadata if file.name == METADATA else _is_labels)(file):
                yield file


def _is_metadata(path: Path) -> bool:
    try:
        table = read_json(path)
    except MediaError:
        return False
    first = next(iter(table.values()), None) if isinstance(table, dict) else None
    return isinstance(first, dict) and "label" in first and "set" not in first


def _is_labels(path: Path) -> bool:
    try:
        lines = read_lines(path)
    except MediaError:
        return False
    return bool(lines) and {"filename", "label"} <= {word.strip() for word in lines[0].split(",")}


Row = tuple[str, int, str | None, str]
"""File, label, what it was made of or is itself where that is known, split."""


def _metadata(path: Path) -> Iterator[Row]:
    for name, row in read_json(path).items():
        if not isinstance(row, dict) or "label" not in row:
            raise MediaError(f"{path} says nothing of {name}", "get the published one")
        label = label_of(row["label"], f"{path}, {name}")
        yield name, label, row.get("original") or name, str(row.get("split") or "train")


def _labels(path: Path) -> Iterator[Row]:
    for row in csv.DictReader(read_lines(path), skipinitialspace=True):
        yield row["filename"], label_of(row["label"], f"{path}, {row['filename']}"), None, "test"


READER = Reader(NAME, recognises, read_videos)
