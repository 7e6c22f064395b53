"""`Reading`: what was found on looking for a mark, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from prosopon.vouch.watermark.mark import Mark
from prosopon.vouch.watermark.placement import Placement


@dataclass(frozen=True)
class Segment:
    """One piece of a video that was looked at by itself.

    Attributes:
        start_s, end_s: when it is shown.
        found: whether the mark can be read in this piece alone.
        errors: bits of this piece that read otherwise than the mark of the whole says; None where there is none.
    """

    start_s: float
    end_s: float
    found: bool
    errors: int | None


@dataclass(frozen=True)
class Reading:
    """What was found.

    Attributes:
        mark: what was read; None unless `p_value` is at most 1e-6 (with TrustMark, unless it says so by its own rule).
        p_value: at most this is the probability that an unmarked picture reads so well, over the whole search; 1
            where nothing could be read.
        windows: number of hypotheses (places, contrasts, pieces of a video) on which a decoding was tried.
        errors: coded bits that read otherwise than the mark says, and were corrected.
        bits: coded bits in all.
        placement: where the marked original lies in the picture; None where nothing was found.
        method: `stdm`, `hidden` or `trustmark`.
        segments: for a video, its pieces.
        note: why nothing could be looked for, such as a picture that is too small; empty otherwise.
    """

    mark: Mark | None
    p_value: float
    windows: int
    errors: int = 0
    bits: int = 0
    placement: Placement | None = None
    method: str = "stdm"
    segments: tuple[Segment, ...] = ()
    note: str = ""

    @property
    def found(self) -> bool:
        """Whether there is a mark."""
        return self.mark is not None

    def as_json(self) -> dict[str, Any]:
        """As plain data: what `prosopon watermark read --json` answers."""
        placement = self.placement
        return {
            "found": self.found,
            "payload": None if self.mark is None else self.mark.hex,
            "p_value": self.p_value,
            "kind": None if self.mark is None else self.mark.kind,
            "source_type": None if self.mark is None else self.mark.source_type,
            "method": self.method,
            "windows": self.windows,
            "errors": self.errors,
            "bits": self.bits,
            "placement": None
            if placement is None
            else {
                "matrix": [list(row) for row in placement.matrix],
                "rotation_deg": placement.rotation_deg,
                "mirrored": placement.mirrored,
                "original_size_px": list(placement.size_px),
                "seen": placement.seen,
                "whole": placement.is_whole,
            },
            "segments": [
                {"start_s": one.start_s, "end_s": one.end_s, "found": one.found, "errors": one.errors}
                for one in self.segments
            ],
            "note": self.note,
        }


def unreadable(note: str, method: str = "stdm") -> Reading:
    """Nothing was found because nothing could be looked for."""
    return Reading(None, 1.0, 0, method=method, note=note)
