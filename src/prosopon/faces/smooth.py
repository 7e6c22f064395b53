"""Series over time without gaps and jitter.

Faces found frame by frame tremble by a pixel or two, and a crop that follows them makes the background swim. The
smoothing is a Gaussian over time: zero phase, so that a crop never lags behind the face.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from prosopon.core.faces import Box, Track

DEFAULT_SIGMA_FRAMES = 3.0


def bridge(values: Mapping[int, NDArray[np.floating]], n_frames: int) -> NDArray[np.float64]:
    """One value for every frame: gaps are bridged linearly, before the first and after the last it stands still.

    Args:
        values: frame index -> array, all of the same shape.
        n_frames: number of frames T.

    Returns:
        `float64 (T, *shape)`.

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("nothing to bridge: no frame has a value")
    known = np.array(sorted(values))
    series = np.stack([np.asarray(values[index], dtype=np.float64) for index in known])
    flat = series.reshape(len(known), -1)
    at = np.arange(n_frames)
    bridged = np.stack([np.interp(at, known, column) for column in flat.T], axis=-1)
    return bridged.reshape(n_frames, *series.shape[1:])


def smooth(series: NDArray[np.floating], sigma_frames: float = DEFAULT_SIGMA_FRAMES) -> NDArray[np.float64]:
    """A Gaussian over the first axis; the ends are extended by point reflection, so that steady motion is kept there.

    Args:
        series: `(T, ...)`.
        sigma_frames: standard deviation in frames; 0 leaves the series as it is.
    """
    values = np.asarray(series, dtype=np.float64)
    if sigma_frames <= 0.0 or len(values) < 2:
        return values.copy()
    reach = min(int(4.0 * sigma_frames + 0.5), len(values) - 1)
    before = 2.0 * values[:1] - values[reach:0:-1]
    after = 2.0 * values[-1:] - values[-2 : -reach - 2 : -1]
    extended = np.concatenate([before, values, after])
    filtered: NDArray[np.float64] = gaussian_filter1d(extended, sigma_frames, axis=0, mode="nearest")
    return filtered[reach : reach + len(values)]


def smooth_boxes(track: Track, n_frames: int, sigma_frames: float = DEFAULT_SIGMA_FRAMES) -> tuple[Box, ...]:
    """A steady box for every frame of a clip, also where the person was not found.

    Args:
        track: one person through time.
        n_frames: number of frames of the clip.
        sigma_frames: standard deviation of the Gaussian in frames.

    Raises:
        ValueError: the track is empty.
    """
    series = bridge({index: np.array(face.box) for index, face in track.faces.items()}, n_frames)
    return tuple(Box(*(float(side) for side in sides)) for sides in smooth(series, sigma_frames))


def smooth_landmarks(track: Track, n_frames: int, sigma_frames: float = 1.0) -> NDArray[np.float32]:
    """Landmarks for every frame of a clip, `float32 (T, 68, 2)`; a lighter smoothing, since expressions are quick.

    Raises:
        ValueError: no face of the track has landmarks.
    """
    known = {index: face.landmarks for index, face in track.faces.items() if face.landmarks is not None}
    return smooth(bridge(known, n_frames), sigma_frames).astype(np.float32)
