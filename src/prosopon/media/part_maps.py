"""Part maps as files: PNG pictures whose palette indices are the values of `core.parts.Part`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from prosopon.core.errors import MediaError
from prosopon.core.parts import PALETTE, Part
from prosopon.media.image import opened_image
from prosopon.media.limits import Limits


def write_part_map(parts: NDArray[np.uint8], path: Path) -> None:
    """Write a part map `uint8 (H, W)`; for people it shows the colours of `core.parts.PALETTE`."""
    picture = Image.fromarray(parts, "P")
    picture.putpalette([level for colour in PALETTE for level in colour])
    picture.save(path, "PNG", compress_level=6)


def read_part_map(path: Path) -> NDArray[np.uint8]:
    """Read a part map back, `uint8 (H, W)`.

    Raises:
        MediaError: it cannot be read, its pixels are no palette indices, or they are of a later version.
        LimitError: it has too many pixels.
    """
    with opened_image(path, "PNG", Limits()) as picture:
        if picture.mode != "P":
            raise MediaError(f"{path} is no part map: its pixels are no palette indices", "make it again")
        parts = np.array(picture, np.uint8)
    if parts.max(initial=0) >= len(Part):
        raise MediaError(f"{path} has part indices that this version does not know", "use a newer version")
    return parts
