"""`FaceFinder`: what every face back end offers, and `open_finder`, which picks one."""

from __future__ import annotations

from typing import Protocol

from prosopon.core.clip import Frame
from prosopon.core.errors import UsageError
from prosopon.core.faces import Face

NAMES = ("auto", "mediapipe")
"""What `open_finder` understands."""


class FaceFinder(Protocol):
    """Finds faces in single frames; remembers nothing between frames, so that results do not depend on order."""

    @property
    def name(self) -> str:
        """Name of the back end, as it is written into `Tracks.back_end`."""
        ...

    def find(self, frame: Frame) -> list[Face]:
        """Faces of one frame `uint8 (H, W, 3)` RGB of any size, the largest first; empty where there is none."""
        ...


def open_finder(name: str = "auto") -> FaceFinder | None:
    """Open a face finder by name.

    Args:
        name: `mediapipe`, or `auto` for the best one that is installed.

    Returns:
        The finder; None only for `auto`, where no back end is installed together with its model file.

    Raises:
        MissingError: the back end asked for by name is not installed or has no model file; or a variable names a
            model file that is not there, which `auto` does not hide either.
        CheckpointError: the model file is not the one that was published.
        UsageError: there is no back end of that name.
    """
    if name not in NAMES:
        raise UsageError(f"there is no face finder called {name!r}", f"use one of: {', '.join(NAMES)}")
    from prosopon.faces.mediapipe import MediaPipeFinder, is_there  # noqa: PLC0415 - the protocol loads without back ends

    if name == "auto" and not is_there():
        return None
    return MediaPipeFinder.open()
