"""Reads the mark of a file, whatever kind of medium it is."""

from __future__ import annotations

from pathlib import Path

from prosopon.core.progress import SILENT, Progress
from prosopon.media.limits import Limits
from prosopon.media.read import read
from prosopon.vouch.watermark.reading import Reading
from prosopon.vouch.watermark.still import Effort
from prosopon.vouch.watermark.video import read_clip


def read_file(
    path: Path,
    effort: Effort = "full",
    limits: Limits = Limits(),  # noqa: B008 - frozen
    progress: Progress = SILENT,
) -> Reading:
    """Look for a mark in the picture, video, animation or folder of pictures at `path`.

    Raises:
        MediaError: it cannot be read; a sound is no error, there is just no mark in it.
        LimitError: it is larger than `limits` allow.
    """
    return read_clip(read(path, limits, progress), effort)
