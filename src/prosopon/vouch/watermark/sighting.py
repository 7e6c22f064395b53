"""Looks for the pilot in a picture: where may the marked original lie, and how clearly does that show.

The picture is whitened, so that flat and busy places count alike, and Fourier transformed once. Under an affine map
from picture to original, u = B q + b, the wave of frequency f stands at the frequency B^T f with the phase of the
pilot plus 2 pi f . b. So for each B of a grid (size across, size downwards, turn, mirrored or not) the transform is
looked up at as many places as there are waves, and one small transform of these values gives the fit for all b.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import fft
from scipy.ndimage import gaussian_filter

from prosopon.vouch.watermark.luma import Plane
from prosopon.vouch.watermark.pilot import HIGHEST_CYCLES, frequencies, phases

WORKING_SIDE_PX = 256
"""The longer side of a picture is reduced to this: three samples for the shortest wave of a crop by a fifth."""

_TURNS = np.deg2rad(np.arange(-6.0, 6.01, 1.0))
_SIZES = np.exp(np.arange(-0.12, 0.2801, 0.02))
"""Of the whole original, as a multiple of the picture: 0.89 (with a border around it) to 1.32 (a quarter cut off)."""
_TRANSFORM = 512
_SURROUNDINGS = 6.0
"""Standard deviation, in samples of the transform."""
_SHIFTS = 120
"""Shifts that are tried along each side: between two of them, the phase of no wave turns by more than a radian."""
_FITTED = 400
"""Of all maps, as many as have most power at the pilot's frequencies get their shifts tried."""
_LOCAL_SCALE = 0.012
"""Width of the window over which a picture is whitened, as a share of its longer side."""
_LEAST_DEVIATION = 0.2
"""Grey levels: where the picture varies less, it is not amplified further."""
_LIMIT = 2.5
"""Whitened values beyond are cut off, so that an edge counts no more than its surroundings."""
_TAPER = 0.06
"""Share of each side over which the picture fades out, so that its border is no edge."""


@dataclass(frozen=True)
class Sighting:
    """A place where the original may lie.

    Attributes:
        matrix: `float64 (2, 3)`: points of the original, in [0, 1], to points of the picture, in [0, 1].
        clarity: the fit in standard deviations of what a wrong place gives.
    """

    matrix: NDArray[np.float64]
    clarity: float


def whitened(plane: Plane) -> Plane:
    """A plane `(H, W)`, its longer side reduced to the working size, without what is large and slow in it."""
    height, width = plane.shape
    scale = WORKING_SIDE_PX / max(height, width)
    if scale < 1.0:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        plane = np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.BILINEAR))
    sigma = _LOCAL_SCALE * max(plane.shape)
    detail = plane - gaussian_filter(plane, sigma)
    deviation = np.sqrt(gaussian_filter(detail * detail, sigma))
    values: Plane = np.clip(detail / (deviation + np.float32(_LEAST_DEVIATION)), -_LIMIT, _LIMIT)
    return values


class Sky:
    """The spectrum of a whitened picture, in which the pilot's waves are looked up.

    Args:
        plane: as `whitened` gives it, or a mean of several.
    """

    def __init__(self, plane: Plane) -> None:
        self.height, self.width = plane.shape
        tapered = plane * np.outer(_fade(self.height), _fade(self.width))
        padded = np.zeros((_TRANSFORM, _TRANSFORM), np.float32)
        padded[: self.height, : self.width] = tapered
        spectrum = fft.fft2(padded)
        # Edges and the blocks of codecs are lines in the spectrum: each frequency is measured against its surroundings.
        power = gaussian_filter(np.abs(spectrum) ** 2, _SURROUNDINGS, mode="wrap", truncate=3.0)
        spectrum /= np.sqrt(power) + np.float32(1e-9)
        # Phases are counted from the picture's centre, where they vary most slowly with the frequency.
        turn = 2j * np.pi * fft.fftfreq(_TRANSFORM)
        spectrum *= np.exp(turn * (self.height / 2.0 - 0.5)).astype(np.complex64)[:, None]
        spectrum *= np.exp(turn * (self.width / 2.0 - 0.5)).astype(np.complex64)
        self._spectrum = spectrum.ravel()

    def waves(self, inverse: NDArray[np.float64]) -> NDArray[np.complex64]:
        """The transform at the pilot's frequencies, turned back by the pilot's phases.

        Args:
            inverse: `(n, 2, 2)` maps B from the picture, in [0, 1], to the original.

        Returns:
            `complex64 (n, WAVES)`: all of the same phase where the map is right and nothing is shifted.
        """
        seen = np.einsum("nij,ki->nkj", inverse, frequencies())
        x = seen[..., 0] * (_TRANSFORM / self.width)
        y = seen[..., 1] * (_TRANSFORM / self.height)
        left, top = np.floor(x), np.floor(y)
        right_share, bottom_share = (x - left).astype(np.float32), (y - top).astype(np.float32)
        column, row = left.astype(np.intp) % _TRANSFORM, top.astype(np.intp) % _TRANSFORM
        next_column, next_row = (column + 1) % _TRANSFORM, (row + 1) % _TRANSFORM
        take = self._spectrum.take
        upper = take(row * _TRANSFORM + column) * (1 - right_share)
        upper += take(row * _TRANSFORM + next_column) * right_share
        lower = take(next_row * _TRANSFORM + column) * (1 - right_share)
        lower += take(next_row * _TRANSFORM + next_column) * right_share
        values = upper * (1 - bottom_share) + lower * bottom_share
        turned: NDArray[np.complex64] = (values * np.exp(-1j * phases())).astype(np.complex64)
        return turned


def sightings(plane: Plane, most: int) -> list[Sighting]:
    """The likeliest places of the original in a whitened picture, the clearest first.

    Args:
        plane: as `whitened` gives it, or a mean of several.
        most: no more than so many.
    """
    sky = Sky(plane)
    maps = _maps(sky.width, sky.height)
    waves = np.concatenate([sky.waves(part) for part in np.array_split(maps, 8)])
    power = (np.abs(waves) ** 2).sum(axis=1)
    # What chance gives: waves of the usual power with phases that have nothing to do with each other.
    deviation = float(np.sqrt(np.median(power) / 2.0))
    if not deviation > 0.0:
        return []
    strongest = np.argsort(-power)[:_FITTED]
    shifts, fits = _best_shifts(waves[strongest])
    found: list[Sighting] = []
    for index in np.argsort(-fits)[: 2 * most]:
        inverse, shift = maps[strongest[index]], shifts[index]
        refined = _refined(sky, np.concatenate([inverse, shift[:, None]], axis=1))
        matrix = _inverted(refined[0])
        if all(np.abs(matrix - other.matrix).max() > 0.004 for other in found):
            found.append(Sighting(matrix, refined[1] / deviation))
    return sorted(found, key=lambda one: -one.clarity)[:most]


def _fade(size: int) -> NDArray[np.float32]:
    places = np.arange(size) + 0.5
    shares: NDArray[np.float64] = np.clip(np.minimum(places, size - places) / (_TAPER * size), 0.0, 1.0)
    return np.asarray(shares, np.float32)


def _maps(width: int, height: int) -> NDArray[np.float64]:
    """All B that are tried, `(n, 2, 2)`: turned by an angle in pixels, after resizing across and downwards."""
    turn, across, down = (values.ravel() for values in np.meshgrid(_TURNS, _SIZES, _SIZES, indexing="ij"))
    cos, sin, aspect = np.cos(turn), np.sin(turn), width / height
    upright = np.stack([cos / across, sin / across / aspect, -sin / down * aspect, cos / down], axis=1)
    maps = upright.reshape(-1, 2, 2)
    mirrored = maps * np.array([[-1.0], [1.0]])
    return np.concatenate([maps, mirrored])


def _best_shifts(waves: NDArray[np.complex64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The shift b of each map, `(n, 2)`, and its fit, `(n,)`."""
    columns, rows = (frequencies().astype(np.intp) % _SHIFTS).T
    shifts, fits = [], []
    for part in np.array_split(waves, max(1, len(waves) // 100)):
        grid = np.zeros((len(part), _SHIFTS, _SHIFTS), np.complex64)
        grid[:, rows, columns] = part
        fit = fft.fft2(grid).real.reshape(len(part), -1)
        best = fit.argmax(axis=1)
        fits.append(fit[np.arange(len(part)), best])
        shifts.append(np.stack([best % _SHIFTS, best // _SHIFTS], axis=1) / _SHIFTS)
    return np.concatenate(shifts), np.concatenate(fits).astype(np.float64)


def _fit(sky: Sky, maps: NDArray[np.float64]) -> NDArray[np.float64]:
    """How well the pilot fits under maps `(n, 2, 3)` from the picture's centre to the original, `(n,)`."""
    shifted = np.exp(-2j * np.pi * (maps[:, :, 2] @ frequencies().T))
    fits: NDArray[np.float64] = (sky.waves(maps[:, :, :2]) * shifted).sum(axis=1).real.astype(np.float64)
    return fits


def _refined(sky: Sky, start: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """A map `(2, 3)` near another at which the fit is best, and its fit: steps along each number, ever smaller."""
    best, fit = start, float(_fit(sky, start[None])[0])
    step = 0.25 / HIGHEST_CYCLES * np.array([[2.0, 2.0, 1.0], [2.0, 2.0, 1.0]])
    directions = np.concatenate([np.eye(6), -np.eye(6)]).reshape(-1, 2, 3)
    for _ in range(_REFINEMENTS):
        candidates = best + directions * step
        fits = _fit(sky, candidates)
        highest = int(fits.argmax())
        if fits[highest] > fit:
            best, fit = candidates[highest], float(fits[highest])
        else:
            step = step / 2.0
    return best, fit


_REFINEMENTS = 24


def _inverted(centred: NDArray[np.float64]) -> NDArray[np.float64]:
    """From a map from the picture's centre to the original, to the map from the original to the picture."""
    forward = np.linalg.inv(centred[:, :2])
    return np.concatenate([forward, (0.5 - forward @ centred[:, 2])[:, None]], axis=1)
