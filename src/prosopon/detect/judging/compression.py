"""How much was lost when a file was saved, as far as the file itself tells."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from prosopon.core.clip import Clip
from prosopon.core.score import Reason
from prosopon.detect.judging.reasons import Why

_LEAST_QUALITY = 15
"""JPEG files of less are not judged: a face is made of a few blocks."""
_LEAST_BITS = 0.008
"""Videos with fewer bits for a pixel of a frame are not judged, sound and all included."""
_FINEST_STEP_AT_50 = 10
"""Smallest entry of the standard's quantisation table for brightness (ITU-T T.81, table K.1), which is that of quality
50. Of all entries it is the last one to be cut off at 255."""


def too_compressed(clip: Clip) -> Why | None:
    """Why a file is too far compressed to be judged; None where it is not, or where the file does not tell."""
    if clip.path is None or not clip.path.is_file() or not len(clip):
        return None
    if clip.is_still:
        quality = jpeg_quality(clip.path)
        if quality is not None and quality < _LEAST_QUALITY:
            return Why.of(Reason.TOO_COMPRESSED, f"it was saved as JPEG of quality {quality:.0f}")
        return None
    bits = 8 * clip.path.stat().st_size / (len(clip) * clip.width * clip.height)
    if bits < _LEAST_BITS:
        return Why.of(Reason.TOO_COMPRESSED, f"the video has {bits:.4f} bits for each pixel")
    return None


def jpeg_quality(path: Path) -> float | None:
    """The quality, 1 to 100 as libjpeg counts, that a JPEG file's table for brightness is nearest to; else None."""
    try:
        with Image.open(path, formats=("JPEG",)) as image:
            table = getattr(image, "quantization", {}).get(0)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    if not table:
        return None
    scale = 100 * float(min(table)) / _FINEST_STEP_AT_50
    return max(1.0, 5000 / scale if scale > 100 else (200 - scale) / 2)
