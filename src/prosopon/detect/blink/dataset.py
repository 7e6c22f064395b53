"""Runs of eyes as they go into training: cut a little elsewhere, in another light, softer or noisier."""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from prosopon.detect.blink.eyes import EYE_PX
from prosopon.detect.blink.sequences import FRAMES, MARGIN_PX, STORED_PX, Sequences
from prosopon.faces.aligned.cut import cut_aligned

CLOSED, OPEN = 0.25, 0.6
"""Openings up to the first are closed, from the second on open; between them the truth goes from one to the other."""
_MOST_MOVED_PX = MARGIN_PX - 1


def closedness(openings: NDArray[np.floating]) -> NDArray[np.float32]:
    """What a net shall say of openings, 0 to 1."""
    return np.clip((OPEN - np.asarray(openings, np.float64)) / (OPEN - CLOSED), 0, 1).astype(np.float32)


@dataclass(frozen=True)
class Blinking:
    """Items `{"eyes": uint8 (FRAMES, S, S, 3), "closed": float32 (FRAMES,)}`.

    Attributes:
        stores: where from, each drawn from as often as any other.
        people: whose eyes, for each store; None: everybody's.
    """

    stores: tuple[Sequences, ...]
    people: tuple[Collection[str] | None, ...]

    @cached_property
    def rows(self) -> tuple[NDArray[np.int64], ...]:
        """Which rows of each store."""
        found = []
        for store, people in zip(self.stores, self.people, strict=True):
            spans = [np.arange(s.start, s.stop) for s in store.shots if people is None or s.person in people]
            found.append(np.concatenate(spans) if spans else np.zeros(0, np.int64))
        return tuple(found)

    def __len__(self) -> int:
        """Number of items."""
        return len([rows for rows in self.rows if len(rows)]) * max(len(rows) for rows in self.rows)

    def item(self, index: int, rng: np.random.Generator) -> Mapping[str, NDArray[np.generic]]:
        """A run, augmented."""
        kinds = [number for number, rows in enumerate(self.rows) if len(rows)]
        kind = kinds[index % len(kinds)]
        rows = self.rows[kind]
        row = int(rows[(index // len(kinds)) % len(rows)])
        store = self.stores[kind]
        eyes, openings = np.asarray(store.eyes[row]), np.asarray(store.openings[row])
        if rng.random() < 0.5:
            eyes, openings = eyes[::-1], openings[::-1]
        return {"eyes": augmented(eyes, rng), "closed": closedness(openings)}


def plain(eyes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The middle of stored pictures `(..., STORED_PX, STORED_PX, 3)`: `(..., EYE_PX, EYE_PX, 3)`."""
    inner = slice(MARGIN_PX, STORED_PX - MARGIN_PX)
    return eyes[..., inner, inner, :]


def augmented(eyes: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """A run `(T, STORED_PX, STORED_PX, 3)` as another camera would have seen it: `(T, EYE_PX, EYE_PX, 3)`.

    All frames are cut at nearly the same place and in the same light, but landmarks tremble a little.
    """
    angle, size = rng.normal(0, 0.07), np.exp(rng.normal(0, 0.07))
    shift = np.clip(rng.normal(0, 1.2, 2), -_MOST_MOVED_PX, _MOST_MOVED_PX)
    light = _Light(rng)
    out = []
    for eye in eyes:
        matrix = _matrix(angle, size, shift + rng.normal(0, 0.25, 2))
        out.append(light(cut_aligned(eye, matrix, EYE_PX)))
    return _spoilt(np.stack(out), rng)


def _matrix(angle: float, size: float, shift: NDArray[np.float64]) -> NDArray[np.float64]:
    """From a stored picture to a crop."""
    turn = size * np.array(((np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))))
    middle = np.full(2, STORED_PX / 2)
    return np.column_stack((turn, EYE_PX / 2 + shift - turn @ middle))


class _Light:
    """Brightness, contrast and colour, the same for all frames of a run."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._gain = np.exp(rng.normal(0, 0.25) + rng.normal(0, 0.07, 3))
        self._offset = rng.normal(0, 12) + rng.normal(0, 4, 3)
        self._grey = 1.0 if rng.random() < 0.1 else 0.0

    def __call__(self, eye: NDArray[np.uint8]) -> NDArray[np.uint8]:
        values = eye * self._gain + self._offset
        values = values + self._grey * (values.mean(-1, keepdims=True) - values)
        return np.asarray(np.clip(values, 0, 255), np.uint8)


def _spoilt(eyes: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Softer, noisier or compressed, or none of these."""
    if rng.random() < 0.4:
        small = int(rng.integers(EYE_PX // 3, EYE_PX))
        eyes = np.stack([_resized(_resized(eye, small), EYE_PX) for eye in eyes])
    if rng.random() < 0.4:
        noise = rng.normal(0, rng.uniform(1, 8), eyes.shape)
        eyes = np.clip(eyes + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.3:
        quality = int(rng.integers(25, 85))
        eyes = np.stack([_compressed(eye, quality) for eye in eyes])
    return eyes


def _resized(eye: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(eye).resize((size, size), Image.Resampling.BILINEAR))


def _compressed(eye: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    held = io.BytesIO()
    Image.fromarray(eye).save(held, "JPEG", quality=quality)
    return np.asarray(Image.open(held).convert("RGB"))


def frames_in(stores: Sequence[Sequences]) -> int:
    """How many frames of eyes there are."""
    return sum(len(store) * FRAMES for store in stores)
