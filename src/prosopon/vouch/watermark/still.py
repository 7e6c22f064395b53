"""Marks in stills: written so that they are not seen, read without the original."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Frame
from prosopon.core.errors import MediaError
from prosopon.vouch.watermark.code import encode
from prosopon.vouch.watermark.hypotheses import Search
from prosopon.vouch.watermark.lapped import analyse, synthesise
from prosopon.vouch.watermark.lattice import Values, moves, project, spread
from prosopon.vouch.watermark.luma import LEAST_SIDE_PX, Plane, added, check_size, luma
from prosopon.vouch.watermark.mark import Mark
from prosopon.vouch.watermark.pilot import LEVELS, pattern
from prosopon.vouch.watermark.placement import Placement
from prosopon.vouch.watermark.places import try_places, try_tones
from prosopon.vouch.watermark.reading import Reading, unreadable
from prosopon.vouch.watermark.sampling import reduced
from prosopon.vouch.watermark.sighting import whitened

Effort = Literal["quick", "full"]
"""`quick` takes the picture as it is, at most resized; `full` also looks for crops, turns, mirrors and tone curves."""

_SHARE = 0.85
"""Of the way to the lattice that is gone: what is left is small beside what codecs do, and the way is the cost (Chen,
Wornell 2001, section V: distortion compensation)."""
_MOST_MEAN_SQUARE = 255.0**2 / 10.0**4.2
"""Of the change, in grey levels: 42 dB. Where the whole share would make more of it, less of the way is gone."""
_CORRECTIONS = 2
"""Rounding and pixels at the ends of the scale undo some of the change; another pass makes up for it."""


def embed(frame: Frame, mark: Mark) -> Frame:
    """A copy of a frame `uint8 (H, W, 3)` that carries the mark; the same for the same input.

    Raises:
        MediaError: it is below 64 pixels, or so uniformly black or white that nothing can be written into it.
    """
    height, width = frame.shape[:2]
    check_size(width, height)
    plane = luma(frame)
    wanted = _data(plane, mark)
    target = project(analyse(plane)) + wanted
    residual = pattern(height, width) + synthesise(spread(wanted), height, width)
    marked = added(frame, _whole(residual))
    for _ in range(_CORRECTIONS):
        short = target - project(analyse(luma(marked)))
        residual = residual + synthesise(spread(short), height, width)
        corrected = added(frame, _whole(residual))
        if _mean_square(corrected, frame) > _MOST_MEAN_SQUARE:
            break
        marked = corrected
    if not read(marked, "quick").found:
        raise MediaError(
            "the watermark cannot be read in what was marked: the picture is too dark, too bright or too uniform",
            "leave it without a watermark, or brighten it first",
        )
    return marked


def residual_of(plane: Plane, mark: Mark) -> NDArray[np.int16]:
    """What has to be added to a plane `float32 (H, W)` for it to carry the mark, `(H, W)` in whole grey levels."""
    return _whole(pattern(*plane.shape) + synthesise(spread(_data(plane, mark)), *plane.shape))


def _data(plane: Plane, mark: Mark) -> Values:
    """By how much the projections `(POSITIONS,)` of a plane are to be moved."""
    distance = moves(project(analyse(plane)), encode(mark))
    left = 0.99 * _MOST_MEAN_SQUARE - LEVELS**2 - _ROUNDING
    # The functions are orthonormal: the mean square of the change is the sum of squares of its coefficients.
    share = min(_SHARE, float(np.sqrt(left / max(1e-9, float(distance @ distance)))))
    return np.float32(share) * distance


def _mean_square(one: Frame, other: Frame) -> float:
    difference = one.astype(np.float32) - other
    return float(np.mean(difference * difference))


def _whole(residual: Plane) -> NDArray[np.int16]:
    return np.rint(residual).astype(np.int16)


_ROUNDING = 1.0 / 12.0
"""Mean square of what rounding to whole grey levels adds."""


def read(frame: Frame, effort: Effort = "full") -> Reading:
    """Look for a mark in a frame `uint8 (H, W, 3)`.

    Returns:
        A reading; where the frame is below 64 pixels, one without a mark that says so in its note.
    """
    height, width = frame.shape[:2]
    if min(width, height) < LEAST_SIDE_PX:
        return unreadable(f"a picture of {width} x {height} pixels is too small to hold a watermark")
    search = Search()
    plane = luma(frame)
    if search.try_projections(project(analyse(plane)), Placement.whole(width, height)) or effort == "quick":
        return search.reading()
    if try_tones(search, plane):
        return search.reading()
    try_places(search, whitened(plane), reduced(plane)[None], (width, height))
    return search.reading()
