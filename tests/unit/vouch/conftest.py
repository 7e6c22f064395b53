"""Small synthetic clips for the tests of sealing."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from prosopon.core.clip import Clip
from prosopon.core.history import Parent, Relationship, SourceType, Step


@pytest.fixture
def step() -> Step:
    """An animation pasted back into its source picture."""
    return Step(
        "create.fomm.animate",
        {"size_px": 256, "relative": True},
        (
            Parent("face.png", "ab" * 32, Relationship.PARENT, Path("/home/somebody/face.png")),
            Parent("driving.mp4", "cd" * 32, Relationship.INPUT, Path("/home/somebody/driving.mp4")),
        ),
        weights_sha256="ef" * 32,
        seed=7,
        source_type=SourceType.COMPOSITE,
    )


@pytest.fixture
def clip_for(step: Step) -> Callable[[str], Clip]:
    """A clip of that history, a still or four frames as the file name asks."""

    def make(name: str) -> Clip:
        frames = np.random.default_rng(1).integers(0, 255, (4, 120, 160, 3), dtype=np.uint8)
        if name.endswith((".png", ".jpg", ".webp")):
            return Clip.still(frames[0], step=step)
        return Clip.of_frames(frames, Fraction(25), step=step)

    return make
