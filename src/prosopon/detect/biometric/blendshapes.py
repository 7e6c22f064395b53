"""Action units out of MediaPipe's blendshapes, whose names are those of ARKit.

Which blendshape is which unit of the Facial Action Coding System (Ekman, Friesen, Hager 2002) follows from what both
describe. Two have none: AU23 (lips tightened) is taken from `mouthPress`, which is its neighbour AU24; AU25 (lips part)
is how far the jaw is open less what the lips close of it. MediaPipe's model answers `cheekSquint` (AU06) and
`noseSneer` (AU09) with 0 whatever a face does: these are read off the landmarks.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_BOTH = ("Left", "Right")


def _sides(name: str) -> dict[str, float]:
    return {name + side: 0.5 for side in _BOTH}


UNITS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "AU01": {"browInnerUp": 1.0},
        "AU02": _sides("browOuterUp"),
        "AU04": _sides("browDown"),
        "AU05": _sides("eyeWide"),
        "AU07": _sides("eyeSquint"),
        "AU10": _sides("mouthUpperUp"),
        "AU12": _sides("mouthSmile"),
        "AU14": _sides("mouthDimple"),
        "AU15": _sides("mouthFrown"),
        "AU17": {"mouthShrugLower": 1.0},
        "AU20": _sides("mouthStretch"),
        "AU23": _sides("mouthPress"),
        "AU25": {"jawOpen": 1.0, "mouthClose": -1.0},
        "AU26": {"jawOpen": 1.0},
    }
)
"""Unit -> how much each blendshape counts."""


def units_of(blendshapes: Mapping[str, float]) -> dict[str, float] | None:
    """Those of `UNITS`, 0 to 1; None where a blendshape is missing."""
    if any(name not in blendshapes for shapes in UNITS.values() for name in shapes):
        return None
    return {unit: sum(blendshapes[name] * part for name, part in shapes.items()) for unit, shapes in UNITS.items()}
