"""Detectors and a face finder that need no weights: what they say is written down beforehand, or seen in colours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from prosopon.core.calibration import Calibration
from prosopon.core.cards import Card, Family
from prosopon.core.clip import Clip, Frame
from prosopon.core.faces import Box, Face, Tracks
from prosopon.core.protocols import Needs
from prosopon.core.score import HeatMap, Score, Series
from prosopon.detect.judging.roster import Expert, Roster

PATTERN = np.stack(
    [np.array([np.cos(a), np.sin(a) * 1.1]) for a in np.linspace(0, 2 * np.pi, 68, endpoint=False)]
).astype(np.float32)
"""68 points on an oval, 2 wide."""


def calibration(most: float = 2.0, **ranges: tuple[float, float]) -> Calibration:
    """One that takes a value's odds as its ratio."""
    return Calibration(1.0, 0.0, most, "drawn clips", 10, 10, 9, 0.2, 0.1, ranges)


class StandIn:
    """A detector whose value is a function of what it is shown; remembers that."""

    def __init__(
        self,
        value: float | Callable[[Clip, Tracks], float | Score | None] | None = 0.5,
        needs: Needs = Needs.FRAMES,
        *,
        judges: bool = True,
        worth: Calibration | None = None,
        weights: dict[str, str] | None = None,
    ) -> None:
        self.value = value
        self.needs = frozenset({needs}) if isinstance(needs, Needs) else frozenset(needs)
        self.judges = judges
        self.worth = calibration() if worth is None else worth
        self.weights_sha256 = weights or {}
        self.asked: list[tuple[Clip, Tracks]] = []

    def score(self, clip: Clip, tracks: Tracks) -> Score:
        self.asked.append((clip, tracks))
        value = self.value(clip, tracks) if callable(self.value) else self.value
        if isinstance(value, Score):
            return value
        if value is None or not len(clip):
            return Score(value, calibration=self.worth)
        per_frame = np.full(len(clip), value, np.float32)
        box = tracks.tracks[0].faces[0].box if tracks.tracks and 0 in tracks.tracks[0].faces else Box(0, 0, 9, 9)
        heat = HeatMap(0, box, np.linspace(-1, 1, 64, dtype=np.float32).reshape(8, 8), "exact")
        series = Series("value by frame", "", np.asarray(clip.times), per_frame)
        return Score(
            value, per_frame, (heat,), (series,), {"frames": float(len(clip))}, ("it was told to",), self.worth
        )


def card(name: str, summary: str = "A stand-in.") -> Card:
    return Card(
        name, Family.DETECT, "stand in", summary, "", 2026, {"code": "Apache-2.0"}, ("target",), "nowhere:Nothing",
        "nothing", ("is blind to <everything>",), Path(),
    )  # fmt: skip


def expert(name: str, detector: StandIn) -> Expert:
    return Expert(name, card(name), detector, detector.weights_sha256)


def roster(**detectors: StandIn) -> Roster:
    return Roster(tuple(expert(name, one) for name, one in sorted(detectors.items())))


class RedDots:
    """Finds one face for each colour of `DOTS` that a frame has, where its pixels are."""

    name = "red dots"
    DOTS = ((250, 20, 20), (20, 20, 250))

    def __init__(self) -> None:
        self.n_asked = 0

    def find(self, frame: Frame) -> list[Face]:
        self.n_asked += 1
        faces = []
        for colour in self.DOTS:
            there = (np.abs(frame.astype(int) - colour) < 40).all(-1)
            if there.sum() > 30:
                rows, columns = np.nonzero(there)
                box = Box(float(columns.min()), float(rows.min()), columns.max() + 1.0, rows.max() + 1.0)
                middle = np.array(box.centre, np.float32)
                half = np.array((box.width, box.height), np.float32) / 2 / np.array((1, 1.1), np.float32)
                faces.append(Face(box, (middle + PATTERN * half).astype(np.float32)))
        return sorted(faces, key=lambda face: -face.box.width * face.box.height)


def dot(frame: Frame, x: int, y: int, size: int, colour: tuple[int, int, int] = RedDots.DOTS[0]) -> Frame:
    """Draws a face that `RedDots` finds: a disc."""
    rows, columns = np.ogrid[: frame.shape[0], : frame.shape[1]]
    frame[(rows - y) ** 2 + (columns - x) ** 2 <= (size / 2) ** 2] = colour
    return frame


def dotted(n: int = 40, size: int = 90, *, second: int = 0, width: int = 320, height: int = 240, fps: int = 25) -> Clip:
    """A video in which a face wanders; `second`: the size of another one beside it."""
    rng = np.random.default_rng(7)
    back = rng.integers(90, 160, (height, width, 3), np.uint8)
    frames = []
    for index in range(n):
        frame = dot(back.copy(), 100 + index % 30, 110, size)
        frames.append(dot(frame, 250, 120, second, RedDots.DOTS[1]) if second else frame)
    return Clip.of_frames(frames, fps, name="dotted.mp4")
