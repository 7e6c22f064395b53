"""UADFV (Yang, Li and Lyu 2019): `real/0000.mp4` and `fake/0000_fake.mp4`, 49 each, the fake made of its namesake."""

from __future__ import annotations

from pathlib import Path

from prosopon.arena.detection.readers.places import clips_in
from prosopon.arena.detection.videos import FAKE, ORIGINAL, REAL, DataSet, Reader, Video, Wanted

NAME = "UADFV"
_MARK = "_fake"


def recognises(path: Path) -> bool:
    """Whether both folders are there, and fakes are named after real ones."""
    if not ((path / "real").is_dir() and (path / "fake").is_dir()):
        return False
    names = [name for name, _ in clips_in(path / "fake")]
    return bool(names) and all(name.endswith(_MARK) and name.removesuffix(_MARK).isdecimal() for name in names)


def read_videos(path: Path, wanted: Wanted) -> DataSet:
    """All videos; there are no splits."""
    videos = [
        Video(
            f"{NAME}/{folder}/{name}", label, source, (name.removesuffix(_MARK),), NAME if label == FAKE else ORIGINAL
        )
        for folder, label in (("real", REAL), ("fake", FAKE))
        for name, source in clips_in(path / folder)
    ]
    return DataSet(NAME, path.name, tuple(videos))


READER = Reader(NAME, recognises, read_videos)
