"""The 19 classes of CelebAMask-HQ as face parsers trained on it number them, and which of our parts each one is.

Lee, Liu, Wu, Luo: "MaskGAN: Towards Diverse and Interactive Facial Image Manipulation", CVPR 2020, arXiv 1907.11922.
The data set itself has another order; this is that of the published BiSeNet weights.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prosopon.core.parts import Part

CLASSES: dict[str, Part] = {
    "background": Part.BACKGROUND,
    "skin": Part.SKIN,
    "left brow": Part.BROW,
    "right brow": Part.BROW,
    "left eye": Part.EYE,
    "right eye": Part.EYE,
    "glasses": Part.GLASSES,
    "left ear": Part.EAR,
    "right ear": Part.EAR,
    # What is worn counts as clothes, glasses apart.
    "earring": Part.CLOTHES,
    "nose": Part.NOSE,
    "mouth": Part.MOUTH,
    "upper lip": Part.LIP,
    "lower lip": Part.LIP,
    "neck": Part.NECK,
    "necklace": Part.CLOTHES,
    "cloth": Part.CLOTHES,
    "hair": Part.HAIR,
    "hat": Part.CLOTHES,
}
"""Name of each class, in the order of their indices 0 to 18, and its part. Beards are skin, irises are eyes."""
KNOWN = frozenset(CLASSES.values())
"""The parts that can be told by these classes."""
_TABLE = np.array([*CLASSES.values()], np.uint8)


def as_parts(classes: NDArray[np.integer]) -> NDArray[np.uint8]:
    """Indices of classes 0 to 18 of any shape as values of `Part`, `uint8` of the same shape."""
    parts: NDArray[np.uint8] = _TABLE[classes]
    return parts
