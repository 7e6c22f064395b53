"""`Panel`: whether the answer survives what happens to files without anybody's faking anything.

The same frames are judged as they are, as JPEG, at half the size, cropped and blurred. Who would say "fake" of one of
these and not of another has not seen a fake but a file: such a verdict is withdrawn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import numpy as np
from PIL import Image

from prosopon.datasets.degradations import Blurred, Degradation, Jpeg, Resized
from prosopon.detect.judging.fusion import Fusion
from prosopon.detect.judging.opinion import ask
from prosopon.detect.judging.pieces import Piece, fewer, shown
from prosopon.detect.judging.roster import Expert
from prosopon.detect.judging.verdict import LEAST_LOG10_LR
from prosopon.detect.learning.material import material_measures

RUNS, RUN = 2, 8
"""So many pieces, and frames of each, are judged again."""
_LEFT = 0.9
"""Share of each side that a crop leaves."""

Change = Callable[[Piece], Piece]


@dataclass(frozen=True)
class Trial:
    """What was said of frames that were changed in one way.

    Attributes:
        name: of the change; `as-it-is` for none.
        log10_lrs: by detector, in powers of ten; None where it had nothing to say.
        log10_lr: of all together with those that were not asked again; None where nobody had anything to say.
    """

    name: str
    log10_lrs: Mapping[str, float | None]
    log10_lr: float | None

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        return {"name": self.name, "log10_lr": self.log10_lr, "detectors": dict(self.log10_lrs)}


@dataclass(frozen=True)
class Panel:
    """All trials, the unchanged frames first.

    Attributes:
        trials: see `Trial`.
        n_frames: how many frames were judged in each.
    """

    trials: tuple[Trial, ...]
    n_frames: int

    def flips(self, log10_lr: float) -> tuple[str, ...]:
        """Names of the trials that contradict an answer about the whole clip, in powers of ten."""
        return tuple(trial.name for trial in self.trials if contradicts(log10_lr, trial.log10_lr))

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        return {"frames": self.n_frames, "trials": [trial.as_json() for trial in self.trials]}


def contradicts(one: float, other: float | None) -> bool:
    """Whether one of two answers is evidence for a fake and the other one speaks against it; powers of ten."""
    if other is None:
        return False
    return (one >= LEAST_LOG10_LR and other < 0) or (one < 0 and other >= LEAST_LOG10_LR)


def run_panel(
    pieces: Sequence[Piece],
    fps: Fraction | None,
    *,
    experts: Sequence[Expert],
    fixed: Mapping[str, float],
    besides: float,
    fusion: Fusion,
    advance: Callable[[], None] = lambda: None,
) -> Panel:
    """Judge some of a person's frames again, changed in several ways.

    Args:
        pieces: of the person.
        fps: of the clip; None for a still.
        experts: who can judge excerpts.
        fixed: what the others said, in powers of ten: it stays as it is.
        besides: what is added to what all of them come to, in powers of ten.
        fusion: how answers become one.
        advance: called after every trial.
    """
    some = fewer(pieces, RUNS)
    trials = []
    for name, change in CHANGES.items():
        clip, tracks = shown([change(piece) for piece in some], fps, name)
        material = material_measures(clip, tracks)
        found = {expert.name: ask(expert, clip, tracks, material).log10_lr for expert in experts}
        said = {which: value for which, value in found.items() if value is not None}
        whole = fusion.log10_lr({**fixed, **said}) if said else None
        trials.append(Trial(name, found, None if whole is None else whole + besides))
        advance()
    return Panel(tuple(trials), sum(map(len, some)))


def _by(degradation: Degradation) -> Change:
    return lambda piece: replace(piece, frames=degradation(piece.frames))


def _cropped(piece: Piece) -> Piece:
    """Cut at all sides alike and enlarged to the old size, as it is done by hand before posting."""
    side = piece.frames.shape[1]
    off = side * (1 - _LEFT) / 2
    box = (off, off, side - off, side - off)
    frames = [
        np.asarray(Image.fromarray(frame).resize((side, side), Image.Resampling.BICUBIC, box)) for frame in piece.frames
    ]
    landmarks = ((piece.landmarks - np.float32(off)) / np.float32(_LEFT)).astype(np.float32)
    return replace(piece, frames=np.stack(frames), landmarks=landmarks)


CHANGES: Mapping[str, Change] = MappingProxyType(
    {
        "as-it-is": lambda piece: piece,
        "jpeg50": _by(Jpeg(50)),
        "half": _by(Resized(0.5)),
        "crop": _cropped,
        "blur": _by(Blurred(1.5)),
    }
)
"""What is done to the frames, by name."""

WORDS: Mapping[str, str] = MappingProxyType(
    {
        "as-it-is": "as it is (fewer frames)",
        "jpeg50": "saved as JPEG of quality 50",
        "half": "made half as large, and large again",
        "crop": "a tenth of each side cut off, and enlarged",
        "blur": "blurred a little (1.5 pixels)",
    }
)
"""The same for people."""
