"""`ArenaPairs`: an original and one of its fakes, treated alike, for nets that learn to tell them apart.

Both get the same frame, cut, flip, colours and degradation, so that nothing but the forgery differs between them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from prosopon.core.errors import UsageError
from prosopon.core.faces import Face
from prosopon.datasets.arena.arena import ORIGINAL, Arena, ArenaClip
from prosopon.datasets.degradations import Degradation, draw
from prosopon.detect.learning.view import View

Frames = NDArray[np.uint8]
Made = tuple[Frames, Frames, NDArray[np.float32]] | tuple[Frames, Frames, NDArray[np.float32], NDArray[np.float32]]
"""Real and fake frames `uint8 (T, H, W, 3)` of any one size, the landmarks `(T, 68, 2)` of both in them, and, where it
is known, how much of each pixel was forged, `float32 (T, H, W)` in [0, 1]."""
MakePair = Callable[[Frames, NDArray[np.float32], np.random.Generator], Made]
"""Consecutive frames `uint8 (T, H, W, 3)` of an original, their landmarks and chance -> a pair; picklable. What blends
a face with itself, for instance: there the real one is changed as well."""
Draw = Callable[[np.random.Generator], Degradation]

SHARES: Mapping[str, float] = MappingProxyType({"footage": 0.4, "portrait": 0.4, "rendered": 0.2})
"""How often pairs of each material come, where there are such. Rendered people are easily the most, and the least like
what a detector will be asked about."""

_MARGIN = 0.15
"""Of what a view shows, kept around it: wobbling cuts and the filters of codecs reach farther."""


@dataclass(frozen=True)
class Wobble:
    """How far cuts and colours vary by chance, alike for both of a pair.

    Attributes:
        shift: of the square, as a share of the face's size.
        scale: of the square, up or down.
        turn_deg: either way.
        light: of brightness and contrast, as a share.
    """

    shift: float = 0.03
    scale: float = 0.06
    turn_deg: float = 4.0
    light: float = 0.15


@dataclass(frozen=True)
class ArenaPairs:
    """A dataset of pairs. Each generator comes equally often, however many fakes it made.

    Items: `real` and `fake`, `uint8 (S, S, 3)` each, and `mask`, `uint8 (S, S)`, where what makes the pairs knows it;
    with `run` frames `(run, S, S, 3)` and `(run, S, S)`.

    Attributes:
        arena: where they come from.
        view: how faces are cut.
        held_out_generators: are left out.
        extra: more generators by name, which make their pairs of originals as they are asked for.
        split: whose people.
        degrade: draws what is done to both; None: nothing.
        wobble: how far cuts and colours vary; None: not at all.
        flip: whether half of the pairs are mirrored.
        run: how many consecutive frames; 1: single frames. A run is cut by one square that stands still, so that what
            moves is the face, and originals without so many frames are left out.
        only_extra: whether the arena's own fakes are left out.
        shares: how often pairs of each material come.

    Raises:
        UsageError: nothing is left to learn from.
    """

    arena: Arena
    view: View
    held_out_generators: tuple[str, ...] = ()
    extra: Mapping[str, MakePair] = field(default_factory=dict)
    split: str = "train"
    degrade: Draw | None = draw
    wobble: Wobble | None = Wobble()
    flip: bool = True
    run: int = 1
    only_extra: bool = False
    shares: Mapping[str, float] = field(default_factory=lambda: dict(SHARES))

    def __post_init__(self) -> None:
        if not self._originals or not self._names:
            raise UsageError(
                f"there are no pairs to learn from in {self.arena.folder}", "hold out less, or make a larger arena"
            )

    @cached_property
    def _fakes(self) -> dict[str, tuple[ArenaClip, ...]]:
        if self.only_extra:
            return {}
        found = {
            name: self._long(self.arena.where(split=self.split, generators=(name,)))
            for name in self.arena.generators
            if name not in self.held_out_generators
        }
        return {name: clips for name, clips in found.items() if clips}

    @cached_property
    def _originals(self) -> tuple[ArenaClip, ...]:
        return self._long(self.arena.where(split=self.split, generators=(ORIGINAL,)))

    def _long(self, clips: tuple[ArenaClip, ...]) -> tuple[ArenaClip, ...]:
        return tuple(clip for clip in clips if len(self.arena.original_of(clip)) >= self.run)

    @property
    def _names(self) -> tuple[str, ...]:
        return (*self._fakes, *self.extra)

    def __len__(self) -> int:
        """One pass: as many pairs as there are fakes, `extra` counting one for each original."""
        return sum(map(len, self._fakes.values())) + len(self.extra) * len(self._originals)

    def item(self, index: int, rng: np.random.Generator) -> dict[str, Frames]:
        """A pair; which one of its generator is left to chance."""
        name = self._names[index % len(self._names)]
        clips = self._fakes.get(name) or self._originals
        clip = drawn(clips, self.shares, rng)
        masks: list[NDArray[np.float32]] = []
        if name in self.extra:
            real, fake, points, *masks = self._made(clip, name, rng)
            fake_points = points
        else:
            real, fake, points, fake_points = self._frames(clip, rng)
        if self.degrade is not None:
            degradation = self.degrade(rng)
            real, fake = degradation(real), degradation(fake)
        wobble = _Drawn.of(self.wobble, rng)
        mirrored = self.flip and bool(rng.random() < 0.5)
        if masks:  # one cut for all that lies in the same places
            levels = np.rint(255 * masks[0][..., None]).astype(np.uint8)
            both = self._cut(np.concatenate((real, fake, levels), -1), points, wobble, mirrored=mirrored)
            pair = {"real": wobble.lit(both[..., :3]), "fake": wobble.lit(both[..., 3:6]), "mask": both[..., 6]}
        else:
            pair = {
                "real": wobble.lit(self._cut(real, points, wobble, mirrored=mirrored)),
                "fake": wobble.lit(self._cut(fake, fake_points, wobble, mirrored=mirrored)),
            }
        return pair if self.run > 1 else {key: frames[0] for key, frames in pair.items()}

    def _made(self, clip: ArenaClip, name: str, rng: np.random.Generator) -> Made:
        place = _run_of(self.arena, clip, self.run, rng)
        frames, points = self.arena.frames(clip)[place], self.arena.landmarks(clip)[place]
        return self.extra[name](np.asarray(frames), np.asarray(points), rng)

    def _frames(
        self, clip: ArenaClip, rng: np.random.Generator
    ) -> tuple[Frames, Frames, NDArray[np.float32], NDArray[np.float32]]:
        """Some consecutive frames of an original and its fake, and landmarks of each."""
        original = self.arena.original_of(clip)
        place = _run_of(self.arena, clip, self.run, rng)
        there = place if len(original) == len(clip) else np.zeros_like(place)  # of a still, its one frame
        real = np.asarray(self.arena.frames(original)[there])
        points = np.asarray(self.arena.landmarks(original)[there])
        fake, fake_points = np.asarray(self.arena.frames(clip)[place]), np.asarray(self.arena.landmarks(clip)[place])
        # What no cut can reach need not go through codecs.
        left, top, right, bottom = self._within(np.concatenate((points, fake_points)), real.shape[1])
        corner = np.array((left, top), np.float32)
        rows, columns = slice(top, bottom), slice(left, right)
        return real[:, rows, columns], fake[:, rows, columns], points - corner, fake_points - corner

    def _within(self, points: NDArray[np.float32], side_px: int) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of what cuts of faces `(N, 68, 2)` can reach within a square of `side_px`."""
        boxes = np.array([self.view.box(Face.around(face)) for face in points])
        low, high = boxes[:, :2].min(0), boxes[:, 2:].max(0)
        more = _MARGIN * float((high - low).max())
        left, top = np.clip(np.floor(low - more), 0, side_px).astype(int).tolist()
        right, bottom = np.clip(np.ceil(high + more), 0, side_px).astype(int).tolist()
        return left, top, right, bottom

    def _cut(self, frames: Frames, points: NDArray[np.float32], wobble: _Drawn, *, mirrored: bool) -> Frames:
        if self.run > 1:
            points = np.repeat(points.mean(0, keepdims=True), len(points), 0)
        cut = np.stack(
            [self.view.cut(frame, Face.around(wobble.moved(face))) for frame, face in zip(frames, points, strict=True)]
        )
        return np.ascontiguousarray(cut[:, :, ::-1]) if mirrored else cut


def drawn(clips: Sequence[ArenaClip], shares: Mapping[str, float], rng: np.random.Generator) -> ArenaClip:
    """One of some clips: first of what material it is, then whom it shows, then which of that person's clips it is.

    Who has many clips comes no more often than others.
    """
    materials = sorted({clip.material for clip in clips})
    weights = np.array([shares.get(material, 0.0) for material in materials])
    weights = weights if weights.any() else np.ones(len(materials))
    material = materials[rng.choice(len(materials), p=weights / weights.sum())]
    people: dict[str, list[ArenaClip]] = {}
    for clip in clips:
        if clip.material == material:
            people.setdefault(clip.people[0], []).append(clip)
    of_one = people[sorted(people)[int(rng.integers(len(people)))]]
    return of_one[int(rng.integers(len(of_one)))]


def _run_of(arena: Arena, clip: ArenaClip, length: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Indices of up to `length` consecutive frames: within one run, where there is one that is long enough.

    A clip that is shorter is repeated at its last frame, so that items are of one size.
    """
    times = np.asarray(arena.times(clip))
    steps = np.diff(times)
    breaks = np.flatnonzero(steps > 1.5 * float(np.median(steps))) + 1 if len(steps) else np.zeros(0, np.int64)
    edges = [0, *breaks.tolist(), len(times)]
    runs = [(start, stop) for start, stop in pairwise(edges) if stop - start >= length]
    start, stop = runs[int(rng.integers(len(runs)))] if runs else (0, len(times))
    first = start + int(rng.integers(max(1, stop - start - length + 1)))
    return np.minimum(np.arange(first, first + length), stop - 1)


@dataclass(frozen=True)
class _Drawn:
    """What was drawn for one pair."""

    shift: tuple[float, float] = (0.0, 0.0)
    scale: float = 1.0
    turn: float = 0.0
    contrast: float = 1.0
    brightness: float = 0.0

    @classmethod
    def of(cls, wobble: Wobble | None, rng: np.random.Generator) -> _Drawn:
        if wobble is None:
            return cls()
        x, y = rng.uniform(-wobble.shift, wobble.shift, 2).tolist()
        return cls(
            (x, y),
            float(np.exp(rng.uniform(-wobble.scale, wobble.scale))),
            float(np.deg2rad(rng.uniform(-wobble.turn_deg, wobble.turn_deg))),
            float(1 + rng.uniform(-wobble.light, wobble.light)),
            float(255 * rng.uniform(-wobble.light, wobble.light)),
        )

    def moved(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Landmarks as a view has to take them to cut elsewhere."""
        middle = points.mean(0)
        size = float((points.max(0) - points.min(0)).max())
        turn = np.array(((np.cos(self.turn), np.sin(self.turn)), (-np.sin(self.turn), np.cos(self.turn))))
        moved = (points - middle) @ turn * self.scale + middle + size * np.array(self.shift)
        return np.asarray(moved, np.float32)

    def lit(self, frames: Frames) -> Frames:
        if self.contrast == 1.0 and self.brightness == 0.0:
            return frames
        table = np.clip((np.arange(256) - 128) * self.contrast + 128 + self.brightness, 0, 255).round()
        return np.asarray(table.astype(np.uint8)[frames])
