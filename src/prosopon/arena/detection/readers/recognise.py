"""Which reader a data set needs, told by what is in it."""

from __future__ import annotations

from pathlib import Path

from prosopon.arena.detection.readers import (
    arena_folder,
    bench_json,
    celeb,
    deeper,
    dfdc,
    dfdcp,
    faceforensics,
    folders,
    tables,
    uadfv,
)
from prosopon.arena.detection.videos import DataSet, Wanted
from prosopon.core.errors import MediaError, MissingError

READERS = (
    arena_folder.READER, faceforensics.READER, celeb.READER, dfdcp.READER, dfdc.READER, deeper.READER, uadfv.READER,
    folders.READER, bench_json.READER, tables.READER,
)  # fmt: skip
"""The more particular ones first."""


def read_data(path: Path, wanted: Wanted = Wanted()) -> DataSet:  # noqa: B008 - frozen
    """The videos of a data set of any known layout, of all splits.

    Raises:
        MissingError: it is not there.
        MediaError: it has no known layout, is damaged, or holds no videos.
        UsageError: what is wanted of it is not there.
    """
    if not path.exists():
        raise MissingError(f"there is no {path}", "name a data set that you have: nothing is downloaded")
    known = ", ".join(reader.layout for reader in READERS)
    for reader in READERS:
        if reader.recognises(path):
            data = reader.read(path, wanted)
            if not data.videos:
                raise MediaError(f"{path} looks like {reader.layout}, but none of its videos is there")
            return data
    raise MediaError(f"{path} is no data set of a known layout", f"known: {known}; or real/ and fake/, or a CSV file")
