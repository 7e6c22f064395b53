"""Parts by the names that users have for them. No torch here."""

from __future__ import annotations

from collections.abc import Collection

from prosopon.core.errors import UsageError
from prosopon.core.parts import Part

_EYES = frozenset((Part.EYE, Part.IRIS))
_MOUTH = frozenset((Part.LIP, Part.MOUTH))
NAMES: dict[str, frozenset[Part]] = {
    "hair": frozenset((Part.HAIR,)),
    # Without hair, ears and neck; a beard belongs to the face, and glasses are on it.
    "face": frozenset((Part.SKIN, Part.BROW, Part.NOSE, Part.BEARD, Part.GLASSES)) | _EYES | _MOUTH,
    "skin": frozenset((Part.SKIN,)),
    "beard": frozenset((Part.BEARD,)),
    "brows": frozenset((Part.BROW,)),
    "eyes": _EYES,
    "nose": frozenset((Part.NOSE,)),
    # What is seen between the lips belongs to the one whose lips they are.
    "lips": _MOUTH,
    "mouth": _MOUTH,
    "ears": frozenset((Part.EAR,)),
    "neck": frozenset((Part.NECK,)),
    "glasses": frozenset((Part.GLASSES,)),
    "clothes": frozenset((Part.CLOTHES,)),
    "background": frozenset((Part.BACKGROUND,)),
}
_BY_CLASS = (
    "background", "skin", "brows", "brows", "eyes", "eyes", "glasses", "ears", "ears", "clothes", "nose", "mouth",
    "lips", "lips", "neck", "clothes", "clothes", "hair", "clothes",
)  # fmt: skip


def of_class(index: int) -> str:
    """The name of one of the 19 classes of CelebAMask-HQ, which published part swap counts by.

    Raises:
        UsageError: there is no such class.
    """
    if not 0 <= index < len(_BY_CLASS):
        raise UsageError(f"there is no class {index}", "CelebAMask-HQ has 0 to 18")
    return _BY_CLASS[index]


def parts_of(names: Collection[str]) -> frozenset[Part]:
    """All parts that some names stand for."""
    return frozenset().union(*(NAMES[name] for name in names))
