"""What is kept of a video while it is read once: projections of every frame, and small pictures of some."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from prosopon.core.clip import Clip, Frame
from prosopon.vouch.watermark.alignment import aligned
from prosopon.vouch.watermark.divisions import Division, divisions, try_divisions
from prosopon.vouch.watermark.hypotheses import Search
from prosopon.vouch.watermark.lapped import analyse
from prosopon.vouch.watermark.lattice import project
from prosopon.vouch.watermark.luma import Plane, luma
from prosopon.vouch.watermark.placement import Placement
from prosopon.vouch.watermark.places import LEAST_CLARITY
from prosopon.vouch.watermark.sampling import WORKING_SIDE_PX, Resampler
from prosopon.vouch.watermark.sighting import sightings, whitened

_KEPT = 256
"""Frames of which a small picture is kept, next to each other in the middle."""
_EVIDENCE = 48
"""Of them, in so many the pilot is looked for."""
_SIGHTINGS = 3
_ALIGNED = 4
"""Windows by which a place is made exact."""


@dataclass(frozen=True)
class Footage:
    """A video as far as its mark is concerned.

    Attributes:
        times: of all frames, in seconds.
        sums: `(T + 1, POSITIONS)`: the projections of all frames before each frame, added up.
        first: number of the first frame of which a small picture is kept.
        kept: small pictures, `uint8 (h, w)` each.
    """

    times: tuple[float, ...]
    sums: NDArray[np.float64]
    first: int
    kept: tuple[NDArray[np.uint8], ...]

    @classmethod
    def of(cls, clip: Clip, keep: int | None = None) -> Footage:
        """Go through the frames once, and keep pictures of at most `keep` of them."""
        most = _KEPT if keep is None else keep
        first = max(0, (len(clip) - most) // 2)
        rows, kept = [], []
        for number, frame in enumerate(clip.frames()):
            small = _small(frame)
            rows.append(project(analyse(small)))
            if first <= number < first + most:
                kept.append(np.rint(small).astype(np.uint8))
        return cls(clip.times[: len(rows)], _added_up(np.array(rows)), first, tuple(kept))


def try_footage(search: Search, footage: Footage, size_px: tuple[int, int]) -> Division | None:
    """Decode the video where the pilot is seen; how it is divided, if a mark is found."""
    times = footage.times[footage.first : footage.first + len(footage.kept)]
    planes = np.stack(footage.kept).astype(np.float32)
    evidence = np.mean([whitened(plane) for plane in planes[:: -(-len(planes) // _EVIDENCE)]], axis=0)
    everything = Resampler(planes)
    for sighting in sightings(evidence, _SIGHTINGS):
        if sighting.clarity < LEAST_CLARITY:
            break
        divided = _try_place(search, everything, sighting.matrix, times, size_px)
        if divided is not None:
            return divided
    return None


def _try_place(
    search: Search, frames: Resampler, matrix: NDArray[np.float64], times: Sequence[float], size_px: tuple[int, int]
) -> Division | None:
    """Decode frames at a place that is nearly right: at once if that is good enough, else after making it exact."""
    for at_once in (True, False):
        weights = frames.weights(matrix)
        sums = _added_up(frames.projections(matrix))
        place = Placement.of(np.array(size_px, np.float64)[:, None] * matrix, *size_px)
        divided = try_divisions(search, times, sums, place, weights, at_once=at_once)
        if divided is not None or not at_once:
            return divided
        likeliest = divisions(times, sums, weights)[0]
        windows = likeliest.windows[:: -(-len(likeliest.windows) // _ALIGNED)]
        means = Resampler(np.stack([frames.planes[first:end].mean(axis=0) for first, end in windows]))
        matrix, _ = aligned(means, matrix, weights, gain=likeliest.gain)
    return None


def _small(frame: Frame) -> Plane:
    """Luma of a frame whose longer side is at most the working size; averaged before it is turned into numbers that
    take four times the room."""
    height, width = frame.shape[:2]
    scale = WORKING_SIDE_PX / max(height, width)
    if scale < 1.0:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        frame = np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.BILINEAR, reducing_gap=3.0))
    return luma(frame)


def _added_up(rows: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.concatenate([np.zeros((1, rows.shape[1])), np.cumsum(rows, axis=0, dtype=np.float64)])
