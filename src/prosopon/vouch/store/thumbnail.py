"""Small JPEG copies by which people, and a comparison, see whether something is what a record is about."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from prosopon.core.clip import Frame
from prosopon.core.errors import MediaError
from prosopon.vouch.label import xmp

LONGER_SIDE_PX = 512
LARGEST_BYTES = 60_000
_QUALITIES = (88, 80, 70, 55, 40, 20)


def shrunk(frame: Frame, longer_side_px: int = LONGER_SIDE_PX) -> Frame:
    """A picture `uint8 (H, W, 3)` with its longer side at most as long as said; its shape is kept to a pixel."""
    height, width = frame.shape[:2]
    scale = longer_side_px / max(height, width)
    if scale >= 1:
        return frame
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.array(Image.fromarray(frame).resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0))


def as_jpeg(frame: Frame, source_type_url: str | None = None) -> bytes:
    """A picture as a JPEG file with its longer side at most 512 pixels and at most 60 kB.

    Args:
        frame: `uint8 (H, W, 3)` RGB.
        source_type_url: address of a digital source type that its XMP then states; None for a photo.
    """
    small = Image.fromarray(shrunk(frame))
    content = b""
    for quality in _QUALITIES:
        buffer = io.BytesIO()
        small.save(buffer, "JPEG", quality=quality)
        content = buffer.getvalue()
        if len(content) <= LARGEST_BYTES - 1000:
            break
    return content if source_type_url is None else _labelled(content, source_type_url)


def from_jpeg(content: bytes) -> Frame:
    """What `as_jpeg` wrote, `uint8 (H, W, 3)`.

    Raises:
        MediaError: it is damaged.
    """
    try:
        with Image.open(io.BytesIO(content), formats=["JPEG"]) as image:
            return np.array(image.convert("RGB"))
    except (OSError, ValueError, SyntaxError) as error:
        raise MediaError("a thumbnail is damaged") from error


def _labelled(content: bytes, source_type_url: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        bare, labelled = Path(folder, "bare.jpg"), Path(folder, "labelled.jpg")
        bare.write_bytes(content)
        xmp.labelled_copy(bare, labelled, source_type_url)
        return labelled.read_bytes()
