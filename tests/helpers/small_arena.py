"""A tiny arena of drawn people, made in a moment: what detectors can be taught and measured on in a test.

Every person has colours and a grain of their own. Fakes are the originals with the face, within the landmarks' hull,
painted over by something that each generator does in its own way and that all do alike: the grain is gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from prosopon.datasets.arena.arena import CANVAS_PX, ORIGINAL, Arena, ArenaClip, Material, Split
from prosopon.datasets.arena.writing import About, write_arena
from prosopon.faces.aligned.hull import landmark_mask
from prosopon.faces.aligned.mean_face import OWN
from prosopon.train.store import Rows

GENERATORS = ("animate", "partswap", "swap")
_FACE_PX = 110
_FPS = 25


def small_arena(
    folder: Path,
    *,
    people: Sequence[tuple[str, Split]] = (
        ("ann", "train"), ("bob", "train"), ("cid", "train"), ("dot", "train"),
        ("eve", "calibrate"), ("fay", "calibrate"),
        ("gus", "test"), ("hal", "test"),
    ),
    generators: Sequence[str] = GENERATORS,
    frames: int = 2,
    seed: int = 0,
    material: Material = "footage",
) -> Arena:  # fmt: skip
    """Write it: of each person one original clip of `frames` frames in two runs, and a fake by every generator."""
    about = About(dict(people), {"seed": seed}, {f"{name}.mp4": "0" * 64 for name, _ in people})

    def clips() -> Iterator[tuple[ArenaClip, Rows]]:
        for number, (name, split) in enumerate(people):
            rng = np.random.default_rng([seed, number])
            real, landmarks = drawn_person(rng, frames)
            other = people[(number + 1) % len(people)]
            rows: Rows = {
                "frames": real,
                "landmarks": landmarks,
                "times": _times(frames),
                "scale": np.full(frames, 1.0, np.float32),
            }
            yield ArenaClip(name, ORIGINAL, (name,), split, name, material, Fraction(_FPS)), rows
            for generator in generators:
                who = (name, other[0]) if other[1] == split and generator != "edit" else (name,)
                clip = ArenaClip(f"{name}-{generator}", generator, who, split, name, material, Fraction(_FPS))
                yield clip, {**rows, "frames": drawn_fake(real, landmarks, generator)}

    return write_arena(folder, clips(), about)


def drawn_person(rng: np.random.Generator, frames: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Somebody who moves a little: pictures `uint8 (T, 320, 320, 3)` and landmarks `float32 (T, 68, 2)`."""
    skin, behind = rng.uniform(110, 210, 3), rng.uniform(30, 220, 3)
    start = rng.uniform(95, 115, 2)
    pictures, points = [], []
    for index in range(frames):
        landmarks = (OWN * _FACE_PX + start + (0.6 * index, 0.3 * index)).astype(np.float32)
        picture = np.ones((CANVAS_PX, CANVAS_PX, 3)) * behind + 25 * np.sin(np.arange(CANVAS_PX) / 9)[:, None, None]
        mask = landmark_mask(landmarks.astype(np.float64), CANVAS_PX)[..., None]
        picture = picture * (1 - mask) + skin * mask
        for dots, size, colour in ((slice(36, 48), 3, 30), (slice(48, 68), 3, 90), (slice(17, 27), 2, 60)):
            for x, y in np.rint(landmarks[dots]).astype(int):
                picture[y - size : y + size, x - size : x + size] = colour
        pictures.append(picture + rng.normal(0, 9, picture.shape))
        points.append(landmarks)
    return np.clip(np.stack(pictures), 0, 255).astype(np.uint8), np.stack(points)


def drawn_fake(real: NDArray[np.uint8], landmarks: NDArray[np.float32], generator: str) -> NDArray[np.uint8]:
    """The same frames with the face painted over: smooth, and with what only this generator leaves behind."""
    out = []
    for frame, points in zip(real, landmarks, strict=True):
        mask = landmark_mask(points.astype(np.float64), CANVAS_PX)[..., None]
        face = gaussian_filter(frame.astype(np.float32), (1.6, 1.6, 0))
        rows, columns = np.mgrid[:CANVAS_PX, :CANVAS_PX]
        trace = {
            "animate": 5.0 * (rows % 4 < 2),
            "partswap": 5.0 * (columns % 4 < 2),
            "landmark-swap": 5.0 * ((rows + columns) % 4 < 2),
            "swap": 6.0 * np.ones_like(rows),
            "edit": 5.0 * (rows % 8 < 4),
        }[generator]
        face = face + trace[..., None]
        out.append(np.clip(frame * (1 - mask) + face * mask, 0, 255).astype(np.uint8))
    return np.stack(out)


def _times(frames: int) -> NDArray[np.float64]:
    """Two runs, a second apart."""
    return np.arange(frames) / _FPS + (np.arange(frames) >= (frames + 1) // 2)
