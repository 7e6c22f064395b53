"""The launderings that protection is measured under, by name: each with its stand-in and the real thing."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from prosopon.core.errors import UsageError
from prosopon.models.laundering.blur import Blur
from prosopon.models.laundering.chain import Chain
from prosopon.models.laundering.crop import Crop
from prosopon.models.laundering.gamma import Gamma
from prosopon.models.laundering.jpeg import Jpeg
from prosopon.models.laundering.laundering import Laundering
from prosopon.models.laundering.noise import Noise
from prosopon.models.laundering.resample import Resize
from prosopon.models.laundering.rounding import Rounding

LAUNDERINGS: Mapping[str, Laundering] = MappingProxyType(
    {
        "png": Rounding(),
        "jpeg95": Jpeg(95),
        "jpeg75": Jpeg(75),
        "jpeg50": Jpeg(50),
        "jpeg30": Jpeg(30),
        "half": Resize(0.5),
        "crop": Crop(0.9),
        "blur": Blur(1.5),
        "noise": Noise(4 / 255),
        # Shown a little smaller and in another colour profile, cut by hand, and sent on by a messenger.
        "screenshot": Chain((Resize(0.9, back=False), Gamma(1.05), Crop(0.98, back=False), Jpeg(85)), back=True),
    }
)
"""From what loses nothing but fractions of levels to what a picture goes through in practice."""


def named(name: str) -> Laundering:
    """The laundering of a name.

    Raises:
        UsageError: there is none.
    """
    if name not in LAUNDERINGS:
        raise UsageError(f"there is no laundering {name!r}", f"use one of {', '.join(LAUNDERINGS)}")
    return LAUNDERINGS[name]
