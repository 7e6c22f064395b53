"""`Quality`: how much may be lost in writing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Quality:
    """Settings of the lossy formats; the lossless ones ignore them."""

    crf: int = 18
    """Constant rate factor of H.264, 0 (lossless) to 51 (worst); VP9 is set to a factor that looks alike."""
    preset: str = "veryfast"
    """x264's trade of time for size: ultrafast, veryfast, medium, slow, ..."""
    jpeg: int = 95
    """JPEG and WebP quality, 1 to 100; JPEG keeps full colour resolution from 90 on."""
    audio_kbps: int = 160
    """Bit rate of sound that has to be encoded, for two channels or fewer."""
