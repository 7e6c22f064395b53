"""What the nets learn from: pieces of rendered heads, of pictures without people, and of photographs that are given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from prosopon.core.clip import Frame
from prosopon.core.progress import SILENT, Progress
from prosopon.datasets.rendered_heads import PICTURE_PX
from prosopon.faces.builtin.nobody import NAMES, picture_without_faces
from prosopon.media.read import read
from prosopon.media.search import find_media
from prosopon.train.store import ArrayStore, Column, Rows, Shot, kept, write_store

PIECE_PX = 192
"""Side of a piece; 96 pixels of the canvas."""
_COLUMNS = {"picture": Column("|u1", (PICTURE_PX, PICTURE_PX, 3))}
_EVERY = 15
"""Of a video, each so many frames."""
_SMALLEST = 0.5
"""Share of a picture's side that a piece shows at least."""
_PATTERNS = 0.2
"""Share of pieces that show no person."""
_VERSION = 1


class Pieces:
    """Items of `picture uint8 (192, 192, 3)` and `draw int64 ()`, which seeds whatever else a step draws.

    Args:
        stores: with a column `picture` of squares.
    """

    def __init__(self, stores: Sequence[ArrayStore]) -> None:
        self.stores = tuple(stores)
        self._places = [(store, row) for store in self.stores for row in range(len(store))]
        self._patterns = [picture_without_faces(name) for name in NAMES]

    def __len__(self) -> int:
        """Pictures of people."""
        return len(self._places)

    def item(self, index: int, rng: np.random.Generator) -> Mapping[str, NDArray[Any]]:
        """A piece of picture `index`, or of one without people, cut and lit as drawn, mirrored half of the time."""
        store, row = self._places[index]
        whole = np.asarray(store.arrays["picture"][row])
        if rng.random() < _PATTERNS:
            whole = np.rot90(self._patterns[int(rng.integers(len(self._patterns)))], int(rng.integers(4)))
        short = min(whole.shape[:2])
        side = short * float(rng.uniform(_SMALLEST, 1))
        top, left = (float(rng.uniform(0, length - side)) for length in whole.shape[:2])
        box = (left, top, left + side, top + side)
        piece = Image.fromarray(np.ascontiguousarray(whole)).resize((PIECE_PX, PIECE_PX), Image.Resampling.BICUBIC, box)
        lit = _lit(np.asarray(piece), rng)
        return {
            "picture": np.ascontiguousarray(lit[:, ::-1] if rng.random() < 0.5 else lit),
            "draw": np.array(rng.integers(2**62), np.int64),
        }

    def plain(self, index: int) -> Frame:
        """The whole picture `index`, `uint8 (288, 288, 3)`: to measure on."""
        store, row = self._places[index]
        return np.asarray(store.arrays["picture"][row])


def photographs(folders: Sequence[Path], progress: Progress = SILENT) -> ArrayStore:
    """A store of the middle squares of pictures and of frames of videos; written, or found on disk.

    Args:
        folders: with files, below them too.
        progress: hears of every file.

    Raises:
        MissingError: a folder is not there.
        MediaError: a file cannot be read.
        ProsoponError: there is not one picture.
    """
    clips = [read(found.path) for found in find_media(folders)]

    def shots() -> Iterator[tuple[Shot, Rows]]:
        for clip in clips:
            rows = [_squares(frame) for number, frame in enumerate(clip.frames()) if number % _EVERY == 0]
            kind = "still" if clip.is_still else "footage"
            yield Shot(clip.name, clip.name, kind, sha256=clip.sha256), {"picture": np.concatenate(rows)}
            progress.advance()

    origin = ["photographs to mark", _VERSION, PICTURE_PX, _EVERY, [clip.sha256 for clip in clips]]
    progress.start("cutting photographs", len(clips))
    folder = kept(origin, lambda folder: write_store(folder, _COLUMNS, shots(), advice="give pictures or videos"))
    progress.finish()
    return ArrayStore.open(folder)


def _squares(frame: Frame) -> NDArray[np.uint8]:
    """The middle of a frame, and of large ones what lies in its corners in larger scale."""
    height, width = frame.shape[:2]
    side = min(height, width)
    top, left = (height - side) / 2, (width - side) / 2
    boxes = [(left, top, left + side, top + side)]
    if side > 1.5 * PICTURE_PX:
        part = side * 0.65
        boxes += [(x, y, x + part, y + part) for x in (left, left + side - part) for y in (top, top + side - part)]
    picture = Image.fromarray(frame)
    size = (PICTURE_PX, PICTURE_PX)
    return np.stack([np.asarray(picture.resize(size, Image.Resampling.BICUBIC, box)) for box in boxes])


def _lit(piece: Frame, rng: np.random.Generator) -> Frame:
    """Under another exposure, brighter or darker by up to a half, and of another tint."""
    gamma = np.exp(rng.uniform(-0.4, 0.4))
    gains = 1 + rng.uniform(-0.1, 0.1, 3)
    levels = np.arange(256) / 255
    table = np.clip(levels[:, None] ** gamma * gains * 255 + 0.5, 0, 255).astype(np.uint8)
    lit: Frame = np.stack([table[piece[..., channel], channel] for channel in range(3)], -1)
    return lit
