"""Where a suspect's pixels lie in the original: scaled, cropped, shifted, turned a little, sheared a little.

First the two are laid over each other as wholes, which is right for whatever was only resized or re-encoded. Where that
does not fit, features (ORB) and a consensus of them propose a place. Either way the place is then refined until single
pixels fit, on local contrast, so that changed brightness does not matter, and with weights that pay no heed to what was
replaced: a swapped face does not drag the rest along.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from prosopon.core.clip import Frame

Points = NDArray[np.float64]
Grey = NDArray[np.float32]

LEAST_FIT = 0.35
"""Below this share of structure that fits, two pictures are not of one origin."""
_SIDES_PX = (96, 192, 384)
_STEPS = 12
_HOPELESS_FIT = 0.15
"""Below it, at a coarse resolution, a place is given up."""
_GOOD_FIT = 0.75
"""From here on no other place is tried."""
_LEAST_OVERLAP = 0.3
"""Of the suspect; less says little."""
_LEAST_INLIERS = 8


@dataclass(frozen=True, eq=False)
class Registration:
    """A place of a suspect in an original.

    Attributes:
        matrix: `float64 (3, 3)`, from points (x, y, 1) of the suspect to points of the original, both in full-frame
            pixels, the first pixel's centre at (0.5, 0.5).
        fit: share of the suspect's structure that is found there, 0 to 1.
        overlap: share of the suspect that lies within the original, 0 to 1.
        method: how it was found: whole or features.
    """

    matrix: NDArray[np.float64]
    fit: float
    overlap: float
    method: str

    def apply(self, points: Points) -> Points:
        """Points `(..., 2)` of the suspect as points of the original."""
        return _apply(self.matrix, points)

    @property
    def inverse(self) -> Registration:
        """The same place seen from the original: where the original lies in the suspect."""
        return replace(self, matrix=np.linalg.inv(self.matrix).astype(np.float64))

    @property
    def scale(self) -> float:
        """How many pixels of the original a pixel of the suspect is long."""
        return float(np.sqrt(abs(np.linalg.det(self.matrix[:2, :2]))))


def register(suspect: Frame, original: Frame) -> Registration | None:
    """Find a suspect in an original.

    Args:
        suspect: `uint8 (H, W, 3)` RGB, upright and not mirrored.
        original: `uint8 (H', W', 3)` RGB, whole; a thumbnail will do.

    Returns:
        The best place; None where nothing fits.
    """
    if min(*suspect.shape[:2], *original.shape[:2]) < 16:
        return None
    best: Registration | None = None
    for matrix, method in _proposals(suspect, original):
        coarse = _refined(suspect, original, matrix, _SIDES_PX[:2])
        if _fit(suspect, original, coarse)[0] < _HOPELESS_FIT:
            continue
        refined = _refined(suspect, original, coarse, _SIDES_PX[2:])
        fit, overlap = _fit(suspect, original, refined)
        if overlap >= _LEAST_OVERLAP and (best is None or fit > best.fit):
            best = Registration(refined, fit, overlap, method)
        if best is not None and best.fit >= _GOOD_FIT:
            break
    return best if best is not None and best.fit >= LEAST_FIT else None


def warped(
    original: Frame | Grey, matrix: NDArray[np.float64], size: tuple[int, int]
) -> tuple[Grey, NDArray[np.bool_]]:
    """The original as it would look in the place of the suspect.

    Args:
        original: `(H', W')` or `(H', W', C)`, at about the suspect's resolution: nothing is smoothed here.
        matrix: from points of the suspect to points of the original.
        size: (width, height) of the suspect.

    Returns:
        `float32 (H, W)` or `(H, W, C)`, and where it is inside the original, `bool (H, W)`.
    """
    width, height = size
    across, down = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    places = _apply(matrix, np.stack([across, down], axis=-1)) - 0.5
    rows, columns = places[..., 1], places[..., 0]
    inside = (
        (rows >= -0.5) & (columns >= -0.5) & (rows <= original.shape[0] - 0.5) & (columns <= original.shape[1] - 0.5)
    )
    layers = original[..., None] if original.ndim == 2 else original
    seen = [
        ndimage.map_coordinates(layers[..., one].astype(np.float32), [rows, columns], order=1, mode="nearest")
        for one in range(layers.shape[2])
    ]
    picture = np.stack(seen, axis=-1)
    return (picture[..., 0] if original.ndim == 2 else picture), inside


def _proposals(suspect: Frame, original: Frame) -> Iterator[tuple[NDArray[np.float64], str]]:
    (height, width), (full_height, full_width) = suspect.shape[:2], original.shape[:2]
    yield np.diag([full_width / width, full_height / height, 1.0]), "whole"
    found = _by_features(suspect, original)
    if found is not None:
        yield found, "features"


def _by_features(suspect: Frame, original: Frame) -> NDArray[np.float64] | None:
    """A similarity that many ORB features agree on."""
    from skimage.feature import ORB, match_descriptors  # noqa: PLC0415 - slow to load, and seldom needed
    from skimage.measure import ransac  # noqa: PLC0415
    from skimage.transform import SimilarityTransform  # noqa: PLC0415

    described = []
    for frame in (suspect, original):
        grey, scale = _grey(frame, _SIDES_PX[-1])
        orb = ORB(n_keypoints=700, fast_threshold=0.03)  # type: ignore[no-untyped-call]
        try:
            orb.detect_and_extract(grey / 255)  # type: ignore[no-untyped-call]
        except RuntimeError:  # nothing stands out in it
            return None
        if orb.keypoints is None:
            return None
        described.append(((orb.keypoints[:, ::-1] + 0.5) / scale, orb.descriptors))
    (ours, our_words), (theirs, their_words) = described
    pairs = match_descriptors(our_words, their_words, cross_check=True, max_ratio=0.9)  # type: ignore[no-untyped-call]
    if len(pairs) < _LEAST_INLIERS:
        return None
    found, inliers = ransac(  # type: ignore[no-untyped-call]
        (ours[pairs[:, 0]], theirs[pairs[:, 1]]),
        SimilarityTransform,
        min_samples=2,
        residual_threshold=4 * max(original.shape) / _SIDES_PX[-1],
        max_trials=500,
        rng=np.random.default_rng(0),
    )
    if inliers is None or inliers.sum() < _LEAST_INLIERS or not np.isfinite(found.params).all():
        return None
    matrix: NDArray[np.float64] = found.params
    return matrix


def _refined(suspect: Frame, original: Frame, matrix: NDArray[np.float64], sides: Sequence[int]) -> NDArray[np.float64]:
    """Gauss-Newton steps on an affine map, from coarse to fine (Lucas and Kanade 1981; weights of Tukey)."""
    for side in sides:
        ours, scale = _grey(suspect, side)
        # The original is brought to the suspect's resolution, and the map with it.
        wanted = round(max(original.shape[:2]) * scale / _length(matrix))
        theirs, their_scale = _grey(original, max(16, min(wanted, 4 * side)))
        to_small, from_small = np.diag([their_scale, their_scale, 1.0]), np.diag([1 / scale, 1 / scale, 1.0])
        local = to_small @ matrix @ from_small
        local = _descend(_contrast(ours), _contrast(theirs), local)
        matrix = np.linalg.inv(to_small) @ local @ np.linalg.inv(from_small)
    return matrix


def _descend(ours: Grey, theirs: Grey, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    height, width = ours.shape
    across, down = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    centre = np.array([width / 2, height / 2])
    x, y = (across - centre[0]) / width, (down - centre[1]) / height
    slopes = np.stack([ndimage.sobel(theirs, axis=1) / 8, ndimage.sobel(theirs, axis=0) / 8], axis=-1)
    stacked = np.concatenate([theirs[..., None], slopes], axis=-1)
    for _ in range(_STEPS):
        seen, inside = warped(stacked, matrix, (width, height))
        error = np.where(inside, ours - seen[..., 0], 0)
        within = np.abs(error[inside])
        if len(within) < 64:
            return matrix
        spread = 1.48 * float(np.median(within)) + 0.05
        weight = np.where(inside & (np.abs(error) < 4 * spread), (1 - (error / (4 * spread)) ** 2) ** 2, 0)
        columns, rows = seen[..., 1], seen[..., 2]
        jacobian = np.stack([columns * x, columns * y, columns, rows * x, rows * y, rows], axis=-1).reshape(-1, 6)
        weighted = jacobian * weight.reshape(-1, 1)
        normal = weighted.T @ jacobian
        step = np.linalg.lstsq(normal + 1e-6 * np.trace(normal) * np.eye(6), weighted.T @ error.ravel(), rcond=None)[0]
        change = step.reshape(2, 3)
        # The steps are in shares of the sides around the middle: as a map of pixels of the suspect they are added.
        change = change @ np.array(
            [[1 / width, 0, -centre[0] / width], [0, 1 / height, -centre[1] / height], [0, 0, 1]]
        )
        matrix = matrix + np.vstack([change, np.zeros(3)])
        if np.abs(step).max() < 0.01:
            break
    return matrix


def _fit(suspect: Frame, original: Frame, matrix: NDArray[np.float64]) -> tuple[float, float]:
    """The share of structure that fits, and the overlap.

    Blocks of about 1/24 of the longer side, weighted by how much there is to see in them in either picture; a block
    fits where the two correlate by 0.7 or more.
    """
    side = _SIDES_PX[1]
    ours, scale = _grey(suspect, side)
    length = _length(matrix)
    if not 0.02 < length < 50:
        return 0.0, 0.0
    theirs, their_scale = _grey(original, max(16, round(max(original.shape[:2]) * scale / length)))
    local = np.diag([their_scale, their_scale, 1.0]) @ matrix @ np.diag([1 / scale, 1 / scale, 1.0])
    seen, inside = warped(theirs, local, (ours.shape[1], ours.shape[0]))
    overlap = float(inside.mean())
    if overlap < 0.05:
        return 0.0, overlap
    blur = side / 48
    covered = ndimage.gaussian_filter(inside.astype(np.float32), blur) + 1e-6

    def mean(values: Grey) -> Grey:
        averaged: Grey = ndimage.gaussian_filter(np.where(inside, values, 0).astype(np.float32), blur) / covered
        return averaged

    our_mean, their_mean = mean(ours), mean(seen)
    ours_var = np.maximum(mean(ours**2) - our_mean**2, 0)
    theirs_var = np.maximum(mean(seen**2) - their_mean**2, 0)
    shared = mean(ours * seen) - our_mean * their_mean
    likeness = shared / np.sqrt(ours_var * theirs_var + 4.0)
    weight = np.sqrt(np.maximum(ours_var, theirs_var)) * inside
    weight = np.minimum(weight, 30.0) * (weight > 3)
    return float((weight * (likeness > 0.7)).sum() / (weight.sum() + 1e-6)), overlap


def _length(matrix: NDArray[np.float64]) -> float:
    """Pixels of the original that a pixel of the suspect is long."""
    return float(np.sqrt(abs(np.linalg.det(matrix[:2, :2])))) or 1.0


def _contrast(grey: Grey) -> Grey:
    """Without the local mean, over the local spread: the same whatever was done to brightness."""
    blur = max(grey.shape) / 24
    centred = grey - ndimage.gaussian_filter(grey, blur)
    spread = np.sqrt(ndimage.gaussian_filter(centred**2, blur))
    contrast: Grey = ndimage.gaussian_filter(centred / (spread + 4.0), 0.7).astype(np.float32)
    return contrast


def _grey(frame: Frame, side: int) -> tuple[Grey, float]:
    """Luma `float32 (H, W)` with the longer side at most `side`, and its scale; enlarged never."""
    image = Image.fromarray(frame).convert("L")
    scale = min(1.0, side / max(image.size))
    size = (max(8, round(image.width * scale)), max(8, round(image.height * scale)))
    return np.asarray(
        image.resize(size, Image.Resampling.BOX if scale < 0.5 else Image.Resampling.LANCZOS), np.float32
    ), size[0] / image.width


def _apply(matrix: NDArray[np.float64], points: Points) -> Points:
    moved = points @ matrix[:, :2].T + matrix[:, 2]
    result: Points = moved[..., :2] / moved[..., 2:]
    return result
