"""Pictures of heads that nobody had to render, for what is done with heads to be tried on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from small_nets_of_heads import HeadNet, soft_picture

from prosopon.arena.disruption.opponents import Opponent
from prosopon.arena.disruption.subjects import Subject
from prosopon.arena.victims.crops import usual_landmarks
from prosopon.core.clip import Clip, Frame
from prosopon.core.history import SourceType, Step


def head(seed: int = 0, side_px: int = 48, name: str = "") -> Subject:
    """A head of soft colours that are far from black and white, so that every value may move either way."""
    picture: Frame = (64 + soft_picture(side_px, side_px, seed) // 2).astype(np.uint8)
    step = Step("test.head", {}, source_type=SourceType.ALGORITHMIC)
    name = name or f"head-{seed}"
    return Subject(name, True, picture, usual_landmarks(side_px), Clip.still(picture, name=name, step=step))


def opponent(label: str, net: HeadNet) -> Opponent:
    """A net as it is attacked, whose weights are called by what comes before the slash."""
    weights = label.split("/", maxsplit=1)[0]
    return Opponent(label, weights, f"sha of {weights}", "small", Path(weights), net)
