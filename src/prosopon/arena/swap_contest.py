"""Face swaps beside each other and beside what needs no learning, on the same clips and by the same measures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from prosopon.arena.landmark_warp import NAME as WARP
from prosopon.arena.landmark_warp import best_portrait, landmark_warp
from prosopon.arena.swap_figures import Figures, mean_figures
from prosopon.arena.swap_people import Footage, Known, halves, identity_figures, stored, target_people
from prosopon.arena.swap_quality import Judge, Swap, measure
from prosopon.arena.swap_truth import ON_TARGET, ExactPair, answer_on_target, measure_exact
from prosopon.core.clip import Clip, Frame
from prosopon.core.progress import SILENT, Progress
from prosopon.datasets.face_set import FaceStore
from prosopon.faces.aligned.face_types import FaceType
from prosopon.faces.crop import cut
from prosopon.faces.finder import FaceFinder
from prosopon.faces.head_box import head_box
from prosopon.faces.identity import Embedder, unit_mean
from prosopon.faces.inner_face import InnerFace
from prosopon.media.read import read

UNTOUCHED, SOURCE, ANSWER = "the target as it is", "the source itself", "the answer"
Kind = Literal["baseline", "swap", "ceiling"]

_SHOWN = 4
"""Frames of each clip that are shown."""
_SHOWN_PX = 192


@dataclass(frozen=True)
class Contestant:
    """A way of swapping.

    Attributes:
        name: what tables call it.
        open: makes it ready; asked once, when its turn comes.
        face_type: how much of a head it may change.
        facts: what else is known of it, for the record.
        kind: what it stands for.
    """

    name: str
    open: Callable[[], Swap]
    face_type: FaceType = "full"
    facts: Mapping[str, Any] = field(default_factory=dict)
    kind: Kind = "swap"


@dataclass(frozen=True)
class Standing:
    """What was measured of one contestant.

    Attributes:
        name, kind, facts: see `Contestant`.
        clips: figures by clip.
        exact: figures against the exact answer, by pair.
        shown: heads `uint8 (S, S, 3)` by clip or pair.
    """

    name: str
    kind: Kind
    facts: Mapping[str, Any] = field(default_factory=dict)
    clips: dict[str, Figures] = field(default_factory=dict)
    exact: dict[str, Figures] = field(default_factory=dict)
    shown: dict[str, list[Frame]] = field(default_factory=dict)

    @property
    def mean(self) -> dict[str, float]:
        """Over the clips."""
        return mean_figures(self.clips.values())

    @property
    def exact_mean(self) -> dict[str, float]:
        """Over the pairs."""
        return mean_figures(self.exact.values())

    def as_json(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "kind": self.kind,
            **self.facts,
            "mean": self.mean,
            "clips": {name: _values(figures) for name, figures in self.clips.items()},
            "exact_mean": self.exact_mean,
            "exact": {name: _values(figures) for name, figures in self.exact.items()},
        }


@dataclass(frozen=True)
class Ground:
    """What is swapped, and who judges.

    Attributes:
        clips: of the target.
        pairs: rendered people with their exact answers, and the target's film of each.
        judges: one for each clip.
        ceiling: figures of held-back pictures of the source itself.
        store: the source's faces.
        every: look at every n-th frame.
        side_px: of the crops that are compared with the exact answer.
    """

    clips: tuple[Footage, ...]
    pairs: tuple[tuple[ExactPair, Footage], ...]
    judges: tuple[Judge, ...]
    ceiling: Figures
    store: FaceStore
    every: int
    side_px: int


def ground_of(
    store: FaceStore,
    clips: Sequence[Footage],
    pairs: Sequence[tuple[ExactPair, Footage]],
    finder: FaceFinder,
    embedder: Embedder,
    *,
    every: int = 1,
    side_px: int = 128,
) -> Ground:
    """Find out who the two people are.

    Args:
        store: the source's faces.
        clips: of the target; may be none.
        pairs: rendered people, each with the target's film; may be none.
        finder: the one that has followed the people of both.
        embedder: of whole heads.
        every, side_px: see `Ground`.

    Raises:
        ProsoponError: the source has too few faces.
    """
    if not clips:
        return Ground((), tuple(pairs), (), {}, store, every, side_px)
    told, held = halves(store)
    tellers: tuple[Embedder, Embedder] = (InnerFace(embedder), embedder)
    known = [
        [Known(teller, unit_mean(stored(store, told, teller)), target) for target in target_people(clips, teller)]
        for teller in tellers
    ]
    judges = tuple(Judge(finder, face, head) for face, head in zip(*known, strict=True))
    by_face, by_head = (stored(store, held, teller) for teller in tellers)
    ceiling = identity_figures(by_face, by_head, judges[0].face, judges[0].head)
    return Ground(tuple(clips), tuple(pairs), judges, ceiling, store, every, side_px)


def contest(ground: Ground, contestants: Sequence[Contestant], *, progress: Progress = SILENT) -> list[Standing]:
    """Measure every contestant, the untouched target and the landmark warp before them, ceilings after them.

    Args:
        ground: what is swapped.
        contestants: ways of swapping.
        progress: hears of every frame.
    """
    portrait = best_portrait(ground.store)
    baselines = (
        Contestant(UNTOUCHED, lambda: lambda clip, _tracks: clip, kind="baseline"),
        Contestant(WARP, lambda: lambda clip, tracks: landmark_warp(clip, tracks.tracks[0], portrait), kind="baseline"),
    )
    standings = [_measured(ground, one, progress) for one in (*baselines, *contestants)]
    if ground.ceiling:
        standings.append(Standing(SOURCE, "ceiling", clips={SOURCE: ground.ceiling}))
    if ground.pairs:
        standings += _answers(ground, progress)
    return standings


def _measured(ground: Ground, contestant: Contestant, progress: Progress) -> Standing:
    swap = contestant.open()
    standing = Standing(contestant.name, contestant.kind, contestant.facts)
    for footage, judge in zip(ground.clips, ground.judges, strict=True):
        shown = shown_frames(footage, ground.every)
        found = measure(
            footage, swap(footage.clip, footage.tracks), judge, face_type=contestant.face_type, every=ground.every,
            keep=shown, progress=progress,
        )  # fmt: skip
        standing.clips[footage.name] = found.figures
        standing.shown[footage.name] = _heads(footage, [found.kept[index] for index in shown])
    for pair, footage in ground.pairs:
        made = swap(footage.clip, footage.tracks)
        standing.exact[pair.name] = _exact(ground, pair, made, progress)
        standing.shown[pair.name] = _heads(footage, _at(made, shown_frames(footage, ground.every)))
    return standing


def _answers(ground: Ground, progress: Progress) -> list[Standing]:
    """The exact answer, to be looked at, and what it is worth on the target's head."""
    on_target, answer = Standing(ON_TARGET, "ceiling"), Standing(ANSWER, "ceiling")
    for pair, footage in ground.pairs:
        made, shown = answer_on_target(pair), shown_frames(footage, ground.every)
        on_target.exact[pair.name] = _exact(ground, pair, made, progress)
        on_target.shown[pair.name] = _heads(footage, _at(made, shown))
        box = head_box([*pair.source.landmarks])
        answer.shown[pair.name] = [cut(one, box, _SHOWN_PX) for one in _at(read(pair.source.clip), shown)]
    return [on_target, answer]


def _exact(ground: Ground, pair: ExactPair, made: Clip, progress: Progress) -> Figures:
    return measure_exact(pair, made, side_px=ground.side_px, every=ground.every, progress=progress)


def shown_frames(footage: Footage, every: int) -> list[int]:
    """A few frames that show the face, evenly over the clip, of those that are looked at."""
    seen = [index for index, face in sorted(footage.person.faces.items()) if face.landmarks is not None]
    looked = [index for index in seen if index % every == 0] or seen
    places = (np.arange(_SHOWN) + 0.5) / _SHOWN * len(looked)
    return sorted({looked[int(place)] for place in places})


def _at(clip: Clip, indices: Sequence[int]) -> list[Frame]:
    return [frame for index, frame in enumerate(clip.frames()) if index in indices]


def _heads(footage: Footage, frames: Sequence[Frame]) -> list[Frame]:
    box = head_box([face.landmarks for face in footage.person.faces.values() if face.landmarks is not None])
    return [cut(frame, box, _SHOWN_PX) for frame in frames]


def _values(figures: Figures) -> dict[str, float]:
    return {name: figure.value for name, figure in figures.items()}
