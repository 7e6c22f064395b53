"""Makes the confidence of the built-in finder mean something: how often it was right where the nets spoke so.

Stored faces are spoilt at random and searched; what is found counts as right where a face is and its landmarks lie
about in place. A logistic function is fitted to that (Platt, "Probabilistic outputs for support vector machines and
comparisons to regularized likelihood methods", 1999).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from prosopon.core.clip import Frame
from prosopon.faces.builtin.dataset import FaceItems
from prosopon.faces.builtin.degrade import occluded, spoilt
from prosopon.faces.builtin.detector import Detector, apart
from prosopon.faces.builtin.finder import LOOKS, BuiltinFinder, Calibration
from prosopon.faces.builtin.landmarks import LandmarkNet
from prosopon.faces.builtin.prepared import FaceStore
from prosopon.faces.builtin.scenes import SCENE_PX, draw_scene
from prosopon.faces.stance import Stance, apply, inverse, view

RIGHT = 0.1
"""Mean error of landmarks, in distances of the eyes' corners, up to which a face counts as found."""
_LEAST_EYES = 0.25
_STIFFNESS = 1e-3


def calibrate(
    detector: Detector, landmarks: LandmarkNet, stores: Sequence[FaceStore], *, pictures: int = 600, seed: int = 1
) -> Calibration:
    """Fit the confidence to what the nets get right.

    Args:
        detector, landmarks: trained nets.
        stores: faces, and pictures without any.
        pictures: how many are searched.
        seed: draws them.
    """
    finder = BuiltinFinder(detector, landmarks, least=0.0, looks=LOOKS[:2])
    items = FaceItems(stores)
    rng = np.random.default_rng(seed)
    evidence: list[tuple[float, float, float]] = []
    right: list[bool] = []
    for number in range(pictures):
        frame, truth = _nobody(items, rng) if number % 4 == 0 else _somebody(items, rng)
        for sighting in finder.look(frame):
            evidence.append(sighting.evidence)
            points = sighting.face.landmarks
            right.append(truth is not None and points is not None and _is_right(points, truth))
    return fit(np.array(evidence).reshape(-1, 3), np.array(right, dtype=bool))


def fit(evidence: NDArray[np.float64], right: NDArray[np.bool_]) -> Calibration:
    """The logistic function that makes what was right likeliest.

    Args:
        evidence: `(N, 3)`: see `finder.Sighting`.
        right: `(N,)`. Where all or nothing is right there is nothing to learn, and the default is given back.
    """
    if len(right) == 0 or right.all() or not right.any():
        return Calibration()
    features = evidence.copy()
    features[:, 2] = np.log(np.maximum(features[:, 2], 1e-4))
    signs = np.where(right, 1.0, -1.0)

    def loss(weights: NDArray[np.float64]) -> float:
        margins = signs * (features @ weights[:3] + weights[3])
        return float(np.logaddexp(0, -margins).mean() + _STIFFNESS * (weights[:3] ** 2).sum())

    default = Calibration()
    start = (default.detector, default.face, default.error, default.constant)
    detector, face, error, constant = (float(x) for x in minimize(loss, np.array(start), method="BFGS").x)
    return Calibration(detector, face, error, constant)


def _somebody(items: FaceItems, rng: np.random.Generator) -> tuple[Frame, NDArray[np.float64]]:
    """A stored face nearer or farther, turned and spoilt, and where its landmarks are."""
    row = items.face(rng)
    assert row.landmarks is not None  # noqa: S101 - `face` draws faces
    own = Stance.of(row.landmarks)
    left, top, right, bottom = (float(edge) for edge in row.inside)
    size = float(np.exp(rng.uniform(np.log(18), np.log(230))))
    scale = own.size / size
    angle = np.radians(rng.normal(0, 15))
    linear = scale * np.array(((np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))))
    centre = np.array(((left + right) / 2, (top + bottom) / 2)) if size < 120 else np.array((own.x, own.y))
    matrix = np.column_stack((linear, centre - linear @ (SCENE_PX / 2, SCENE_PX / 2)))
    frame = view(row.picture, matrix, SCENE_PX, SCENE_PX)
    truth = apply(inverse(matrix), row.landmarks)
    if rng.random() < 0.4:
        placed = Stance.of(truth)
        frame = occluded(frame, placed.x, placed.y, placed.size, rng)
    return spoilt(frame, rng, size), truth


def _nobody(items: FaceItems, rng: np.random.Generator) -> tuple[Frame, None]:
    while True:
        picture, _, known = draw_scene(items.face, items.nobody, rng)
        if not known.any():
            return picture, None


def _is_right(points: NDArray[np.floating], truth: NDArray[np.floating]) -> bool:
    if apart(Stance.of(points), Stance.of(truth)) > 0.5:
        return False
    eyes = max(float(np.linalg.norm(truth[36] - truth[45])), _LEAST_EYES * float(np.ptp(truth, axis=0).max()))
    return float(np.linalg.norm(points - truth, axis=1).mean()) < RIGHT * eyes
