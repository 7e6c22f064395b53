"""`Fakers`: our own generators, opened once, each of which makes a fake of an original's own frames."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

from prosopon.arena.landmark_warp import Portrait, landmark_warp
from prosopon.arena.making.plan import Fake
from prosopon.arena.making.subject import Subject
from prosopon.core.clip import Clip
from prosopon.create.fomm.options import WEIGHTS as FOMM
from prosopon.create.fomm.options import AnimateOptions
from prosopon.create.fomm.technique import FirstOrderMotion
from prosopon.create.partswap.options import ALIGNMENT
from prosopon.create.partswap.options import WEIGHTS as PARTSWAP
from prosopon.create.partswap.options import SwapOptions as PartSwapOptions
from prosopon.create.partswap.technique import PartSwap
from prosopon.create.stargan.options import WEIGHTS as STARGAN
from prosopon.create.stargan.options import EditOptions
from prosopon.create.stargan.technique import Stargan
from prosopon.create.swap.technique import FaceSwap
from prosopon.faces.parsing.parser import FaceParser, open_parser

WEIGHTS = {"animate": FOMM, "partswap": PARTSWAP, "edit": STARGAN}
"""What the generators that are trained, but not for single people, are opened with."""
_SIDE_PX = 384
"""Largest side of the head's picture that is made: a little more than is kept of it."""
EDITS = ("blond hair", "black hair", "brown hair", "glasses", "beard", "old", "smile")


@dataclass(frozen=True)
class Made:
    """A fake, not yet looked at.

    Attributes:
        frames: `uint8 (T, H, W, 3)`, of the original's size.
        times: `float64 (T,)` seconds.
        fps: None for a still.
        sources: index of the original's frame that each one was made of, `(T,)`.
    """

    frames: NDArray[np.uint8]
    times: NDArray[np.float64]
    fps: Fraction | None
    sources: tuple[int, ...]


class Fakers:
    """The generators, on the CPU, each opened when it is first needed.

    Args:
        precision: of their nets.
    """

    def __init__(self, precision: torch.dtype = torch.float32) -> None:
        self.precision = precision

    def make(self, fake: Fake, target: Subject, other: Subject | None, attempt: int = 0) -> Made:
        """A fake of an original's frames.

        Args:
            fake: what is asked for.
            target: the original.
            other: who gives the face, or the motion; None where the fake needs nobody.
            attempt: how often it was tried before; where chance is involved the result is another one then.

        Raises:
            ProsoponError: the generator cannot use these pictures.
        """
        # One number for the whole clip: every run of it gets the same face and the same edit.
        drawn = float(np.random.default_rng([*fake.seed, attempt]).random())
        if fake.generator == "animate":
            return self._animated(target, _needed(other), drawn)
        parts = [self._of_run(fake, target, run, other, drawn) for run in target.runs]
        return Made(np.concatenate(parts), target.times, target.fps, tuple(range(len(target))))

    def _of_run(
        self, fake: Fake, target: Subject, run: slice, other: Subject | None, drawn: float
    ) -> NDArray[np.uint8]:
        """A run for itself: what is smoothed over time must not reach across a gap."""
        clip, tracks = target.clip(run), target.tracks(run)
        match fake.generator:
            case "partswap":
                giver = _needed(other)
                index = int(drawn * len(giver))
                made = self._partswap.create(
                    {"source": giver.face(index), "target": tracks}, source=giver.one(index), target=clip,
                    options=PartSwapOptions("face", size=_side(target)), precision=self.precision, parser=self._parser,
                )  # fmt: skip
            case "landmark-swap":
                giver = _needed(other)
                index = int(drawn * len(giver))
                portrait = Portrait(giver.frames[index], giver.landmarks[index].astype(np.float64))
                made = landmark_warp(clip, tracks.tracks[0], portrait)
            case "edit":
                options = EditOptions(EDITS[int(drawn * len(EDITS))])
                made = self._stargan.create({"target": tracks}, target=clip, options=options, precision=self.precision)
            case "swap":
                made = _swapper(str(fake.weights)).create({"target": tracks}, target=clip, precision=self.precision)
            case _:
                raise ValueError(f"{fake.generator} makes no fakes")
        return _frames(made)

    def _animated(self, target: Subject, driver: Subject, drawn: float) -> Made:
        index = int(drawn * len(target))
        made = self._fomm.create(
            {"source": target.face(index), "driving": driver.tracks()}, source=target.one(index), driving=driver.clip(),
            options=AnimateOptions(size=_side(target)), precision=self.precision,
        )  # fmt: skip
        return Made(_frames(made), driver.times, driver.fps, (index,) * len(driver))

    @cached_property
    def _fomm(self) -> FirstOrderMotion:
        return FirstOrderMotion.from_weights(FOMM)

    @cached_property
    def _partswap(self) -> PartSwap:
        return PartSwap.from_weights(PARTSWAP, alignment=ALIGNMENT)

    @cached_property
    def _stargan(self) -> Stargan:
        return Stargan.from_weights(STARGAN)

    @cached_property
    def _parser(self) -> FaceParser:
        return open_parser("auto")


@lru_cache(maxsize=2)
def _swapper(weights: str) -> FaceSwap:
    return FaceSwap.from_weights(weights)


def _needed(other: Subject | None) -> Subject:
    if other is None:
        raise ValueError("this generator needs somebody else")  # a fault of the plan, not of the user
    return other


def _side(target: Subject) -> int:
    """Side of the head's picture in pixels, as large as in the frames, up to what is of use."""
    span = np.ptp(target.landmarks, axis=1).max(1)
    return int(np.clip(2.05 * float(np.median(span)), 64, _SIDE_PX)) // 4 * 4


def _frames(clip: Clip) -> NDArray[np.uint8]:
    """All frames, computed now, `uint8 (T, H, W, 3)`."""
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # colours beyond sRGB, hundreds of times
        return np.stack(list(clip.frames()))
