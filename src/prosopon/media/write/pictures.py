"""Writes stills and folders of pictures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import UsageError
from prosopon.media.folder import picture_name, write_times
from prosopon.media.write.quality import Quality

_FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}


def write_still(clip: Clip, frames: Iterator[Frame], destination: Path, quality: Quality) -> None:
    """The only frame of a clip as PNG (lossless), JPEG or WebP."""
    if len(clip) > 1:
        raise UsageError(
            f"{clip.name} has {len(clip)} frames, a {destination.suffix} file holds one",
            "write to .mp4, or to a name without a suffix for a folder of pictures",
        )
    (frame,) = frames
    kind = _FORMATS[destination.suffix.lower()]
    options: dict[str, int] = {} if kind == "PNG" else {"quality": quality.jpeg}
    if kind == "JPEG" and quality.jpeg >= 90:
        options["subsampling"] = 0  # 4:4:4
    Image.fromarray(frame).save(destination, kind, **options)


def write_folder(clip: Clip, frames: Iterator[Frame], destination: Path) -> None:
    """Every frame as `000000.png`, `000001.png`, ... and the times beside them."""
    destination.mkdir()
    for position, frame in enumerate(frames):
        Image.fromarray(frame).save(destination / picture_name(position), "PNG", compress_level=1)
    write_times(destination, clip.times)
