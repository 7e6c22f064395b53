"""`LookupReport`: what looking a file up has found, in words and as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from prosopon.core.clip import Frame
from prosopon.vouch.lookup.difference import DifferenceMap
from prosopon.vouch.lookup.pdq import Turn
from prosopon.vouch.lookup.registration import Registration


class Answer(StrEnum):
    """What a suspect is to an original."""

    NONE = "no match"
    ALIKE = "alike"
    """The fingerprints match, but nothing could be laid over each other."""
    SAME = "same"
    DIFFERS = "differs"
    """The same, but for regions of it."""


@dataclass(frozen=True, eq=False)
class Compared:
    """One picture of the suspect against one of the original.

    Attributes:
        frame: the suspect's, `uint8 (H, W, 3)`, its turning undone.
        original: the original's, `uint8 (H', W', 3)`, whole.
        time_s: when it is shown in the suspect.
        original_s: when the picture it was compared with is shown in the original.
        is_full: whether that was the original itself; otherwise its small copy in the index.
        is_exact: whether it is certain that it was the same moment: of stills, and of videos that are still there.
        turn: how the suspect was turned, undone before comparing.
        registration: where it lies in the original.
        difference: where it differs; in pixels of the suspect after its turning is undone.
    """

    frame: Frame
    original: Frame
    time_s: float
    original_s: float
    is_full: bool
    is_exact: bool
    turn: Turn
    registration: Registration
    difference: DifferenceMap

    def as_json(self) -> dict[str, Any]:
        """Everything but pictures as plain values."""
        return {
            "time_s": round(self.time_s, 3),
            "original_s": round(self.original_s, 3),
            "against": "original" if self.is_full else "thumbnail",
            "same_moment": self.is_exact,
            "turned": self.turn.value,
            "fit": round(self.registration.fit, 4),
            "overlap": round(self.registration.overlap, 4),
            "scale": round(self.registration.scale, 4),
            "matrix": [[round(value, 6) for value in row] for row in self.registration.matrix.tolist()],
            "differs_share": round(self.difference.share, 5),
            "not_in_original_share": round(self.difference.outside, 4),
            "expected_error_levels": round(self.difference.level, 2),
            "regions": [
                {
                    "box": [round(value) for value in (region.left, region.top, region.right, region.bottom)],
                    "share": round(region.share, 5),
                    "strength": round(region.strength, 1),
                }
                for region in self.difference.regions
            ],
        }


@dataclass(frozen=True, eq=False)
class Match:
    """One thing that the suspect is like.

    Attributes:
        name: what it is called, without folders.
        sha256: of its file.
        of: what it is: original, an entry of one's own index; or published, a record of what was published here.
        answer: same, differs or alike.
        distance: of the fingerprints, in bits of 256; unrelated ones are at about 128.
        is_identical: whether it is the very same file, byte for byte.
        matched: share of the suspect's key frames that match.
        offset_s: when the suspect begins in it, in seconds; None for stills.
        compared: pictures that were laid over each other, the one with most differences first.
    """

    name: str
    sha256: str
    of: str
    answer: Answer
    distance: int
    is_identical: bool = False
    matched: float = 1.0
    offset_s: float | None = None
    compared: tuple[Compared, ...] = ()

    @property
    def text(self) -> str:
        """One or two plain sentences."""
        kind = "your original" if self.of == "original" else "what was published here as"
        named = f"{kind} {self.name}"
        if self.is_identical:
            return f"This is {named}, byte for byte."
        if self.answer is Answer.ALIKE:
            return (
                f"It is like {named} (distance {self.distance} of 256), but the two could not be laid over each other."
            )
        where = f" from second {self.offset_s:.1f} on" if self.offset_s is not None and self.offset_s >= 0.05 else ""
        changed = self._changed()
        first = self.compared[0]
        if self.answer is Answer.SAME:
            return f"This is {named}{where}{changed}; nothing in it differs by more than re-encoding explains."
        region = first.difference.regions[0]
        box = f"{region.left:.0f},{region.top:.0f} to {region.right:.0f},{region.bottom:.0f}"
        more = len(first.difference.regions) - 1
        others = f", and {more} more region{'s' if more > 1 else ''}" if more else ""
        when = "" if self.offset_s is None else f" at second {first.time_s:.1f}"
        doubt = "" if first.is_exact else " The moment is only known to about a second: movement shows as a difference."
        return (
            f"This is {named}{where}{changed}, but it differs here: pixels {box}{when}{others}, "
            f"{100 * first.difference.share:.1f} % of the picture.{doubt}"
        )

    def _changed(self) -> str:
        first = self.compared[0]
        said = [] if first.turn is Turn.NONE else [f"turned ({first.turn.value})"]
        if first.registration.method == "features" or first.registration.overlap < 0.97:
            said.append("cropped or moved")
        return f", {' and '.join(said)}" if said else ""

    def as_json(self) -> dict[str, Any]:
        """Everything but pictures as plain values."""
        return {
            "of": self.of,
            "name": self.name,
            "sha256": self.sha256,
            "answer": self.answer.value,
            "text": self.text,
            "identical_file": self.is_identical,
            "distance": self.distance,
            "matched_share": round(self.matched, 4),
            "offset_s": None if self.offset_s is None else round(self.offset_s, 2),
            "compared": [one.as_json() for one in self.compared],
        }


@dataclass(frozen=True, eq=False)
class LookupReport:
    """What looking a file up has found.

    Attributes:
        name: of the suspect, without folders.
        matches: the best first.
        searched: how many key frames of originals, and how many records of what was published, were looked through.
        quality: of the suspect's best key frame, 0 to 100; plain pictures cannot be told apart.
    """

    name: str
    matches: tuple[Match, ...]
    searched: tuple[int, int]
    quality: int

    @property
    def answer(self) -> Answer:
        """The best match's; no match where there is none."""
        return self.matches[0].answer if self.matches else Answer.NONE

    @property
    def text(self) -> str:
        """The answer in plain words, with what it does not mean."""
        if not any(self.searched):
            return "Nothing to compare with: add originals with prosopon lookup add."
        if not self.matches:
            plain = " It is too plain to be told from others by its fingerprint." if self.quality < 20 else ""
            return f"No match.{plain} That proves nothing: only what was added or published here can be found."
        of = {match.of: match for match in reversed(self.matches)}  # the best of either kind
        return " ".join(match.text for match in self.matches if of[match.of] is match)

    def as_json(self) -> dict[str, Any]:
        """Everything but pictures as plain values."""
        return {
            "answer": self.answer.value,
            "text": self.text,
            "quality": self.quality,
            "searched": {"key_frames_of_originals": self.searched[0], "records_published": self.searched[1]},
            "matches": [match.as_json() for match in self.matches],
        }
