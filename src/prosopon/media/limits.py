"""`Limits`: how large a file from a stranger may be before it is refused, checked before anything is decoded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from prosopon.core.errors import LimitError


@dataclass(frozen=True)
class Limits:
    """The largest media that is read. A command can raise each of them knowingly."""

    max_bytes: int = 16 * 2**30
    """Size of the file (of all files together for a folder of pictures)."""
    max_duration_s: float = 2 * 3600.0
    """Length in seconds."""
    max_pixels: int = 80_000_000
    """Width x height of one picture. Pillow's own guard additionally refuses stills above 179 million."""
    max_frames: int = 500_000
    """Number of frames."""

    def check_bytes(self, n_bytes: int, path: Path) -> None:
        """Refuse a file of too many bytes with a `LimitError`."""
        if n_bytes > self.max_bytes:
            raise LimitError(f"{path} has {n_bytes:,} bytes, more than the limit of {self.max_bytes:,}", _HINT)

    def check_pixels(self, width: int, height: int, path: Path) -> None:
        """Refuse a picture of too many pixels with a `LimitError`."""
        if width * height > self.max_pixels:
            raise LimitError(f"{path} has {width} x {height} pixels, more than the limit of {self.max_pixels:,}", _HINT)

    def check_duration(self, duration_s: float, path: Path) -> None:
        """Refuse something too long, `duration_s` in seconds, with a `LimitError`."""
        if duration_s > self.max_duration_s:
            raise LimitError(
                f"{path} lasts {duration_s:.0f} s, more than the limit of {self.max_duration_s:.0f} s", _HINT
            )

    def check_frames(self, n_frames: int, path: Path) -> None:
        """Refuse a clip of too many frames with a `LimitError`."""
        if n_frames > self.max_frames:
            raise LimitError(f"{path} has more than {self.max_frames:,} frames", _HINT)


_HINT = "cut or shrink it, or raise the limit"
