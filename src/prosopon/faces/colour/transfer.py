"""The colours of one face given to another: all ways by name, behind one function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from prosopon.core.errors import UsageError
from prosopon.faces.colour.bilateral import bilateral
from prosopon.faces.colour.distribution import idt, random_directions, random_rotations, sot
from prosopon.faces.colour.histogram import histogram_matched
from prosopon.faces.colour.lab import Planes
from prosopon.faces.colour.linear import lct, mkl
from prosopon.faces.colour.mixed import mixed
from prosopon.faces.colour.modes import ColourMode
from prosopon.faces.colour.reinhard import mean_moved, rct, shown
from prosopon.faces.colour.sample import Sample

__all__ = ["ColourMode", "regularised", "transferred"]

Picture = NDArray[np.float32]
_Way = Callable[[Sample, Sample, np.random.Generator], Planes]

_REACH, _REACH_BRIGHTNESS = 1 / 8, 0.1
"""How far moves of colours are smoothed: as a share of the picture's side, and in brightness."""
_BRIGHTNESS = np.array((0.299, 0.587, 0.114), np.float32)

_WAYS: Mapping[ColourMode, _Way] = {
    "mean": lambda own, like, _rng: mean_moved(own, like),
    "rct": lambda own, like, _rng: rct(own, like),
    "lct": lambda own, like, _rng: lct(own, like),
    "mkl": lambda own, like, _rng: mkl(own, like),
    "idt": lambda own, like, rng: idt(own, like, random_rotations(rng)),
    "sot": lambda own, like, rng: sot(own, like, random_directions(rng)),
    "mix": lambda own, like, rng: shown(mixed(own, like, random_directions(rng, n_channels=2))),
    "histogram": lambda own, like, _rng: histogram_matched(own, like),
}
_GRAINY: frozenset[ColourMode] = frozenset(("idt", "sot", "mix"))
"""A curve that is steep somewhere turns noise into grain, and steps into rings: these are smoothed afterwards."""


def transferred(
    picture: Picture,
    like: Picture,
    mode: ColourMode,
    *,
    mask: NDArray[np.floating] | None = None,
    like_mask: NDArray[np.floating] | None = None,
    rng: np.random.Generator | None = None,
) -> Picture:
    """A picture with the colours of another.

    What the colours are is measured under the masks only, softly weighted. The map that follows is applied to every
    pixel, also outside: whoever blends along a soft edge, or resamples, sees pixels from beyond it.

    Args:
        picture: what gets new colours, `(H, W, 3)` RGB in [0, 1]; what is not finite counts as black.
        like: whose colours it gets, `(h, w, 3)`, likewise.
        mode: which way.
        mask: where the face is in the picture, `(H, W)` in [0, 1]; none, everywhere.
        like_mask: the same in `like`, `(h, w)`.
        rng: draws the directions of `idt`, `sot` and `mix`; none, the same ones every time.

    Returns:
        `float32 (H, W, 3)` in [0, 1]. Where a mask is empty, there are no colours to go by: the picture as it is.

    Raises:
        UsageError: there is no such mode.
        ValueError: a mask does not fit its picture.
    """
    if mode not in get_args(ColourMode):
        raise UsageError(f"there is no colour transfer {mode}", f"known: {', '.join(get_args(ColourMode))}")
    for one, over in ((picture, mask), (like, like_mask)):
        if over is not None and over.shape != one.shape[:2]:
            raise ValueError(f"a mask {over.shape} does not fit a picture {one.shape}")
    source = np.nan_to_num(np.asarray(picture, np.float32), posinf=0, neginf=0)
    if mode == "none":
        return source
    own = Sample.of(source, mask)
    wanted = Sample.of(np.nan_to_num(np.asarray(like, np.float32), posinf=0, neginf=0), like_mask)
    if own is None or wanted is None:
        return source
    colours = _WAYS[mode](own, wanted, np.random.default_rng(0) if rng is None else rng)
    recoloured = np.ascontiguousarray(colours.T).reshape(source.shape)
    if mode in _GRAINY:
        recoloured = regularised(source, recoloured, mask)
    return np.clip(recoloured, 0, 1)


def regularised(picture: Picture, recoloured: Picture, mask: NDArray[np.floating] | None = None) -> Picture:
    """Recoloured pixels moved as their neighbours of like brightness are, so that no grain comes with new colours.

    In the spirit of Rabin, Delon, Gousseau, Removing artefacts from color and contrast modifications, 2011: the moves
    are averaged under the guidance of the picture, which keeps its edges and its texture.

    Args:
        picture: before, `(H, W, 3)`.
        recoloured: after, likewise.
        mask: what counts, `(H, W)`.

    Returns:
        `float32 (H, W, 3)`, not clipped.
    """
    reach = max(1.0, _REACH * max(picture.shape[:2]))
    return picture + bilateral(recoloured - picture, picture @ _BRIGHTNESS, reach, _REACH_BRIGHTNESS, mask)
