"""The preview of the Deepfake Detection Challenge (Dolhansky et al. 2019): `original_videos`, `method_A`, `method_B`.

`dataset.json` has `{path: {"label": "real" or "fake", "set": "train" or "test"}}`. The first part of a file's name is
the actor that it shows.
"""

from __future__ import annotations

from pathlib import Path

from prosopon.arena.detection.readers.lists import label_of, missing_note, read_json
from prosopon.arena.detection.readers.places import clip_at
from prosopon.arena.detection.videos import FAKE, ORIGINAL, DataSet, Reader, Source, Video, Wanted
from prosopon.core.errors import MediaError

NAME = "DFDCP"
LIST = "dataset.json"


def recognises(path: Path) -> bool:
    """Whether the list is there and has its form."""
    if not (path / LIST).is_file():
        return False
    try:
        table = read_json(path / LIST)
    except MediaError:
        return False
    first = next(iter(table.values()), None) if isinstance(table, dict) else None
    return isinstance(first, dict) and {"label", "set"} <= set(first)


def read_videos(path: Path, wanted: Wanted) -> DataSet:
    """All videos of the list.

    Raises:
        MediaError: the list is damaged.
    """
    videos, missing = [], 0
    for place, row in read_json(path / LIST).items():
        if not isinstance(row, dict) or not {"label", "set"} <= set(row):
            raise MediaError(f"{path / LIST} says nothing of {place}", "get the published one")
        source = _source(path, place)
        if source is None:
            missing += 1
            continue
        label, folder = label_of(row["label"], f"{path / LIST}, {place}"), place.replace("\\", "/").partition("/")[0]
        generator = folder if label == FAKE else ORIGINAL
        key = f"{NAME}/{Path(place.replace(chr(92), '/')).with_suffix('').as_posix()}"
        videos.append(Video(key, label, source, _people(place, row), generator, str(row["set"])))
    return DataSet(NAME, path.name, tuple(videos), missing_note(missing, missing + len(videos)))


def _source(path: Path, place: str) -> Source | None:
    """Where it lies; processed copies keep the pictures in `frames` of the method's folder."""
    inside = Path(place.replace("\\", "/"))
    return clip_at(path, place) or clip_at(path / inside.parts[0], inside.name)


def _people(place: str, row: dict[str, object]) -> tuple[str, ...]:
    told = [str(row[name]) for name in ("target_id", "swapped_id") if row.get(name) not in (None, "")]
    if told:
        return tuple(dict.fromkeys(told))
    actor = Path(place.replace("\\", "/")).stem.partition("_")[0]
    return (actor,) if actor else ()


READER = Reader(NAME, recognises, read_videos)
