"""`Mark`: what a watermark says, 64 bits that name a record and 4 bits that say what kind of media this is."""

from __future__ import annotations

import re
from dataclasses import dataclass

from prosopon.core.errors import UsageError

PAYLOAD_BYTES = 8

KINDS = (
    None,
    "trainedAlgorithmicMedia",
    "compositeWithTrainedAlgorithmicMedia",
    "algorithmicMedia",
    "compositeSynthetic",
    "algorithmicallyEnhanced",
)
"""The digital source type (IPTC) that each kind states; None for a mark that somebody made by hand."""

_MOST_KIND = 15


@dataclass(frozen=True)
class Mark:
    """What is written into the pixels.

    Attributes:
        payload: 8 bytes, such as the number of a record in the store of what was published.
        kind: 0 to 15; 0 for a mark made by hand, else the index into `KINDS` of what the media are labelled as.
            Numbers beyond the table are kept for later and are read as they are.
    """

    payload: bytes
    kind: int = 0

    def __post_init__(self) -> None:
        if len(self.payload) != PAYLOAD_BYTES:
            raise UsageError(f"a mark holds {PAYLOAD_BYTES} bytes, not {len(self.payload)}")
        if not 0 <= self.kind <= _MOST_KIND:
            raise UsageError(f"the kind of a mark is 0 to {_MOST_KIND}, not {self.kind}")

    @property
    def hex(self) -> str:
        """The payload as 16 hexadecimal digits."""
        return self.payload.hex()

    @property
    def source_type(self) -> str | None:
        """The digital source type that the mark states, None where it states none that is known here."""
        return KINDS[self.kind] if self.kind < len(KINDS) else None

    @classmethod
    def of_hex(cls, digits: str, kind: int = 0) -> Mark:
        """A mark from 16 hexadecimal digits.

        Raises:
            UsageError: they are not 16 hexadecimal digits.
        """
        if re.fullmatch(r"[0-9a-fA-F]{16}", digits) is None:
            raise UsageError(f"{digits!r} is no payload", "give 16 hexadecimal digits, such as 00112233aabbccdd")
        return cls(bytes.fromhex(digits), kind)


def kind_of(source_type: str | None) -> int:
    """The kind that states a digital source type (the last part of its address); 0 for None or an unlisted one."""
    return KINDS.index(source_type) if source_type in KINDS else 0
