"""Lists of the public benchmark DeepfakeBench (Yan et al. 2023).

`{data set: {label name: {train|val|test: [c23|c40|raw:] {video: {"label": name, "frames": [paths]}}}}}`; the level of
compression is only there for the family of FaceForensics++. Paths may have backslashes, and begin wherever the list was
made. A video is known by data set, label, compression and name; in the benchmark itself by the name of its folder
alone, which makes one video of four fakes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any

from prosopon.arena.detection.readers import celeb, faceforensics
from prosopon.arena.detection.readers.lists import missing_note, read_json
from prosopon.arena.detection.videos import FAKE, ORIGINAL, REAL, DataSet, PicturesSource, Reader, Video, Wanted
from prosopon.core.errors import MediaError, UsageError

NAME = "DeepfakeBench"
_SPLITS = frozenset({"train", "val", "test"})
_LEVELS = ("c23", "c40", "raw")
_TRIED = 20
"""Videos of the list of which one must be there for its folder to be found."""
_KEPT_PARTS = 4
"""So much of a path is never skipped (method, frames, video, picture), or one method's would be taken for another's."""
Entry = tuple[str, str, str, str, str, Mapping[str, Any]]
"""Data set, label name, split, compression or empty, video, and what is listed of it."""
LABELS = {
    **dict.fromkeys(
        (
            "FF-real", "DFD_real", "CelebDFv1_real", "CelebDFv2_real", "DFDCP_Real", "DFDC_Real", "DF_real",
            "UADFV_Real", "roop_Real",
        ),
        REAL,
    ),
    **dict.fromkeys(
        (
            "FF-DF", "FF-F2F", "FF-FS", "FF-NT", "FF-FH", "FF-SH", "DFD_fake", "CelebDFv1_fake", "CelebDFv2_fake",
            "DFDCP_FakeA", "DFDCP_FakeB", "DFDC_Fake", "DF_fake", "UADFV_Fake", "roop_Fake",
        ),
        FAKE,
    ),
}  # fmt: skip
"""The benchmark's names of what is real and what is fake."""


def recognises(path: Path) -> bool:
    """Whether it is a file of that form."""
    if not path.is_file() or path.suffix.lower() != ".json":
        return False
    try:
        table = read_json(path)
        return any(_SPLITS & set(splits) for labels in table.values() for splits in labels.values())
    except (MediaError, AttributeError, TypeError):
        return False


def read_videos(path: Path, wanted: Wanted) -> DataSet:
    """All videos of one compression whose pictures are there.

    Raises:
        UsageError: the compression is not there, or a label has an unknown name.
        MediaError: the list is damaged, or none of its pictures is found.
    """
    table = read_json(path)
    levels = {level for *_, level, _, _ in _entries(table)} - {""}
    level = _level(path, levels, wanted.compression)
    rows = [row for row in _entries(table) if row[3] in ("", level)]
    start = _start(path, rows, wanted.pictures)
    videos, missing = [], 0
    for name, label_name, split, compression, video, row in rows:
        frames = [start.of(frame) for frame in row["frames"]]
        if not frames or not frames[0].is_file():
            missing += 1
            continue
        label = label_of(label_name)
        key = "/".join(word for word in (name, label_name, compression, video) if word)
        source, generator = PicturesSource.of(frames), label_name if label == FAKE else ORIGINAL
        videos.append(Video(key, label, source, _people(label_name, video), generator, split))
    if not videos:
        raise MediaError(
            f"none of the pictures that {path} lists is there",
            "name the folder that its paths begin in: --pictures DIR",
        )
    return DataSet(NAME, path.stem if not level else f"{path.stem} {level}", *_once(videos, missing))


def label_of(name: str) -> int:
    """1 for a fake, by the benchmark's name of the label; others must have the word real or fake in them.

    Raises:
        UsageError: nobody can tell.
    """
    if name in LABELS:
        return LABELS[name]
    words = [word in name.lower() for word in ("real", "fake")]
    if words[0] == words[1]:
        raise UsageError(f"nobody can tell whether {name!r} is real or fake", f"known: {', '.join(LABELS)}")
    return FAKE if words[1] else REAL


def _once(videos: list[Video], missing: int) -> tuple[tuple[Video, ...], tuple[str, ...]]:
    """Where a video is listed for several splits, as some data sets are, it is of the one to be measured on."""
    order = {"test": 0, "val": 1, "train": 2}
    best: dict[str, Video] = {}
    for video in sorted(videos, key=lambda one: order.get(one.split, 3)):
        best.setdefault(video.source.id, video)
    kept = {id(video) for video in best.values()}
    several = len(videos) - len(best)
    notes = [*missing_note(missing, missing + len(videos))]
    if several:
        notes.append(f"{several} videos are listed for several splits, and count for test before val before train")
    return tuple(video for video in videos if id(video) in kept), tuple(notes)


def _entries(table: Any) -> Iterator[Entry]:
    for name, labels in table.items():
        for label_name, splits in labels.items():
            for split, held in splits.items():
                for word, below in held.items() if isinstance(held, dict) else ():
                    if not isinstance(below, dict):
                        continue  # a list that was written over: the benchmark's DFDC has one
                    if "frames" in below:
                        yield name, label_name, split, "", word, below
                        continue
                    for video, row in below.items():
                        if isinstance(row, dict) and "frames" in row:
                            yield name, label_name, split, word, video, row


def _level(path: Path, levels: set[str], asked: str | None) -> str:
    if not levels:
        return ""
    if asked is not None and asked not in levels:
        raise UsageError(f"{path} lists no videos of compression {asked!r}", f"there are: {', '.join(sorted(levels))}")
    return asked or next((level for level in _LEVELS if level in levels), min(levels))


@dataclass(frozen=True)
class _Start:
    """Where the paths of a list begin on this machine.

    Attributes:
        root: a folder.
        skipped: so many of their first parts are of the machine that the list was made on.
    """

    root: Path
    skipped: int

    def of(self, frame: object) -> Path:
        """A picture of the list."""
        return self.root.joinpath(*_parts(frame)[self.skipped :])


def _parts(frame: object) -> tuple[str, ...]:
    path = PureWindowsPath(str(frame))  # knows both kinds of separators
    return path.parts[1:] if path.anchor else path.parts


def _start(path: Path, rows: list[Entry], pictures: Path | None) -> _Start:
    """By the first pictures of the list: the fewest parts skipped, in the folder of the list or above."""
    folder = path.resolve().parent
    above = (folder, *folder.parents[:3])
    places = (Path("/"), *(place / word for place in above for word in ("", "datasets", "rgb")))
    for row in rows[:_TRIED]:
        for frame in row[5]["frames"][:1]:
            for skipped in range(max(1, len(_parts(frame)) - _KEPT_PARTS + 1)):
                for place in (pictures,) if pictures is not None else places:
                    start = _Start(place, skipped)
                    if start.of(frame).is_file():
                        return start
    return _Start(pictures or folder, 0)


def _people(label_name: str, video: str) -> tuple[str, ...]:
    if label_name.startswith("FF-"):
        return faceforensics.people_of(video, faceforensics.YOUTUBE)
    if label_name.startswith("DFD_"):
        return faceforensics.people_of(video, faceforensics.ACTORS)
    return celeb.people_of(video) if label_name.startswith("CelebDF") else ()


READER = Reader(NAME, recognises, read_videos)
