"""`embed` and `read`: the learned watermark in one picture."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from prosopon.core.clip import Frame
from prosopon.core.errors import UsageError
from prosopon.models.laundering.resample import resampled
from prosopon.models.tensors import to_frames, to_tensor
from prosopon.vouch.watermark.code import LENGTH, encode
from prosopon.vouch.watermark.decoding import Decoded, decode
from prosopon.vouch.watermark.hidden.canvas import canvas_size, cells, with_change
from prosopon.vouch.watermark.hidden.lattice import SHORT_PX, from_tile, tiled, to_tile
from prosopon.vouch.watermark.hidden.net import Marker
from prosopon.vouch.watermark.hidden.nets import TECHNIQUE, marker
from prosopon.vouch.watermark.hidden.search import Candidate, Effort, Pose, as_it_is, candidates, on_tile, stages
from prosopon.vouch.watermark.mark import Mark
from prosopon.vouch.watermark.reading import Reading, unreadable
from prosopon.vouch.watermark.significance import LIMIT

SMALLEST_PX = 64
"""Short side of pictures that can be marked and read."""
_TRIED = 192
"""Placements of which a decoding is tried at each stage, the clearest ones; clarity says nothing of what bits are."""
_CORNERS_EACH = 3
"""So many corners of one beginning are as likely as the first of the next."""
_KEPT = 2
"""Beginnings of cells that are kept of each pose."""
_ALL = np.arange(LENGTH)


def embed(frame: Frame, mark: Mark, *, strength: float = 1.0, nets: Marker | None = None) -> Frame:
    """The frame with a mark.

    Args:
        frame: `uint8 (H, W, 3)`, both sides 64 pixels or more.
        mark: what it shall say.
        strength: of the change; 1 is what was learnt.
        nets: those that do it; the ones that come with the package when not given.

    Raises:
        UsageError: the frame is too small.
        MissingError: there are no weights.
    """
    height, width = frame.shape[:2]
    if min(height, width) < SMALLEST_PX:
        raise UsageError(
            f"a picture of {width} x {height} pixels is too small for a mark",
            f"give one of {SMALLEST_PX} x {SMALLEST_PX} pixels or more",
        )
    nets = nets or marker()
    image = to_tensor(frame)
    size = canvas_size(height, width)
    bits = torch.from_numpy(tiled(to_tile(encode(mark)), *cells(*size)).astype(np.float32))[None]
    with torch.no_grad():
        change = nets.writer(resampled(image, *size), bits)
        marked: Frame = to_frames(with_change(image, change * strength))[0]
    return marked


def read(frame: Frame, effort: Effort = "full", *, nets: Marker | None = None) -> Reading:
    """What a frame says.

    Args:
        frame: `uint8 (H, W, 3)` of any size.
        effort: `quick`: as it is, at any scale; `full`: also where up to a third of the short side is missing, and
            turned by up to 6 degrees, or mirrored.
        nets: those that read; the ones that come with the package when not given.

    Raises:
        MissingError: there are no weights.
    """
    height, width = frame.shape[:2]
    if min(height, width) < SMALLEST_PX:
        return unreadable(f"a picture of {width} x {height} pixels is too small", TECHNIQUE)
    nets = nets or marker()
    image = to_tensor(frame)
    size = height, width
    # The search ends where a mark is found, but what it would have looked at counts.
    windows = 1 if effort == "quick" else 1 + _TRIED * len(stages())
    best = _reading(as_it_is(nets.reader, image), (0, 0), size, windows)
    small = _shrunk(image)
    for poses in stages() if effort == "full" else ():
        for candidate, corner in _likeliest(nets, small, poses):
            if best.found:
                return best
            best = min(best, _reading(candidate, corner, size, windows), key=lambda one: one.p_value)
    return best


def _shrunk(image: Tensor) -> Tensor:
    """A large picture at twice the size of its canvas: what is finer carries nothing and would cost time each time."""
    height, width = image.shape[-2:]
    factor = 2 * SHORT_PX / min(height, width)
    return resampled(image, round(height * factor), round(width * factor)) if factor < 0.75 else image


def _likeliest(nets: Marker, image: Tensor, poses: list[Pose]) -> list[tuple[Candidate, tuple[int, int]]]:
    """Placements worth a decoding, the clearest first."""
    found = [one for pose in poses for one in candidates(nets.reader, image, pose, keep=_KEPT)]
    found.sort(key=lambda one: -one.certainty)
    # The first few corners of many, and many of the first few.
    ranked = [
        (rank + number / _CORNERS_EACH, one, corner)
        for rank, one in enumerate(found[:_TRIED])
        for number, corner in enumerate(one.corners())
    ]
    ranked.sort(key=lambda entry: entry[0])
    return [(one, corner) for _, one, corner in ranked[:_TRIED]]


def _reading(candidate: Candidate, corner: tuple[int, int], size: tuple[int, int], windows: int) -> Reading:
    soft = from_tile(on_tile(candidate, corner).numpy())
    decoded: Decoded | None = decode(soft, _ALL)
    if decoded is None:
        return Reading(None, 1.0, windows, method=TECHNIQUE)
    p_value = math.exp(min(0.0, decoded.log_p + math.log(windows)))
    if p_value > LIMIT:
        return Reading(None, p_value, windows, method=TECHNIQUE)
    # Bits of which nothing was seen are neither right nor wrong.
    wrong = int((((soft < 0) != encode(decoded.mark)) & (soft != 0)).sum())
    seen = int(np.count_nonzero(soft))
    placement = candidate.placement(corner, size)
    return Reading(decoded.mark, p_value, windows, wrong, seen, placement, method=TECHNIQUE)
