"""What others have published of their watermarks. Nothing of it was measured here, and no two of them on the same data.

Sources: the README and paper of TrustMark (Bui, Agarwal, Collomosse 2023, arXiv 2311.18297; adobe/trustmark), the
README of invisible-watermark (ShieldMnt/invisible-watermark), the README of the best known PyTorch port of HiDDeN
(ando-khachatryan/HiDDeN), and Video Seal (Fernandez et al. 2024, arXiv 2412.09492; facebookresearch/videoseal).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

NOTE = (
    "As published by their authors, each on data and with settings of its own: to be read beside the measured figures, "
    "not to be compared with them digit by digit."
)


@dataclass(frozen=True)
class Published:
    """One scheme.

    Attributes:
        name: of it.
        payload: what it carries.
        quality: how much of it is seen.
        survives: what it stands.
        source: where that is said.
        certain: whether it was read at the source, or is from the paper by memory.
    """

    name: str
    payload: str
    quality: str
    survives: str
    source: str
    certain: bool = True

    def as_json(self) -> dict[str, Any]:
        """JSON-able."""
        return asdict(self)


PUBLISHED = (
    Published(
        "TrustMark", "100 bits; 40 to 75 of them free, the others correct 8 to 3 flipped ones",
        "43 to 45 dB (variants Q and B), 38 to 39 (C), 48 to 50 (P)",
        "Q: above 96 % of bits right under severe noise, P: 95 %; crops of about 20 %",
        "adobe/trustmark, arXiv 2311.18297",
    ),
    Published(
        "Video Seal", "96 bits (v0), 256 bits (v1)", "about 44 to 48 dB",
        "trained with H.264 in between; marks are carried on over frames",
        "facebookresearch/videoseal, arXiv 2412.09492", certain=False,
    ),
    Published(
        "HiDDeN (PyTorch port)", "30 bits at 128 pixels", "-",
        "bits wrong: JPEG 1.0 %, resizing 0.5 %, crop 6 %, all together 21 %",
        "ando-khachatryan/HiDDeN",
    ),
    Published(
        "dwtDct, dwtDctSvd", "64 bits, uncorrected", "-",
        "JPEG, noise, brightness; resizing to half, crops and rotation fail",
        "ShieldMnt/invisible-watermark",
    ),
)  # fmt: skip
HEAD = ("published", "carries", "quality", "survives", "source")


def table() -> list[tuple[str, ...]]:
    """Cells under `HEAD`."""
    return [
        (one.name, one.payload, one.quality, one.survives, one.source + ("" if one.certain else " (from memory)"))
        for one in PUBLISHED
    ]
