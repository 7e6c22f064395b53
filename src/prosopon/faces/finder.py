"""`FaceFinder`: what every face back end offers, and `open_finder`, which picks one."""

from __future__ import annotations

from typing import Protocol

from prosopon.core.clip import Frame
from prosopon.core.errors import UsageError
from prosopon.core.faces import Face

NAMES = ("auto", "mediapipe", "builtin")
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


def chosen(name: str = "auto") -> str:
    """Which back end `open_finder` would open, without opening it.

    Raises:
        UsageError: there is no back end of that name.
    """
    if name not in NAMES:
        raise UsageError(f"there is no face finder called {name!r}", f"use one of: {', '.join(NAMES)}")
    if name != "auto":
        return name
    from prosopon.faces.mediapipe import is_there  # noqa: PLC0415 - the protocol loads without back ends

    return "mediapipe" if is_there() else "builtin"


def open_finder(name: str = "auto") -> FaceFinder:
    """Open a face finder by name.

    Args:
        name: `mediapipe`; `builtin`, which comes with the package and needs nothing else; or `auto`: mediapipe where
            it is installed and its model file is there, else builtin.

    Raises:
        MissingError: the back end asked for by name is not installed or has no model file; or a variable names a
            model file that is not there, which `auto` does not hide either.
        CheckpointError: the model file is not the one that was published.
        UsageError: there is no back end of that name.
    """
    if chosen(name) == "mediapipe":
        from prosopon.faces.mediapipe import MediaPipeFinder  # noqa: PLC0415 - the protocol loads without back ends

        return MediaPipeFinder.open()
    from prosopon.faces.builtin.finder import BuiltinFinder  # noqa: PLC0415 - brings PyTorch

    return BuiltinFinder.open()
