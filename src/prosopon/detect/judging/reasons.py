"""`Why`: a reason with its code for programs and its words for people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from prosopon.core.score import Reason


class FileReason(StrEnum):
    """What only whole files can have, beside the reasons of `core.score`."""

    UNREADABLE = "unreadable"
    CREDENTIAL_BROKEN = "credential-broken"
    COPIED_WATERMARK = "copied-watermark"
    NOT_EXAMINED = "not-examined"


_WORDS = MappingProxyType(
    {
        Reason.NO_FACE: "no face was found",
        Reason.FACE_TOO_SMALL: "the face is too small: what fakes leave behind cannot be seen at that size",
        Reason.TOO_SHORT: "the face is seen for too short a time",
        Reason.TOO_COMPRESSED: "so much was lost in compression that what fakes leave behind is lost as well",
        Reason.OUTSIDE_CALIBRATION: "the material is unlike all that the detectors were calibrated on",
        Reason.VERDICT_FLIPS: "the answer changes when the pictures are only compressed, resized, cropped or blurred",
        Reason.DETECTORS_DISAGREE: "the detectors contradict each other",
        Reason.NOT_CALIBRATED: "nobody knows what the values are worth: there is no calibration",
        Reason.NO_PICTURE: "there is no picture",
        Reason.NO_SOUND: "there is no sound",
        Reason.NO_SPEECH: "nobody is heard speaking",
        Reason.NO_WEIGHTS: "no detector with weights could be asked",
        Reason.ONLY_MEASURED: "something was measured, but by none whose answer counts as evidence",
        Reason.FAILED: "a detector failed",
        FileReason.UNREADABLE: "the file cannot be read",
        FileReason.CREDENTIAL_BROKEN: "its credential does not hold: it was changed since, or that is another file's",
        FileReason.COPIED_WATERMARK: "its watermark was made for something that looks otherwise",
        FileReason.NOT_EXAMINED: "the detectors were not asked",
    }
)


@dataclass(frozen=True)
class Why:
    """One reason.

    Attributes:
        code: one of `Reason` or `FileReason`.
        because: the same in plain English, without a full stop.
    """

    code: str
    because: str

    @classmethod
    def of(cls, code: Reason | FileReason, because: str = "") -> Why:
        """A reason in words of its own, or in the usual ones."""
        return cls(code.value, because or _WORDS[code])

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        return {"code": self.code, "words": self.because}


def distinct(reasons: Iterable[Why]) -> tuple[Why, ...]:
    """Each code once, with its first words, in the order they come in."""
    found: dict[str, Why] = {}
    for why in reasons:
        found.setdefault(why.code, why)
    return tuple(found.values())
