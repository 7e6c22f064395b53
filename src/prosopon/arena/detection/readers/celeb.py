"""Celeb-DF, versions 1 and 2 (Li et al. 2020).

`Celeb-real`, `YouTube-real` and `Celeb-synthesis`, and `List_of_testing_videos.txt` with lines `<1|0> <folder>/<file>`
in which **1 is real**. Whatever is not in the list is for training. Names tell who is in a video: `id5_0003` one
person, `id5_id2_0003` the first with the second one's face.
"""

from __future__ import annotations

import re
from pathlib import Path

from prosopon.arena.detection.readers.lists import missing_note, read_lines
from prosopon.arena.detection.readers.places import clips_in
from prosopon.arena.detection.videos import FAKE, ORIGINAL, REAL, DataSet, Reader, Video, Wanted
from prosopon.core.errors import MediaError

NAME = "Celeb-DF"
LIST = "List_of_testing_videos.txt"
_FAKES = "Celeb-synthesis"
_KINDS = {"celeb-real": REAL, "youtube-real": REAL, "celeb-synthesis": FAKE}
_LISTED_REAL = "1"
_PEOPLE = re.compile(r"(id\d+)(?:_(id\d+))?_\d+")


def recognises(path: Path) -> bool:
    """Whether the folders of real and of made celebrities are there."""
    return (path / "Celeb-real").is_dir() and (path / _FAKES).is_dir()


def people_of(name: str, folder: str = "") -> tuple[str, ...]:
    """Whom a video shows, by its name; those of `YouTube-real` each show somebody else."""
    found = _PEOPLE.fullmatch(name)
    if found:
        return tuple(who for who in found.groups() if who is not None)
    return (f"{folder} {name}",) if folder else ()


def read_videos(path: Path, wanted: Wanted) -> DataSet:
    """All videos, those of the list as `test`.

    Raises:
        MediaError: the list is damaged, or calls real what lies among the fakes.
    """
    listed = _listed(path / LIST) if (path / LIST).is_file() else {}
    videos = []
    for folder in sorted(path.iterdir()):
        label = _KINDS.get(folder.name.lower())
        if label is None:
            continue
        generator = NAME if label == FAKE else ORIGINAL
        for name, source in clips_in(folder):
            place = f"{folder.name}/{name}".lower()
            split = ("test" if place in listed else "train") if listed else ""
            who = people_of(name, folder.name)
            videos.append(Video(f"{path.name}/{folder.name}/{name}", label, source, who, generator, split))
    there = {video.key.partition("/")[2].lower() for video in videos}
    notes = list(missing_note(sum(place not in there for place in listed), len(listed)))
    if not listed:
        notes.append(f"{LIST} is not there: all videos count, also those meant for training")
    return DataSet(NAME, path.name, tuple(videos), tuple(notes))


def _listed(path: Path) -> dict[str, int]:
    """Folder and name of each video of the list, in lower case, with our label."""
    found = {}
    for line in read_lines(path):
        word, _, place = line.partition(" ")
        folder, _, file = place.strip().replace("\\", "/").partition("/")
        if word not in ("0", "1") or folder.lower() not in _KINDS or not file:
            raise MediaError(f"{path} has the line {line!r}", "get the published list: <1 or 0> <folder>/<file>")
        label = REAL if word == _LISTED_REAL else FAKE
        if label != _KINDS[folder.lower()]:
            raise MediaError(
                f"{path} says of {place} that it is {'real' if label == REAL else 'fake'}, but its folder is {folder}",
                "in the published list 1 is real: get that one",
            )
        found[f"{folder}/{Path(file).stem}".lower()] = label
    return found


READER = Reader(NAME, recognises, read_videos)
