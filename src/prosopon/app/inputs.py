"""What verbs that make pictures ask of their inputs, and what they call the picture beside the result."""

from __future__ import annotations

from pathlib import Path

from prosopon.core.clip import Clip
from prosopon.core.errors import UsageError


def compare_path(output: Path) -> Path:
    """Where the side-by-side video goes: `OUT_compare.mp4`, in the result's own format."""
    return output.with_name(f"{output.stem}_compare{output.suffix}")


def check_frames(clip: Clip, path: Path) -> None:
    """Refuse a sound.

    Raises:
        UsageError: the clip has no pictures.
    """
    if not len(clip):
        raise UsageError(f"{path} has no pictures, only sound", "give a picture or a video")
