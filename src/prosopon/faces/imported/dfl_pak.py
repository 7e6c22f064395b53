"""`faceset.pak` of DeepFaceLab: many face pictures in one file, each with its own data inside.

Version 1 is: 8 bytes version, 8 bytes length of a pickled list with an entry for each picture, that list, the places
of the pictures as 8 bytes each, counted from the end of this table, and one more place, then the pictures one after
the other. All numbers are little-endian. The last place is meant to be the end of the last picture but is counted from
the start of the file, so that it lies behind the end; a picture here ends where the next one or the file does.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from prosopon.faces.imported.checked import file_name, mapping, text
from prosopon.faces.imported.refusals import Refused, explained
from prosopon.faces.imported.restricted_pickle import read_pickle

_VERSION = 1
_MOST_LISTED = 2**29
_MOST_PICTURE = 2**27
_NUMBERS = ("samplelib.Sample.SampleType", "facelib.FaceType.FaceType")


@dataclass(frozen=True)
class PackedPicture:
    """Where a picture lies.

    Attributes:
        name: its file name before it was packed.
        person: the folder that it was in, where the set shows several people.
        start, end: its bytes in the file.
    """

    name: str
    person: str | None
    start: int
    end: int


@dataclass(frozen=True)
class FacesetPak:
    """A packed set of faces.

    Attributes:
        path: the file.
        pictures: all pictures, in its order.
    """

    path: Path
    pictures: tuple[PackedPicture, ...]

    def read(self, picture: PackedPicture) -> bytes:
        """The file that a picture was before it was packed.

        Raises:
            MediaError: the file is shorter by now.
        """
        with explained(self.path), self.path.open("rb") as file:
            file.seek(picture.start)
            data = file.read(picture.end - picture.start)
            if len(data) != picture.end - picture.start:
                raise ValueError(f"it is cut off within {picture.name}")
            return data


def read_faceset_pak(path: Path) -> FacesetPak:
    """What is packed in a `faceset.pak`; the pictures themselves are read one by one later.

    Raises:
        MediaError: it is no such file, was refused, or is damaged; one line says what.
    """
    with explained(path), path.open("rb") as file:
        size = path.stat().st_size
        version, length = (int.from_bytes(file.read(8), "little") for _ in range(2))
        if version != _VERSION:
            raise ValueError(f"it has version {version} of the format, or is no packed set of faces")
        if length > min(size, _MOST_LISTED):
            raise Refused(f"its list of pictures claims {length:,} bytes")
        listed = read_pickle(file.read(length), numbers=_NUMBERS)
        if not isinstance(listed, list):
            raise ValueError("its list of pictures is no list")  # noqa: TRY004 - one kind is explained
        table = file.read(8 * (len(listed) + 1))
        begin = file.tell()
    places = [begin + int.from_bytes(table[i : i + 8], "little") for i in range(0, 8 * len(listed), 8)]
    with explained(path):
        if len(table) != 8 * (len(listed) + 1):
            raise ValueError("its table of places is cut off")
        return FacesetPak(path, tuple(_pictures(listed, places, size)))


def _pictures(listed: list[object], places: list[int], size: int) -> list[PackedPicture]:
    found: list[PackedPicture] = []
    for number, (entry, start, end) in enumerate(zip(listed, places, [*places[1:], size], strict=False)):
        data = mapping(entry, "entry of a picture")
        if not start < end <= size or end - start > _MOST_PICTURE:
            raise ValueError(f"picture {number} lies outside the file")
        person = data.get("person_name")
        name = file_name(text(data.get("filename", ""), "name of a picture")) or f"{number:06d}.jpg"
        found.append(PackedPicture(name, None if person is None else text(person, "name of a person"), start, end))
    return found
