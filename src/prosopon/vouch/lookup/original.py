"""One of the user's own originals, as the index remembers it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from prosopon.core.errors import ProsoponError
from prosopon.vouch.lookup.key_frames import KeyFrame, as_plain, from_plain

_VERSION = 1


@dataclass(frozen=True)
class Original:
    """A picture or video of one's own.

    Attributes:
        sha256: of the file, hexadecimal: its name in the index.
        name: what it is called in answers, without folders.
        path: where it lay when it was added. Private: it stays in the index and appears in no answer.
        added: when, RFC 3339 in UTC.
        width, height: of its pictures in pixels.
        fps: frames per second; None for a still.
        duration_s: length in seconds; 0 for a still.
        fingerprints: of its key frames; one for a still.
    """

    sha256: str
    name: str
    path: Path
    added: str
    width: int
    height: int
    fps: float | None
    duration_s: float
    fingerprints: tuple[KeyFrame, ...]

    @property
    def is_still(self) -> bool:
        """Whether it is a picture rather than a video."""
        return self.fps is None

    def as_bytes(self) -> bytes:
        """JSON."""
        told = {**self.__dict__, "version": _VERSION, "path": str(self.path)}
        told["fingerprints"] = as_plain(self.fingerprints)
        return json.dumps(told, ensure_ascii=False).encode()

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """The inverse of `as_bytes`.

        Raises:
            ProsoponError: it is none, or of a later version.
        """
        try:
            told: Any = json.loads(raw)
            version = told.pop("version")
            if version != _VERSION:
                raise ProsoponError(f"an entry of the index is of version {str(version)[:20]}", "use a newer Prosopon")
            told["fingerprints"] = from_plain(told["fingerprints"])
            told["path"] = Path(told["path"])
            return cls(**told)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise ProsoponError("an entry of the index of originals is damaged", "add the original again") from None
