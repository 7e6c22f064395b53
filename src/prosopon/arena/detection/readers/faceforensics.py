"""FaceForensics++ (Rössler et al. 2019), with FaceShifter and Google's DeepFakeDetection, which come in its folders.

`original_sequences/{youtube,actors}/{raw,c23,c40}/videos` and `manipulated_sequences/<method>/...`; `train.json`,
`val.json` and `test.json` list pairs [a, b], each of which owns the videos a, b, a_b and b_a of every method. Fakes of
one pair by different methods are videos of their own here: the public benchmark takes them for one, because it knows
videos by the name of their folder alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from prosopon.arena.detection.readers.lists import missing_note, read_json
from prosopon.arena.detection.readers.places import clips_in
from prosopon.arena.detection.videos import FAKE, ORIGINAL, REAL, DataSet, Reader, Video, Wanted
from prosopon.core.errors import MediaError, UsageError

NAME = "FaceForensics++"
YOUTUBE, ACTORS = "youtube", "actors"
ACTORS_FAKES = "DeepFakeDetection"
_LEVELS = ("c23", "c40", "raw")
"""In the order in which they are taken where nobody asks for one; the protocols of the field are of c23."""
_SPLITS = ("train", "val", "test")
_PEOPLE = re.compile(r"(\d+)(?:_(\d+))?(?:__.*)?")


def recognises(path: Path) -> bool:
    """Whether the two folders are there."""
    return (path / "original_sequences").is_dir() and (path / "manipulated_sequences").is_dir()


def people_of(name: str, pool: str) -> tuple[str, ...]:
    """Whom a video shows, by its name: `000` one person, `000_003` the target 000 and the source 003."""
    found = _PEOPLE.fullmatch(name)
    return tuple(f"{pool} {who}" for who in found.groups() if who is not None) if found else ()


def read_videos(path: Path, wanted: Wanted) -> DataSet:
    """All videos of one compression; those without a published split count as of `test`.

    Raises:
        UsageError: the compression is not there.
        MediaError: a list of pairs is damaged.
    """
    level = _level(path, wanted.compression)
    split_of = _split_by_name(path)
    videos, unlisted = [], 0
    for pool in (YOUTUBE, ACTORS):
        for name, source in clips_in(path / "original_sequences" / pool / level):
            split = split_of.get(name) if pool == YOUTUBE else "test"
            unlisted += split is None
            key, who = f"{NAME}/{pool}/{level}/{name}", people_of(name, pool)
            videos.append(Video(key, REAL, source, who, ORIGINAL, split or "", pool))
    for folder in sorted((path / "manipulated_sequences").iterdir()):
        pool = ACTORS if folder.name == ACTORS_FAKES else YOUTUBE
        for name, source in clips_in(folder / level):
            split = split_of.get(name) if pool == YOUTUBE else "test"
            unlisted += split is None
            key, who = f"{NAME}/{folder.name}/{level}/{name}", people_of(name, pool)
            videos.append(Video(key, FAKE, source, who, folder.name, split or "", pool))
    return DataSet(NAME, f"{path.name} {level}", tuple(videos), tuple(_notes(videos, split_of, unlisted)))


def _notes(videos: list[Video], split_of: dict[str, str], unlisted: int) -> Iterator[str]:
    if not split_of:
        yield "the lists of pairs (train.json, val.json, test.json) are not there: all videos count, also of training"
    elif unlisted:
        yield f"{unlisted} videos are in no list of pairs and belong to no split"
        missing = sum(name not in {video.key.rpartition("/")[2] for video in videos} for name in split_of)
        yield from missing_note(missing, len(split_of))
    if any(video.domain == ACTORS for video in videos):
        yield "DeepFakeDetection was published without a split: all of it counts as test"


def _level(path: Path, asked: str | None) -> str:
    there = {level.name for kind in ("original", "manipulated") for level in path.glob(f"{kind}_sequences/*/*/")}
    if asked is not None and asked not in there:
        known = ", ".join(sorted(there & {*_LEVELS})) or "none"
        raise UsageError(f"{path} holds no videos of compression {asked!r}", f"there are: {known}")
    for level in (asked, *_LEVELS):
        if level in there:
            return str(level)
    raise MediaError(f"{path} holds no videos", f"they lie in original_sequences/{YOUTUBE}/c23/videos and so on")


def _split_by_name(path: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for split in _SPLITS:
        places = [
            path / f"{split}.json",
            path / "splits" / f"{split}.json",
            path / "dataset" / "splits" / f"{split}.json",
        ]
        file = next((place for place in places if place.is_file()), None)
        if file is None:
            continue
        try:
            pairs = [(str(first), str(second)) for first, second in read_json(file)]
        except (TypeError, ValueError) as error:
            raise MediaError(f"{file} is no list of pairs", "get the published one") from error
        for a, b in pairs:
            found |= dict.fromkeys((a, b, f"{a}_{b}", f"{b}_{a}"), split)
    return found


READER = Reader(NAME, recognises, read_videos)
