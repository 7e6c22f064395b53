"""What a user can set when swapping parts. The docstring of a field is its help text. No torch here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from prosopon.core.errors import UsageError
from prosopon.create.partswap.named import NAMES, of_class

WEIGHTS = "partswap.face"
"""What parts are swapped with where nobody says otherwise."""
ALIGNMENT = "fomm.face"
"""Whose motion lays the source over the target with `--motion fomm`."""
Where = Literal["target", "source", "both", "overlap"]
Whose = Literal["auto", "target", "source", "both", "overlap"]


_WIDE = {"hair", "face", "skin", "neck", "clothes", "background"}


@dataclass(frozen=True)
class SwapOptions:
    """Which parts, from where, and how they are put in."""

    parts: str = "1,2,5"
    """By name, found by a face parser: hair, face, skin, beard, brows, eyes, nose, lips, mouth, ears, neck, glasses,
    clothes. Or by number, found without labels: `prosopon parts` draws which is what. Several with commas."""
    supervised: bool = False
    """Find the parts with a face parser, as names do; numbers are then the 19 classes of CelebAMask-HQ."""
    hard: bool = False
    """Take each pixel wholly or not at all."""
    use_source_segmentation: bool = False
    """Take the parts where they are in the source, moved over the target; the same as --whose source."""
    whose: Whose = "auto"
    """Where parts are taken: where they are in the target, in the source moved over it, in any of them (both), or where
    they overlap. Auto: by number the target, as published; by name both, but the overlap for face and skin, so that no
    hair comes with them."""
    motion: Literal["auto", "parts", "fomm"] = "auto"
    """Who lays the source over the target: the parts' own motion, or animation weights, which are closer. Auto takes
    the latter for parts by name."""
    colour: Literal["auto", "match", "keep"] = "auto"
    """Bring the source's skin to the colour of the target's, and small parts into the light around them. Auto keeps the
    colours where hair is swapped."""
    crop: str = "auto"
    """What part of the source shows the head: auto (the largest face), whole, or x,y,w,h."""
    target_crop: str = "auto"
    """The same for the target: auto follows the most prominent person, x,y,w,h the one who is mostly in there."""
    size: int | None = None
    """Side of the head's picture that is worked on, in pixels; as large as in the target, up to 1024, if not given."""
    batch: int = 4
    """Frames that go through the nets at once."""

    def __post_init__(self) -> None:
        """Refuse what makes no sense before anything is read."""
        wanted(self)
        if self.size is not None and not 32 <= self.size <= 2048:
            raise UsageError(f"size is {self.size}", "give 32 to 2048 pixels")
        if self.batch < 1:
            raise UsageError(f"batch is {self.batch}", "give 1 or more")
        if self.use_source_segmentation and self.whose not in ("auto", "source"):
            raise UsageError(f"--use-source-segmentation and --whose {self.whose} contradict each other", "give one")


@dataclass(frozen=True)
class Wanted:
    """Parts that were asked for: by name or by number, never both.

    Attributes:
        names: of the face parser's parts.
        numbers: of the segments that were found without labels.
    """

    names: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()


def wanted(options: SwapOptions) -> Wanted:
    """The parts that were asked for.

    Raises:
        UsageError: a name is not known, or names and numbers are mixed.
    """
    words = [word.strip().lower() for word in options.parts.split(",") if word.strip()]
    numbers = [word for word in words if word.isdecimal()]
    if not words:
        raise UsageError("no part is named", f"give numbers, or names: {', '.join(NAMES)}")
    if numbers and len(numbers) < len(words):
        raise UsageError(f"--parts {options.parts} mixes names and numbers", "give one or the other")
    if numbers and not options.supervised:
        return Wanted(numbers=tuple(sorted({int(word) for word in numbers})))
    if numbers:
        words = [of_class(int(word)) for word in numbers]
    unknown = [word for word in words if word not in NAMES]
    if unknown:
        raise UsageError(f"there is no part called {', '.join(unknown)}", f"known: {', '.join(NAMES)}")
    return Wanted(names=tuple(dict.fromkeys(words)))


def whose(options: SwapOptions) -> Where:
    """Where the parts are taken."""
    if options.use_source_segmentation:
        return "source"
    if options.whose != "auto":
        return options.whose
    names = wanted(options).names
    if not names:
        return "target"
    # With the hair goes the whole head, and nothing of it can come where it should not.
    return "overlap" if {"face", "skin"} & {*names} and "hair" not in names else "both"


def motion(options: SwapOptions) -> Literal["parts", "fomm"]:
    """Who lays the source over the target."""
    if options.motion != "auto":
        return options.motion
    return "fomm" if wanted(options).names else "parts"


def matches_colour(options: SwapOptions) -> bool:
    """Whether the source's skin is brought to the colour of the target's."""
    if options.colour != "auto":
        return options.colour == "match"
    return "hair" not in wanted(options).names


def relights(options: SwapOptions) -> bool:
    """Whether the light around the parts is carried into them.

    Around parts that reach across the head, and around those without names, there is hair and background.
    """
    names = {*wanted(options).names}
    return matches_colour(options) and bool(names) and not _WIDE & names
