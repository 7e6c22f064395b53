"""The face reader as a parser of parts (see `faces.parsing.parser`)."""

from __future__ import annotations

from pathlib import Path

from prosopon.core.clip import Frame
from prosopon.core.faces import Face
from prosopon.faces.parsing.part_map import PartMap
from prosopon.faces.reader.reader import FaceReader
from prosopon.models.catalogue import READER


class ReaderParser:
    """Parses faces with the net that comes with the package."""

    name = "builtin"

    def __init__(self, reader: FaceReader) -> None:
        self._reader = reader

    @classmethod
    def open(cls, weights: str | Path = READER) -> ReaderParser:
        """Open trained weights.

        Raises:
            MissingError: there are no such weights.
            CheckpointError: they are damaged, or of another net.
        """
        return cls(FaceReader.open(weights))

    def parse(self, frame: Frame, face: Face) -> PartMap:
        """The parts of one face of a frame `uint8 (H, W, 3)` RGB.

        Raises:
            ValueError: the face has no landmarks.
        """
        return self._reader.parse(frame, face)
