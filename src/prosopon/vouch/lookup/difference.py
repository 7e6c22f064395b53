"""Where a suspect differs from its original by more than re-encoding explains.

Raw subtraction shows every edge of a re-encoded picture. Here the original is first brought to the suspect's place,
resolution, colours and sharpness; what is left is then measured against what the same treatment leaves everywhere
else: an error that grows with the local contrast, as that of a codec and of a registration that is off by a fraction of
a pixel does. A region stands out where its error is many times that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from prosopon.core.clip import Frame
from prosopon.vouch.lookup.registration import Grey, Registration, warped

_SIDE_PX = 384
"""Longer side at which pictures are compared; what is finer, codecs do not keep."""
_BLURS = (0.6, 1.2, 2.4, 5.0)
_ENDS = (2.0, 253.0)
"""Values from here on may have been cut off."""
_FITTINGS = 8
_TAIL = 0.2
"""Share of a region's strength that may be its tail."""
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True)
class DifferenceSettings:
    """What counts as a difference.

    Attributes:
        least: how many times the expected error marks the middle of a region; root mean squares are compared.
        edge: how many times the expected error a region still reaches at its edge.
        least_levels: root mean square error in grey levels below which nothing is called different.
        least_likeness: where the local correlation is below it, the structure is another one.
        most_shift: colours that are off by more grey levels count even where the structure is the same.
        least_share: regions that are a smaller share of the picture are dropped.
        scale: over how much is averaged, as a share of the longer side.
    """

    least: float = 4.0
    edge: float = 2.2
    least_levels: float = 5.0
    least_likeness: float = 0.8
    most_shift: float = 12.0
    least_share: float = 0.002
    scale: float = 0.02


@dataclass(frozen=True)
class Region:
    """One part of the suspect that differs.

    Attributes:
        left, top, right, bottom: its box in full-frame pixels of the suspect.
        share: of the suspect's area, of the region itself and not of its box.
        strength: how many times the expected error its error is, at most.
    """

    left: float
    top: float
    right: float
    bottom: float
    share: float
    strength: float


@dataclass(frozen=True, eq=False)
class DifferenceMap:
    """How a suspect differs from its original.

    Attributes:
        map: `float32 (H, W)` at a working resolution: error in multiples of what is expected; 0 outside the original.
        mask: `bool (H, W)`, the same size: what belongs to a region.
        regions: the largest first.
        share: of the suspect's area that lies in regions.
        outside: share of the suspect's area that is not in the original at all, such as a border.
        level: error that is expected on the mean, in grey levels: how hard the suspect was treated.
    """

    map: Grey
    mask: NDArray[np.bool_]
    regions: tuple[Region, ...]
    share: float
    outside: float
    level: float


def difference(
    suspect: Frame,
    original: Frame,
    registration: Registration,
    settings: DifferenceSettings = DifferenceSettings(),
) -> DifferenceMap:
    """Compare a suspect with its original.

    Args:
        suspect: `uint8 (H, W, 3)` RGB.
        original: `uint8 (H', W', 3)` RGB, or a thumbnail of it, the one that `registration` was made with.
        registration: where the suspect lies in the original.
        settings: what counts.
    """
    ours, seen, inside = _side_by_side(suspect, original, registration)
    coloured = _recoloured(ours, seen, inside)
    told = _equally_sharp(ours, coloured, inside)
    error = _error(ours, told)
    expected = _expected(error, coloured, inside)
    blur = settings.scale * max(error.shape)
    averaged = _averaged(error, inside, blur)
    ratio = np.where(inside, np.sqrt(averaged / (_averaged(expected, inside, blur) + 1e-3)), 0).astype(np.float32)
    fine = np.sqrt(_averaged(error, inside, blur / 2) / (_averaged(expected, inside, blur / 2) + 1e-3))
    telling = (_likeness(ours, told, inside, blur) < settings.least_likeness) | (
        _shift(ours, told, inside, blur) > settings.most_shift
    )
    strong = (ratio >= settings.least) & (averaged >= settings.least_levels**2)
    mask = _grown(strong & telling, ratio, fine, settings)
    mask = ndimage.binary_closing(np.pad(mask, 16), iterations=max(1, round(blur / 2)))[16:-16, 16:-16]
    mask, regions = _regions(mask, ratio, suspect.shape, settings.least_share)
    level = float(np.sqrt(expected[inside].mean())) if inside.any() else 0.0
    return DifferenceMap(ratio, mask, regions, float(mask.mean()), float(1 - inside.mean()), level)


def _side_by_side(suspect: Frame, original: Frame, registration: Registration) -> tuple[Grey, Grey, NDArray[np.bool_]]:
    """Both at the resolution of the poorer one, `float32 (H, W, 3)`, and where the original says something."""
    height, width = suspect.shape[:2]
    scale = min(1.0, _SIDE_PX / max(height, width), max(registration.scale, 0.05))
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    ours = np.asarray(
        Image.fromarray(suspect).resize(size, Image.Resampling.BOX if scale < 0.5 else Image.Resampling.LANCZOS),
        np.float32,
    )
    shrink = min(1.0, size[0] / width / registration.scale)
    full = (original.shape[1], original.shape[0])
    small = (max(8, round(full[0] * shrink)), max(8, round(full[1] * shrink)))
    theirs = np.asarray(
        Image.fromarray(original).resize(small, Image.Resampling.BOX if shrink < 0.5 else Image.Resampling.LANCZOS)
    )
    to_small = np.diag([small[0] / full[0], small[1] / full[1], 1.0])
    from_small = np.diag([width / size[0], height / size[1], 1.0])
    seen, inside = warped(theirs, to_small @ registration.matrix @ from_small, size)
    # Interpolation next to the edge mixes in what is not there.
    return ours, seen, ndimage.binary_erosion(inside, iterations=2)


def _equally_sharp(ours: Grey, told: Grey, inside: NDArray[np.bool_]) -> Grey:
    """The original as blurred or sharpened as the suspect: a mixture of Gaussian blurs, fitted to what agrees."""

    def mixture(picture: Grey) -> list[Grey]:
        return [ndimage.gaussian_filter(picture, (blur, blur) + (0,) * (picture.ndim - 2)) for blur in _BLURS]

    chosen = np.flatnonzero(inside)
    chosen = chosen[:: max(1, len(chosen) // 40_000)]
    if len(chosen) < 100:
        return told
    luma = told @ _LUMA
    # What each blur takes away is fitted, so that nothing found means nothing changed.
    inputs = np.stack([(blurred - luma).ravel()[chosen] for blurred in mixture(luma)], axis=1).astype(np.float64)
    apart = (ours @ _LUMA - luma).ravel()[chosen].astype(np.float64)
    weights = _agreeing(inputs, apart, ridge=0.02)
    return told + sum(
        (np.float32(weight) * (blurred - told) for weight, blurred in zip(weights, mixture(told), strict=True)),
        np.zeros_like(told),
    )


def _recoloured(ours: Grey, seen: Grey, inside: NDArray[np.bool_]) -> Grey:
    """The original in the suspect's colours: a polynomial and roots, fitted to what agrees."""
    terms = _terms(seen.reshape(-1, 3) / 255)
    chosen = np.flatnonzero(inside)
    chosen = chosen[:: max(1, len(chosen) // 20_000)]
    if len(chosen) < 100:
        return seen
    fitted = [
        _agreeing(terms[chosen], ours[..., one].ravel()[chosen].astype(np.float64), ridge=1e-4, ends=_ENDS)
        for one in range(3)
    ]
    return np.clip(terms @ np.stack(fitted, axis=1), 0, 255).reshape(seen.shape).astype(np.float32)


def _agreeing(
    inputs: NDArray[np.float64],
    wanted: NDArray[np.float64],
    *,
    ridge: float,
    ends: tuple[float, float] = (-np.inf, np.inf),
) -> NDArray[np.float64]:
    """Weights `(K,)` by which inputs `(N, K)` come to values `(N,)` where most of them agree (Tukey's weights).

    At the ends of the range values were cut off: what comes out beyond them agrees.
    """
    dark, bright = wanted <= ends[0], wanted >= ends[1]
    damping = (ridge * len(inputs) * float((inputs**2).mean()) + 1e-9) * np.eye(inputs.shape[1])
    weight = np.where(dark | bright, 1e-3, 1.0)
    fitted = np.zeros(inputs.shape[1])
    met = wanted
    for _ in range(_FITTINGS):
        weighted = inputs * weight[:, None]
        fitted = np.linalg.solve(weighted.T @ inputs + damping * weight.mean(), weighted.T @ met)
        made = inputs @ fitted
        met = np.where(dark, np.minimum(made, wanted), np.where(bright, np.maximum(made, wanted), wanted))
        apart = np.abs(met - made)
        reach = 4 * (float(np.quantile(apart, 0.4)) + 1.0)
        weight = np.where(apart < reach, (1 - (apart / reach) ** 2) ** 2, 0.0) + 1e-6
    return fitted


def _terms(colours: NDArray[np.floating]) -> NDArray[np.float64]:
    red, green, blue = colours.T.astype(np.float64)
    terms = [np.ones_like(red), red * green, red * blue, green * blue]
    for channel in (red, green, blue):
        terms += [channel, channel**2, channel**3, np.sqrt(channel)]  # the root is for what gamma does to shadows
    return np.stack(terms, axis=1)


def _error(ours: Grey, told: Grey) -> Grey:
    """Squared error in grey levels: of luma, and of colour as far as codecs keep it, which is less finely."""
    apart = ours - told
    luma = apart @ _LUMA
    colour = ndimage.gaussian_filter(apart - luma[..., None], (1.5, 1.5, 0))
    luma = ndimage.gaussian_filter(luma, 1.0)  # the finest stripes are another kind of stripes after any resampling
    error: Grey = (luma**2 + (colour**2).mean(axis=-1)).astype(np.float32)
    return error


def _expected(error: Grey, told: Grey, inside: NDArray[np.bool_]) -> Grey:
    """What error the treatment of the suspect leaves, by local contrast: a + b times the squared gradient.

    Fitted to the lower half of the errors at each contrast, so that what was replaced does not count as treatment;
    both numbers are kept to what re-encoding and registration can come to.
    """
    # Steps between neighbours: of the finest stripes, which resampling spoils most, a blurred gradient is nothing.
    steps = [np.abs(np.diff(told, axis=axis, append=told.take([-1], axis=axis))) for axis in (0, 1)]
    slope = np.maximum(*steps).max(axis=-1)
    slope = ndimage.gaussian_filter(ndimage.maximum_filter(slope, 3) ** 2, 2.0)
    if inside.sum() < 100:
        return np.ones_like(error)
    local = ndimage.gaussian_filter(error, 2.0)
    order = np.argsort(slope[inside])
    groups = np.array_split(order, 24)
    slopes = np.array([np.median(slope[inside][group]) for group in groups])
    errors = np.array([np.quantile(local[inside][group], 0.4) for group in groups]) * 1.2
    # Relative misfits count, so that flat parts are not drowned by contrasty ones.
    inputs = np.stack([np.ones_like(slopes), slopes], axis=1)
    weight = 1 / (errors + 1.0)
    fitted = np.linalg.lstsq(inputs * weight[:, None], errors * weight, rcond=None)[0]
    a, b = float(np.clip(fitted[0], 1.0, 60.0)), float(np.clip(fitted[1], 0.002, 0.25))
    expected: Grey = (a + b * slope).astype(np.float32)
    return expected


def _grown(seeds: NDArray[np.bool_], ratio: Grey, fine: Grey, settings: DifferenceSettings) -> NDArray[np.bool_]:
    """Regions around their strongest parts. Averaging gives them tails: a shorter average tells where they end."""
    labels, _ = ndimage.label(ndimage.binary_propagation(seeds, mask=ratio >= settings.edge))
    mask = np.zeros_like(seeds)
    for number, place in enumerate(ndimage.find_objects(labels), start=1):
        part = labels[place] == number
        typical = float(np.quantile(ratio[place][part], 0.9))
        mask[place] |= part & (fine[place] >= max(settings.edge, min(2 * settings.least, _TAIL * typical)))
    return mask


def _likeness(ours: Grey, told: Grey, inside: NDArray[np.bool_], blur: float) -> Grey:
    """Local correlation, -1 to 1: what was only sharpened or graded keeps its structure. Near 1 where both are flat."""
    first, second = (ndimage.gaussian_filter(picture @ _LUMA, 1.0) for picture in (ours, told))
    means = _averaged(first, inside, blur), _averaged(second, inside, blur)
    variances = _averaged(first**2, inside, blur) - means[0] ** 2, _averaged(second**2, inside, blur) - means[1] ** 2
    shared = _averaged(first * second, inside, blur) - means[0] * means[1]
    flat = 9.0
    alike: Grey = ((shared + flat) / (np.sqrt(np.maximum(variances[0] * variances[1], 0)) + flat)).astype(np.float32)
    return alike


def _shift(ours: Grey, told: Grey, inside: NDArray[np.bool_], blur: float) -> Grey:
    """How far the local mean colour is off, in grey levels: that of the channel that is off most."""
    shifts = [np.abs(_averaged(ours[..., one] - told[..., one], inside, blur)) for one in range(3)]
    most: Grey = np.max(shifts, axis=0)
    return most


def _averaged(values: Grey, inside: NDArray[np.bool_], blur: float) -> Grey:
    covered = ndimage.gaussian_filter(inside.astype(np.float32), blur)
    averaged: Grey = ndimage.gaussian_filter(np.where(inside, values, 0).astype(np.float32), blur) / (covered + 1e-3)
    return averaged


def _regions(
    mask: NDArray[np.bool_], ratio: Grey, full: tuple[int, ...], least_share: float
) -> tuple[NDArray[np.bool_], tuple[Region, ...]]:
    labels, _ = ndimage.label(mask)
    down, across = full[0] / mask.shape[0], full[1] / mask.shape[1]
    regions: list[Region] = []
    kept = np.zeros_like(mask)
    for number, place in enumerate(ndimage.find_objects(labels), start=1):
        part = labels[place] == number
        share = float(part.sum()) / mask.size
        if share < least_share:
            continue
        kept[place] |= part
        rows, columns = place
        strength = float(ratio[place][part].max())
        regions.append(
            Region(columns.start * across, rows.start * down, columns.stop * across, rows.stop * down, share, strength)
        )
    return kept, tuple(sorted(regions, key=lambda region: -region.share))
