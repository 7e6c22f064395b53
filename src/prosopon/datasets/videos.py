"""Data sets of the published form: folders of videos, pairs of frames to learn from, pairs of videos to test with.

A data set is a folder with `train/` and `test/`, or one of videos alone, of which a random fifth is for testing.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from prosopon.core.clip import Frame
from prosopon.core.errors import MissingError, ProsoponError, UsageError
from prosopon.datasets.augment import AugmentConfig, augmented
from prosopon.datasets.frames import FrameReader, is_video
from prosopon.datasets.held_out import Passage, spread

_TEST_SHARE = 0.2
_MEASURED = 10
"""Test videos that are measured on while training."""


@dataclass(frozen=True)
class Videos:
    """The videos of a data set, sorted by name."""

    train: tuple[Path, ...]
    test: tuple[Path, ...]

    def digest(self) -> str:
        """Content id (sha256) of names and sizes: reading the content of large sets would take hours."""
        total = hashlib.sha256()
        for part in (self.train, self.test):
            for path in part:
                files = sorted(path.iterdir()) if path.is_dir() else [path]
                for file in files:
                    total.update(f"{path.name}\0{file.name}\0{file.stat().st_size}\n".encode())
            total.update(b"\n")
        return total.hexdigest()


def find_videos(root: Path, seed: int = 0) -> Videos:
    """The videos under `root`.

    Args:
        root: with folders `train` and `test`, or with videos.
        seed: of the split where there is no folder `train`.

    Raises:
        MissingError: there is no such folder.
        ProsoponError: there are no videos to learn from.
    """
    if not root.is_dir():
        raise MissingError(f"there is no folder {root}", "give a folder of videos")
    if (root / "train").is_dir():
        found = Videos(_videos(root / "train"), _videos(root / "test"))
    else:
        every = _videos(root)
        n_test = int(np.ceil(_TEST_SHARE * len(every)))
        test = set(np.random.default_rng(seed).permutation(len(every))[:n_test].tolist())
        found = Videos(
            tuple(path for index, path in enumerate(every) if index not in test),
            tuple(path for index, path in enumerate(every) if index in test),
        )
    if not found.train:
        raise ProsoponError(
            f"{root} has no videos to learn from",
            "give two videos or more: folders of frames, strips of frames, or mp4, mov or gif files",
        )
    return found


def find_test_videos(root: Path) -> tuple[Path, ...]:
    """The videos in `root/test` where there is such a folder, else all in `root`.

    Raises:
        MissingError: there is no such folder, or it has no videos.
    """
    folder = root / "test" if (root / "test").is_dir() else root
    found = _videos(folder)
    if not found:
        raise MissingError(f"there are no videos to measure on in {folder}", "check the path")
    return found


def _videos(folder: Path) -> tuple[Path, ...]:
    return tuple(path for path in sorted(folder.iterdir()) if is_video(path)) if folder.is_dir() else ()


def identity(path: Path) -> str:
    """Who is in a video: the part of its name before `#`; all of it where there is none."""
    return path.name.partition("#")[0]


class FramePairs:
    """Pairs of frames of one video, the earlier as source: what the published configurations learn from.

    Args:
        videos: to draw from.
        size_px: side of the pictures.
        augment: what is done to a pair.
        id_sampling: draw an identity, then one of its videos; else every video is an item.
        repeats: times that an epoch goes through the items.
    """

    def __init__(
        self, videos: Sequence[Path], size_px: int, augment: AugmentConfig, *, id_sampling: bool, repeats: int = 1
    ) -> None:
        groups: dict[tuple[Path, str], list[Path]] = {}
        for path in videos:
            groups.setdefault((path.parent, identity(path) if id_sampling else path.name), []).append(path)
        self._groups = list(groups.values())
        self._size_px = size_px
        self._augment = augment
        self._repeats = repeats
        self._reader = FrameReader(size_px, len(videos))

    def __len__(self) -> int:
        """Items in an epoch."""
        return len(self._groups) * self._repeats

    def item(self, index: int, rng: np.random.Generator) -> Mapping[str, NDArray[Any]]:
        """`source` and `driving`, `uint8 (size_px, size_px, 3)`.

        Raises:
            MediaError: the video cannot be read.
        """
        group = self._groups[index % len(self._groups)]
        path = group[int(rng.integers(len(group)))]
        frames = self._reader.pick(path, lambda n: np.sort(rng.integers(n, size=2)).tolist())
        source, driving = (_fitting(frame, self._size_px) for frame in augmented(frames, self._augment, rng))
        return {"source": source, "driving": driving}


class HeldOutVideos:
    """Test videos to measure on: the first frame of each is to be animated like the rest."""

    def __init__(self, videos: Sequence[Path]) -> None:
        self._videos = tuple(videos[:_MEASURED])

    def passages(self, size_px: int) -> Iterator[Passage]:
        """A passage of each video."""
        reader = FrameReader(size_px)
        for path in self._videos:
            frames = reader.pick(path, lambda n: spread(0, n).tolist())
            if len(frames) > 1:
                yield Passage(np.stack([_fitting(frame, size_px) for frame in frames]))


def _fitting(frame: Frame, size_px: int) -> Frame:
    """A copy of a frame; one of another size is made square as published demos do, its aspect ratio lost."""
    if frame.shape[:2] == (size_px, size_px):
        return frame.copy()
    picture = Image.fromarray(np.ascontiguousarray(frame))
    return np.array(picture.resize((size_px, size_px), Image.Resampling.BILINEAR))


@dataclass(frozen=True)
class Pair:
    """Two test videos: the source's first frame is to be animated by the driving video."""

    source: Path
    driving: Path


def random_pairs(videos: Sequence[Path], n_pairs: int, seed: int = 0) -> list[Pair]:
    """Up to `n_pairs` different pairs out of all of the first `n_pairs` videos, drawn at random."""
    n = min(n_pairs, len(videos))
    drawn = np.random.default_rng(seed).permutation(n * n)[: min(n_pairs, n * n)]
    return [Pair(videos[k // n], videos[k % n]) for k in drawn.tolist()]


def listed_pairs(videos: Sequence[Path], table: Path, n_pairs: int) -> list[Pair]:
    """The first `n_pairs` pairs of a table whose videos are there.

    Args:
        videos: to take from.
        table: a CSV file with columns `source` and `driving`; others are ignored.
        n_pairs: at most so many.

    Raises:
        MissingError: there is no such file.
        UsageError: it lacks one of the columns.
    """
    by_name = {path.name: path for path in videos}
    try:
        with table.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            if not {"source", "driving"} <= set(reader.fieldnames or ()):
                raise UsageError(f"the table {table} has no columns source and driving", "name them in its first line")
            rows = [(row["source"], row["driving"]) for row in reader]
    except FileNotFoundError:
        raise MissingError(f"there is no table of pairs {table}", "check the path") from None
    there = [Pair(by_name[one], by_name[other]) for one, other in rows if one in by_name and other in by_name]
    return there[:n_pairs]
