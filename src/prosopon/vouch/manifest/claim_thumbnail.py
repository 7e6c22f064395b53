"""The small picture of what is signed that a manifest may carry, for those who meet the manifest without its file."""

from __future__ import annotations

import io

from PIL import Image

from prosopon.core.clip import Frame

_SIDE_PX = 512
_QUALITY = 85


def claim_thumbnail(frame: Frame) -> bytes:
    """JPEG of a frame `uint8 (H, W, 3)`, its longer side 512 px at most, without any metadata."""
    picture = Image.fromarray(frame)
    picture.thumbnail((_SIDE_PX, _SIDE_PX), Image.Resampling.LANCZOS)
    held = io.BytesIO()
    picture.save(held, "JPEG", quality=_QUALITY, optimize=True)
    return held.getvalue()
