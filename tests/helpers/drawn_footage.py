"""Footage and portraits of drawn people on the disk, and a face finder that knows where drawn faces are."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image
from small_arena import drawn_person

from prosopon.core.clip import Clip, Frame
from prosopon.core.faces import Face
from prosopon.media.write import encode

BLANK_BELOW = 20
"""Pictures whose mean is darker show nobody."""


def write_film(path: Path, seed: int, frames: int = 40, *, blank: bool = False) -> Path:
    """A video of somebody who is drawn from a seed; of nobody where it is blank."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pictures, _ = drawn_person(np.random.default_rng(seed), 2)
    shown = [np.zeros_like(pictures[0]) if blank else pictures[index % 2] for index in range(frames)]
    encode(Clip.of_frames(shown, Fraction(25)), path)
    return path


def write_portrait(path: Path, seed: int) -> Path:
    """A picture of somebody who is drawn from a seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pictures, _ = drawn_person(np.random.default_rng(seed), 1)
    Image.fromarray(pictures[0]).save(path)
    return path


class DrawnFinder:
    """Says that a face is where `small_arena` draws faces, in every picture that is not dark."""

    name = "drawn"

    def __init__(self) -> None:
        self.landmarks = drawn_person(np.random.default_rng(0), 1)[1][0]

    def find(self, frame: Frame) -> list[Face]:
        return [] if frame.mean() < BLANK_BELOW else [Face.around(self.landmarks)]
