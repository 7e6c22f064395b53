"""`FaceParser`: what every back end of face parsing offers, and `open_parser`, which picks one."""

from __future__ import annotations

from typing import Literal, Protocol, get_args

from prosopon.core.clip import Frame
from prosopon.core.errors import MissingError, UsageError
from prosopon.core.faces import Face
from prosopon.faces.parsing.part_map import PartMap
from prosopon.models.catalogue import READER, catalogue

Name = Literal["auto", "builtin", "bisenet", "landmarks"]
"""What `open_parser` understands."""


class FaceParser(Protocol):
    """Says of each pixel around a face which part it shows; remembers nothing between frames."""

    @property
    def name(self) -> str:
        """Name of the back end, as it is written down with what it found."""
        ...

    def parse(self, frame: Frame, face: Face) -> PartMap:
        """The parts of one face of a frame `uint8 (H, W, 3)` RGB.

        Raises:
            ValueError: the face has no landmarks.
        """
        ...


def chosen(name: Name = "auto") -> Name:
    """Which back end `open_parser` would open, without opening it.

    Raises:
        UsageError: there is no back end of that name.
    """
    if name not in get_args(Name):
        raise UsageError(f"there is no face parser called {name!r}", f"use one of: {', '.join(get_args(Name))}")
    if name != "auto":
        return name
    return "builtin" if READER in catalogue() else "landmarks"


def open_parser(name: Name = "auto") -> FaceParser:
    """Open a face parser by name.

    Args:
        name: `builtin`, a net of our own; `bisenet`, published weights that the user has imported; `landmarks`, which
            needs no weights and knows the least; or `auto`: builtin where its weights are there, else landmarks.

    Raises:
        MissingError: the back end's weights are not there; says what to run.
        CheckpointError: its weights are damaged, or not of its net.
        UsageError: there is no back end of that name.
    """
    picked = chosen(name)
    if picked == "bisenet":
        from prosopon.faces.parsing.bisenet import BiSeNetParser  # noqa: PLC0415 - brings PyTorch

        return BiSeNetParser.open()
    if picked == "landmarks":
        from prosopon.faces.parsing.landmarks import LandmarkParser  # noqa: PLC0415 - the protocol loads without it

        return LandmarkParser()
    return _builtin()


def _builtin() -> FaceParser:
    if READER not in catalogue():
        raise MissingError(
            f"the weights {READER} of the built-in face parser are not there", "use --parser landmarks, or bisenet"
        )
    from prosopon.faces.reader.parser import ReaderParser  # noqa: PLC0415 - brings PyTorch

    return ReaderParser.open()
