"""`encode`: a clip into the format that the destination's suffix names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import MediaError, UsageError
from prosopon.core.progress import SILENT, Progress
from prosopon.media.failures import explained_writing
from prosopon.media.write.gif import write_gif
from prosopon.media.write.pictures import write_folder, write_still
from prosopon.media.write.quality import Quality
from prosopon.media.write.video import write_video


def encode(
    clip: Clip,
    destination: Path,
    progress: Progress = SILENT,
    quality: Quality = Quality(),  # noqa: B008 - frozen
) -> None:
    """Write `clip` exactly at `destination`, streaming: neither all frames nor all samples are ever held.

    By suffix: `.mp4`, `.mov` (H.264, AAC), `.webm` (VP9, Opus), `.gif`, `.png`, `.jpg`, `.jpeg`, `.webp` (one
    frame), none (a folder of PNG pictures with their times). Frame times are kept, variable ones too. Sound whose
    `origin` is set and whose codec fits the container is copied untouched; other sound is encoded; both in full, so
    that whoever shortens a clip must shorten its sound. H.264 has no odd sizes: an odd side gets its last row or
    column twice. GIF and pictures have no sound.

    On failure an incomplete file may be left behind: write inside `prosopon.media.outputs.replacing`.

    Raises:
        UsageError: the suffix is unknown, or a clip of several frames shall become one picture.
        MediaError: the clip has no frames, its frames do not fit its times or size, or the disk is full.
    """
    suffix = destination.suffix.lower()
    if not clip.times:
        raise MediaError(f"{clip.name} has no pictures that could be written")
    progress.start("writing", len(clip))
    frames = _checked(clip, progress)
    with explained_writing(destination):
        if suffix in (".mp4", ".mov", ".webm"):
            write_video(clip, frames, destination, quality)
        elif suffix == ".gif":
            write_gif(clip, frames, destination)
        elif suffix == "":
            write_folder(clip, frames, destination)
        elif suffix in (".png", ".jpg", ".jpeg", ".webp"):
            write_still(clip, frames, destination, quality)
        else:
            raise UsageError(f"files with the suffix {suffix} cannot be written", "use .mp4 or .png, for example")
    progress.finish()


def _checked(clip: Clip, progress: Progress) -> Iterator[Frame]:
    """The clip's frames, with a clear error where they are not what the clip says that they are."""
    count = 0
    for frame in clip.frames():
        if frame.shape != (clip.height, clip.width, 3) or frame.dtype != np.uint8:
            raise MediaError(
                f"frame {count} of {clip.name} is {frame.dtype} {frame.shape}, "
                f"but the clip says uint8 ({clip.height}, {clip.width}, 3)"
            )
        count += 1
        if count <= len(clip):
            yield frame
        progress.advance()
    if count != len(clip):
        raise MediaError(f"{clip.name} gave {count} frames for {len(clip)} times")
