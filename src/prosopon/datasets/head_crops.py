"""Photos of heads, cut as programs cut them: each time a little elsewhere, now and then mirrored, softer or lighter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from prosopon.core.clip import Frame
from prosopon.core.faces import Box
from prosopon.datasets.rendered_heads import HEAD_PX, MARGIN_PX
from prosopon.faces.crop import cut
from prosopon.faces.sixty_eight import MIRROR
from prosopon.train.store import ArrayStore

_SHIFT = 0.03
"""How far the square moves to each side at most, and grows or shrinks, as a share of its own."""
_SOFTEST = 0.35
"""What is left of a soft photo's resolution at least."""
_SOFT = 0.4
"""Share of the photos that are soft: many that people have are small or blurred."""
_EXPOSURE = 0.35
"""Gamma is up to e to the power of this, or 1 over it."""
_TINT = 0.08
"""How far each colour's brightness may go beside that of the others."""


class HeadCrops:
    """Items of `picture uint8 (256, 256, 3)`, `landmarks float32 (68, 2)` in its pixels, and `draw int64 ()`.

    The last one seeds whatever else a step draws.

    Args:
        stores: with the columns of `datasets.rendered_heads`.
    """

    def __init__(self, stores: Sequence[ArrayStore]) -> None:
        self.stores = tuple(stores)
        self._places = [(store, row) for store in self.stores for row in range(len(store))]

    def __len__(self) -> int:
        """Number of photos."""
        return len(self._places)

    def item(self, index: int, rng: np.random.Generator) -> Mapping[str, NDArray[Any]]:
        """Photo `index`, cut, mirrored, softened and lit as drawn."""
        store, row = self._places[index]
        x, y, grown = (rng.uniform(-_SHIFT, _SHIFT, 3) * HEAD_PX).tolist()
        low, high = MARGIN_PX - grown, MARGIN_PX + HEAD_PX + grown
        picture, landmarks = _cut(store, row, Box(low + x, low + y, high + x, high + y))
        if rng.random() < 0.5:
            picture = picture[:, ::-1]
            landmarks = ((landmarks - (HEAD_PX, 0)) * (-1, 1))[MIRROR].astype(np.float32)
        return {
            "picture": np.ascontiguousarray(_lit(_softened(picture, rng), rng)),
            "landmarks": landmarks,
            "draw": np.array(rng.integers(2**62), np.int64),
        }

    def plain(self, index: int) -> Mapping[str, NDArray[Any]]:
        """`picture` and `landmarks` of photo `index` as `faces.head_box` cuts it: to measure on."""
        high = MARGIN_PX + HEAD_PX
        picture, landmarks = _cut(*self._places[index], Box(MARGIN_PX, MARGIN_PX, high, high))
        return {"picture": picture, "landmarks": landmarks}


def _cut(store: ArrayStore, row: int, box: Box) -> tuple[Frame, NDArray[np.float32]]:
    picture = cut(np.asarray(store.arrays["picture"][row]), box, HEAD_PX)
    landmarks = (store.arrays["landmarks"][row] - (box.left, box.top)) * (HEAD_PX / box.width)
    return picture, landmarks.astype(np.float32)


def _softened(picture: Frame, rng: np.random.Generator) -> Frame:
    if rng.random() >= _SOFT:
        return picture
    small = round(HEAD_PX * float(rng.uniform(_SOFTEST, 1)))
    less = Image.fromarray(np.ascontiguousarray(picture)).resize((small, small), Image.Resampling.BICUBIC)
    return np.asarray(less.resize((HEAD_PX, HEAD_PX), Image.Resampling.BICUBIC))


def _lit(picture: Frame, rng: np.random.Generator) -> Frame:
    """Under another exposure and colour of light."""
    gamma = np.exp(rng.uniform(-_EXPOSURE, _EXPOSURE))
    gains = 1 + rng.uniform(-_TINT, _TINT, 3)
    levels = np.arange(256) / 255
    table = np.clip(levels[:, None] ** gamma * gains * 255 + 0.5, 0, 255).astype(np.uint8)
    lit: Frame = np.stack([table[picture[..., channel], channel] for channel in range(3)], -1)
    return lit
