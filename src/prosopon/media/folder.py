"""A folder of numbered PNG pictures as a video, with its frame times in `timestamps.txt`.

The file of times is the "timestamp format v2" of the Matroska tools: a heading, then one line for each frame with
its time in milliseconds. Without it a folder plays at 25 frames a second.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from prosopon.core.clip import Frame
from prosopon.core.content_id import sha256_of
from prosopon.core.errors import MediaError
from prosopon.media.failures import explained_reading
from prosopon.media.image import exif_orientation, opened_image, read_still
from prosopon.media.limits import Limits
from prosopon.media.timeline import FALLBACK_RATE, Timeline, timeline

TIMES_FILE = "timestamps.txt"
_HEADING = "# timestamp format v2"
_MICROSECOND = Fraction(1, 1_000_000)


@dataclass(frozen=True)
class FolderIndex:
    """The pictures of a folder in order.

    Attributes:
        path: the folder.
        files: its pictures in natural order (`2.png` before `10.png`).
        width, height: size of every picture in pixels.
        timeline: times in seconds and the nominal rate.
    """

    path: Path
    files: tuple[Path, ...]
    width: int
    height: int
    timeline: Timeline

    def frames(self) -> Iterator[Frame]:
        """A pass over the pictures, `uint8 (H, W, 3)` RGB, one in memory at a time."""
        for file in self.files:
            yield read_still(file, "PNG", Limits(max_pixels=self.width * self.height))

    @property
    def size_bytes(self) -> int:
        """Bytes of all pictures together."""
        return sum(file.stat().st_size for file in self.files)

    def sha256(self) -> str:
        """One digest of names, pictures and times."""
        total = hashlib.sha256()
        for file in (*self.files, self.path / TIMES_FILE):
            if file.is_file():
                total.update(f"{file.name}\0{sha256_of(file)}\n".encode())
        return total.hexdigest()


def index_folder(path: Path, limits: Limits) -> FolderIndex:
    """List the pictures of a folder and check, by their heads alone, that all have one size.

    Raises:
        MediaError: there are none, their sizes differ, or the file of times does not fit.
        LimitError: too many, too large, or too long.
    """
    with explained_reading(path):
        files = sorted((f for f in path.iterdir() if f.suffix.lower() == ".png" and f.is_file()), key=_natural)
    if not files:
        raise MediaError(f"the folder {path} holds no PNG pictures", "give a file, or a folder of numbered PNG files")
    limits.check_frames(len(files), path)
    limits.check_bytes(sum(file.stat().st_size for file in files), path)
    width, height = 0, 0
    for file in files:
        with opened_image(file, "PNG", limits) as image:
            size = exif_orientation(image).size(*image.size)
        if file is files[0]:
            width, height = size
        elif size != (width, height):
            raise MediaError(
                f"{file} has {size[0]} x {size[1]} pixels, but the first picture of its folder {width} x {height}",
                "the pictures of a folder must all have the same size",
            )
    times = _read_times(path / TIMES_FILE, len(files))
    line = timeline(range(len(files)), 1 / FALLBACK_RATE, (FALLBACK_RATE,)) if times is None else times
    limits.check_duration(line.times[-1], path)
    return FolderIndex(path, tuple(files), width, height, line)


def _natural(path: Path) -> tuple[list[tuple[int, str]], str]:
    """Sort key in which numbers count as numbers."""
    parts = re.split(r"(\d+)", path.name.lower())
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts], path.name


def _read_times(file: Path, n_frames: int) -> Timeline | None:
    if not file.is_file():
        return None
    with explained_reading(file):
        lines = file.read_text(encoding="ascii").split("\n")
        ticks = [round(float(line) * 1000) for line in lines[1:] if line.strip()]
    ascending = all(later > earlier for earlier, later in pairwise(ticks))
    if lines[0].strip() != _HEADING or len(ticks) != n_frames or not ascending:
        raise MediaError(
            f"{file} does not hold {n_frames} ascending times, one for each picture", f"repair or remove {file.name}"
        )
    return timeline(ticks, _MICROSECOND)


def write_times(folder: Path, times: Sequence[float]) -> None:
    """Write frame times, in seconds, beside the pictures of a folder."""
    lines = [_HEADING, *(f"{time * 1000:.6f}" for time in times)]
    (folder / TIMES_FILE).write_text("\n".join(lines) + "\n", encoding="ascii")


def picture_name(position: int) -> str:
    """File name of the frame at `position` (from 0)."""
    return f"{position:06d}.png"


def is_picture_folder(path: Path) -> bool:
    """Whether a folder holds nothing but what writing a clip there leaves: numbered pictures and their times."""
    return all(re.fullmatch(r"\d{6,}\.png", f.name) or f.name == TIMES_FILE for f in path.iterdir())
