"""Pairs of prepared faces to learn animation from: one person twice, moved apart, with the landmarks moved along.

Real footage moves little, so both frames are moved at random and apart from each other: without that gap nothing
teaches large motion. Stills are a person twice as well, bent by a smooth map instead of by life.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance

from prosopon.core.clip import Frame
from prosopon.datasets.lids import close_lids
from prosopon.datasets.prepared import Store
from prosopon.faces.openings import eye_opening, mouth_opening
from prosopon.faces.sixty_eight import MIRROR
from prosopon.train.store import Shot


@dataclass(frozen=True)
class PairConfig:
    """How pairs are drawn and moved."""

    size_px: int = 128
    crop: float = 0.78
    """Side of the training crop as a share of the stored one."""
    zoom: tuple[float, float] = (0.85, 1.3)
    """Drawn once a pair: larger shows more of the surroundings."""
    zoom_apart: float = 0.08
    """How far the two frames' zooms differ, as a share."""
    shift: float = 0.06
    """How far each frame is shifted, as a share of the crop."""
    rotation_deg: float = 14.0
    """How far each frame is turned."""
    still_share: float = 0.25
    """Share of the pairs that are one picture bent."""
    rendered_share: float = 0.35
    """Share of the pairs that are rendered people."""
    blink_share: float = 0.3
    """Share of the pairs that are an open-eyed frame and one with closed eyes: in footage one frame in thirty is. Of
    people who are never seen to blink, stills above all, a frame gets its lids lowered (`lids`)."""
    wide_mouth_share: float = 0.25
    """Share of the pairs one frame of which has a mouth as wide as few of its clip."""
    untouched_share: float = 0.25
    """Share of the footage pairs that are not moved apart: the camera stands still, only the person moves."""


@dataclass(frozen=True)
class _Telling:
    """Frames of a clip, as rows of its store, in which a face shows what it seldom does."""

    wide: NDArray[np.int64]
    """The tenth with the widest mouth."""
    closed: NDArray[np.int64]
    """Eyes less than half as open as they mostly are."""
    open: NDArray[np.int64]
    """Eyes open as they mostly are."""

    @classmethod
    def of(cls, store: Store, shot: Shot) -> _Telling:
        """Found by the landmarks of the shot."""
        landmarks = np.asarray(store.landmarks[shot.start : shot.stop])
        mouth, eyes = mouth_opening(landmarks), eye_opening(landmarks)
        few = max(1, len(landmarks) // 10)
        usual = np.nanmedian(eyes) if np.isfinite(eyes).any() else np.nan
        rows = (
            np.argsort(np.nan_to_num(-mouth, nan=9))[:few],
            *map(np.flatnonzero, (eyes < usual / 2, eyes > 0.85 * usual)),
        )
        wide, closed, opened = (np.asarray(chosen, np.int64) + shot.start for chosen in rows)
        return cls(wide, closed, opened)


@dataclass(frozen=True)
class _Drawn:
    """Two frames that were chosen: rows of a store, and how far the lids of each are to be lowered."""

    store: int
    frames: tuple[int, int]
    lowered: tuple[float, float]


class FacePairs:
    """Training pairs out of one or more stores."""

    def __init__(self, stores: Sequence[Store], config: PairConfig, *, epoch_items: int = 10_000) -> None:
        self.stores = tuple(stores)
        self.config = config
        self.epoch_items = epoch_items
        # People by kind; a person's clips may be joined, so that a pair may cross from one take to another.
        self._people: dict[str, list[list[tuple[int, Shot]]]] = {}
        for kind in ("footage", "still", "rendered"):
            people: dict[str, list[tuple[int, Shot]]] = {}
            for number, store in enumerate(self.stores):
                for shot in store.shots:
                    if shot.kind == kind:
                        people.setdefault(f"{number}/{shot.person}", []).append((number, shot))
            if people:
                self._people[kind] = [people[name] for name in sorted(people)]
        self._telling = [{shot.start: _Telling.of(store, shot) for shot in store.shots} for store in self.stores]

    def __len__(self) -> int:
        """Items in an epoch: a number, for pairs are drawn and not listed."""
        return self.epoch_items

    def _kind(self, rng: np.random.Generator) -> str:
        wanted = {"still": self.config.still_share, "rendered": self.config.rendered_share}
        share = {kind: wanted.get(kind, 1 - sum(wanted.values())) for kind in self._people}
        total = sum(share.values())
        return str(rng.choice(list(share), p=[value / total for value in share.values()]))

    def _two_frames(self, takes: Sequence[tuple[int, Shot]], rng: np.random.Generator) -> _Drawn:
        """Two frames out of one take of a person, in either order."""
        fate = rng.random()
        blink = fate < self.config.blink_share
        blinking = [(number, take) for number, take in takes if len(self._telling[number][take.start].closed)]
        among = blinking if blink and blinking else takes
        number, take = among[int(rng.integers(len(among)))]
        telling = self._telling[number][take.start]
        lowered = 0.0
        if blink and blinking:
            first, second = int(rng.choice(telling.open)), int(rng.choice(telling.closed))
        else:
            first, second = (int(frame) for frame in rng.integers(take.start, take.stop, 2))
            if blink:
                # Half of them closed altogether: a blink passes through every state, but rests in that one.
                lowered = 1.0 if rng.random() < 0.5 else float(rng.uniform(0.3, 1))
            elif fate - self.config.blink_share < self.config.wide_mouth_share:
                second = int(rng.choice(telling.wide))
        if rng.random() < 0.5:
            return _Drawn(number, (second, first), (lowered, 0.0))
        return _Drawn(number, (first, second), (0.0, lowered))

    def item(self, index: int, rng: np.random.Generator) -> Mapping[str, NDArray[Any]]:
        """A pair of pictures `uint8 (size, size, 3)`, and what is known of it.

        For `source` and `driving`: `landmarks_*` `float32 (68, 2)` in [-1, 1], `known_*` whether they are. `camera`
        `float32 (2, 3)`: where what stands still is seen in the source, by its place in the driving, both in [-1, 1].
        """
        config = self.config
        kind = self._kind(rng)
        people = self._people[kind]
        drawn = self._two_frames(people[int(rng.integers(len(people)))], rng)
        store = self.stores[drawn.store]
        together = float(rng.uniform(*config.zoom))
        still_camera = kind != "still" and rng.random() < config.untouched_share
        moves = [self._move(rng, together)]
        moves.append(moves[0] if still_camera else self._move(rng, together))
        mirror, colour = rng.random() < 0.5, _Colour.random(rng)
        item: dict[str, NDArray[Any]] = {}
        for number, role in enumerate(("source", "driving")):
            bend = _Bend.random(rng) if kind == "still" else None
            frame, landmarks = store.frames[drawn.frames[number]], store.landmarks[drawn.frames[number]]
            if drawn.lowered[number] and np.isfinite(landmarks).all():
                frame, landmarks = close_lids(frame, landmarks, drawn.lowered[number])
            picture, points = self._view(frame, landmarks, moves[number], bend, mirror=mirror)
            known = bool(np.isfinite(points).all())
            item[role] = colour.apply(picture)
            item[f"landmarks_{role}"] = np.where(known, points, 0).astype(np.float32)
            item[f"known_{role}"] = np.array(known, np.float32)
        item["camera"] = self._camera(*moves, mirror=mirror)
        return item

    def _camera(
        self, source: NDArray[np.float64], driving: NDArray[np.float64], *, mirror: bool
    ) -> NDArray[np.float32]:
        """Driving -> source of what stands still, on the lattice of the nets."""
        into, out = (_mirrored(move) if mirror else move for move in (driving, source))
        back = np.linalg.inv(out[:, :2])
        lattice = self.config.size_px / (self.config.size_px - 1)
        shift = lattice * (back @ (into[:, 2] - out[:, 2]))
        return np.column_stack((back @ into[:, :2], shift)).astype(np.float32)

    def _move(self, rng: np.random.Generator, together: float) -> NDArray[np.float64]:
        """A random similarity: output in [-1, 1] -> stored crop in [-1, 1], as `(2, 3)`."""
        config = self.config
        zoom = config.crop * together * (1 + rng.uniform(-config.zoom_apart, config.zoom_apart))
        angle = np.deg2rad(rng.normal(0, config.rotation_deg / 2))
        turn = zoom * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        shift = rng.normal(0, config.shift, 2)
        return np.concatenate((turn, shift[:, None]), axis=1)

    def _view(
        self,
        frame: NDArray[np.uint8],
        landmarks: NDArray[np.floating],
        move: NDArray[np.float64],
        bend: _Bend | None,
        *,
        mirror: bool,
    ) -> tuple[Frame, NDArray[np.float64]]:
        """A stored frame seen through a move: the picture, and its landmarks in [-1, 1]."""
        side, size = frame.shape[0], self.config.size_px
        picture = Image.fromarray(np.ascontiguousarray(frame))
        points = np.asarray(landmarks, dtype=np.float64) * (2 / side) - 1
        if bend is not None:
            picture, points = bend.apply(picture, points)
        if mirror:
            move = _mirrored(move)
        # Pillow wants output pixel centres -> input pixels; ours is in [-1, 1] with pixel edges at +-1.
        scale, half = side / size, side / 2
        linear = move[:, :2] * scale
        offset = half * (move[:, 2] + 1) - linear @ (size / 2, size / 2)
        data = (*linear[0], offset[0], *linear[1], offset[1])
        pad = side // 2
        padded = Image.fromarray(np.pad(np.asarray(picture), ((pad, pad), (pad, pad), (0, 0)), mode="edge"))
        data = (data[0], data[1], data[2] + pad, data[3], data[4], data[5] + pad)
        view = padded.transform((size, size), Image.Transform.AFFINE, data, Image.Resampling.BICUBIC)
        moved = (points - move[:, 2]) @ np.linalg.inv(move[:, :2]).T
        if mirror:
            moved = moved[MIRROR]
        # To the lattice of the nets, whose +-1 are pixel centres.
        return np.asarray(view), moved * (size / (size - 1))


def _mirrored(move: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same move of a picture that is mirrored first."""
    mirrored: NDArray[np.float64] = move * np.array((-1.0, 1.0, 1.0))
    return mirrored


@dataclass(frozen=True)
class _Bend:
    """A smooth displacement of a picture: a sum of a few Gaussian bumps, small enough to be its own inverse nearly."""

    centres: NDArray[np.float64]
    pushes: NDArray[np.float64]
    spread: float

    @classmethod
    def random(cls, rng: np.random.Generator) -> _Bend:
        return cls(rng.uniform(-0.6, 0.6, (5, 2)), rng.normal(0, 0.035, (5, 2)), float(rng.uniform(0.2, 0.45)))

    def _displacement(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        squared = ((points[..., None, :] - self.centres) ** 2).sum(-1)
        moved: NDArray[np.float64] = np.exp(-squared / (2 * self.spread**2)) @ self.pushes
        return moved

    def apply(self, picture: Image.Image, points: NDArray[np.float64]) -> tuple[Image.Image, NDArray[np.float64]]:
        """Picture of side S and points in [-1, 1], both bent."""
        side, cells = picture.width, 8
        edges = np.linspace(0, side, cells + 1)
        mesh = []
        for top, bottom in itertools.pairwise(edges):
            for left, right in itertools.pairwise(edges):
                corners = np.array([(left, top), (left, bottom), (right, bottom), (right, top)])
                read = corners + self._displacement(corners * 2 / side - 1) * side / 2
                mesh.append(((int(left), int(top), int(right), int(bottom)), tuple(read.ravel().tolist())))
        bent = picture.transform(picture.size, Image.Transform.MESH, mesh, Image.Resampling.BICUBIC)
        # A point is seen where the map reads it: solved by two rounds of fixed-point iteration.
        moved = points - self._displacement(points)
        return bent, points - self._displacement(moved)


@dataclass(frozen=True)
class _Colour:
    """The same change of colour for both frames of a pair."""

    factors: tuple[float, float, float]
    tint: tuple[float, float, float]
    grey: bool

    @classmethod
    def random(cls, rng: np.random.Generator) -> _Colour:
        brightness, contrast, saturation = rng.uniform((0.7, 0.75, 0.6), (1.25, 1.25, 1.3)).tolist()
        red, green, blue = rng.uniform(0.92, 1.08, 3).tolist()
        return cls((brightness, contrast, saturation), (red, green, blue), bool(rng.random() < 0.05))

    def apply(self, frame: Frame) -> Frame:
        picture = Image.fromarray(frame)
        kinds = (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color)
        for kind, factor in zip(kinds, self.factors, strict=True):
            picture = kind(picture).enhance(factor)
        if self.grey:
            picture = picture.convert("L").convert("RGB")
        tinted: Frame = np.clip(np.asarray(picture) * np.array(self.tint, np.float32), 0, 255).astype(np.uint8)
        return tinted
