"""What others have published of detectors, to be seen beside: other data, other detectors, and the drop between sets.

Areas under the ROC, all trained on FaceForensics++ c23.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

NOTE = (
    "Published by others, on other data, and no figure of this program: AUC of single frames of detectors trained on "
    "FaceForensics++ c23, on that set, on the same films compressed further (c40), and on sets of other makers "
    "(DeepfakeBench, Yan et al. 2023). What counts is the fall from left to right."
)
HEAD = ("detector", "FF++ c23", "FF++ c40", "Celeb-DF 2", "DFD", "DFDC", "DFDCP")
FRAME_AUC: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {
        "Meso-4 (as the benchmark has it)": (0.608, 0.592, 0.609, 0.548, 0.556, 0.599),
        "MesoInception-4 (likewise)": (0.758, 0.728, 0.697, 0.607, 0.623, 0.756),
        "plain CNN, augmented": (0.849, 0.785, 0.703, 0.646, 0.636, 0.617),
        "Xception": (0.964, 0.826, 0.737, 0.816, 0.708, 0.737),
        "Face X-ray": (0.959, 0.793, 0.679, 0.766, 0.633, 0.694),
        "SPSL (spectrum)": (0.961, 0.817, 0.765, 0.812, 0.704, 0.741),
        "SRM (noise)": (0.958, 0.811, 0.755, 0.812, 0.700, 0.741),
        "UCF": (0.971, 0.840, 0.753, 0.807, 0.719, 0.759),
    }
)
WILD = (
    "On fakes of the year 2024 as they went through social media, AUC of open detectors fell by 50 % for video, 48 % "
    "for sound and 45 % for pictures (Deepfake-Eval-2024)."
)


def table() -> list[tuple[object, ...]]:
    """Rows for a page."""
    return [(name, *values) for name, values in FRAME_AUC.items()]
