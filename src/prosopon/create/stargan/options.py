"""What a user can set when editing attributes. The docstring of a field is its help text. No torch here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from prosopon.core.errors import UsageError
from prosopon.datasets.attributes import AttributeSet, Labels

WEIGHTS = "stargan.studio"
"""What attributes are edited with where nobody says otherwise."""
_NOT = "no "


@dataclass(frozen=True)
class EditOptions:
    """Which attributes somebody shall have, and how the face is put back."""

    edit: str = "blond hair"
    """What changes, with commas between: an attribute that shall be there (glasses), or shall not (no glasses). Those
    of stargan.studio: black hair, blond hair, brown hair, glasses, beard, old, smile."""
    has: str | None = None
    """Attributes that the person has now, with commas between; read out of the pictures when not given."""
    keep_detail: bool = True
    """Add what the edit changes to the picture, instead of pasting what the net makes of it: all else stays as sharp as
    it was, and so do traces of what is taken away."""
    border: float = 0.1
    """How softly the edit fades at the border of the head's square, as a share of its side."""
    steady_frames: float = 2.0
    """How smoothly the square follows the head: standard deviation in frames, 0 for not at all."""
    batch: int = 8
    """Frames that go through the nets together."""

    def __post_init__(self) -> None:
        """Refuse what makes no sense before anything is read."""
        words(self.edit, "edit")
        if self.has is not None:
            words(self.has, "has")
        if not 0 < self.border <= 0.5:
            raise UsageError(f"border is {self.border}", "give a share above 0 and up to 0.5")
        if not 0 <= self.steady_frames <= 50:
            raise UsageError(f"steady_frames is {self.steady_frames}", "give 0 to 50 frames")
        if self.batch < 1:
            raise UsageError(f"batch is {self.batch}", "give 1 or more")


def words(text: str, option: str) -> tuple[str, ...]:
    """Names with commas between them.

    Raises:
        UsageError: there is none; an empty `has` is allowed, as there are people without any attribute.
    """
    found = tuple(" ".join(word.lower().split()) for word in text.split(",") if word.strip())
    if not found and option != "has":
        raise UsageError(f"--{option} names nothing", "name an attribute, such as glasses, or 'no glasses'")
    return found


def edited(labels: Labels, edits: Sequence[str], attributes: AttributeSet) -> Labels:
    """Labels `(..., N)` after edits such as `glasses` and `no beard`, one after the other.

    Raises:
        UsageError: there is no such attribute.
    """
    for edit in edits:
        name = edit.removeprefix(_NOT)
        labels = attributes.switched(labels, name, on=not edit.startswith(_NOT))
    return labels
