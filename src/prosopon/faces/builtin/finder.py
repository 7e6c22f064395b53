"""`BuiltinFinder`: faces with the nets that come with the package; nothing to install, nothing to fetch.

Detector, then landmarks twice: once on what the detector points at, once on what the first landmarks point at, which is
better placed. Frames are searched each for itself, and a frame has the same faces every time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from prosopon.core.clip import Frame
from prosopon.core.errors import CheckpointError
from prosopon.core.faces import Face
from prosopon.faces.builtin.blocks import folded
from prosopon.faces.builtin.detector import MULTIPLE, Detector, apart, decode
from prosopon.faces.builtin.landmarks import CROP_PX, CROP_SIDE, LandmarkNet
from prosopon.faces.builtin.stance import Stance, apply, view
from prosopon.faces.pose68 import face_box, fit_head
from prosopon.models.catalogue import find
from prosopon.models.checkpoint import load, load_strict, part
from prosopon.models.tensors import to_tensor

WEIGHTS = "faces.builtin"
SIDES_PX = (320, 640, 1280)
"""Longer side of the picture that the detector sees; each only where nobody was found at the one before."""
MAGNIFIED = 4.0
"""Pictures are not enlarged more than this."""
LEAST_SCORE = 0.2
"""Of the detector, to be looked at at all."""
LEAST_CONFIDENCE = 0.5
MOST_FACES = 16
_SAME_FACE = 0.4


@dataclass(frozen=True)
class Calibration:
    """From what the nets say to a probability: a logistic function.

    Attributes:
        detector, face, error: what the detector's logit, the landmark net's logit and the logarithm of its expected
            error (as a share of the face's size) are multiplied by.
        constant: what is added.
    """

    detector: float = 0.3
    face: float = 0.5
    error: float = -2.0
    constant: float = -7.0

    def __call__(self, detector: float, face: float, error: float) -> float:
        """The confidence, 0 to 1, from logit, logit and expected error."""
        total = self.detector * detector + self.face * face + self.error * float(np.log(max(error, 1e-4)))
        return float(1 / (1 + np.exp(-np.clip(total + self.constant, -50, 50))))


@dataclass(frozen=True)
class Sighting:
    """A face, and how it came to be believed.

    Attributes:
        face: as `find` hands it out.
        errors: `float32 (68,)` distance of each landmark from the truth to be expected, in pixels.
        evidence: the detector's logit, the landmark net's, and the mean expected error as a share of the face's size.
    """

    face: Face
    errors: NDArray[np.float32]
    evidence: tuple[float, float, float]


class BuiltinFinder:
    """Finds faces with the built-in nets.

    `Face.confidence` is the estimated probability that this is a face with its landmarks about in place; it falls where
    a face is hidden, blurred or dark.

    Args:
        detector, landmarks: trained nets; copies are made ready for inference.
        calibration: of the confidence.
        least: faces of less confidence are not told of.
    """

    name = "builtin"

    def __init__(
        self,
        detector: Detector,
        landmarks: LandmarkNet,
        calibration: Calibration | None = None,
        *,
        least: float = LEAST_CONFIDENCE,
    ) -> None:
        self._detector, self._landmarks = folded(detector), folded(landmarks)
        self._calibration = calibration or Calibration()
        self._least = least

    @classmethod
    def open(cls, weights: str | Path = WEIGHTS, *, least: float = LEAST_CONFIDENCE) -> BuiltinFinder:
        """Open the back end.

        Args:
            weights: name in the catalogue, or a `.safetensors` with its card beside it.
            least: faces of less confidence are not told of.

        Raises:
            MissingError: there are no such weights.
            CheckpointError: they are damaged, or not of these nets.
        """
        entry = find(weights)
        state, card = load(entry.path)
        detector, landmarks = Detector(), LandmarkNet()
        load_strict(detector, part(state, "detector"), f"the detector of {entry.name}")
        load_strict(landmarks, part(state, "landmarks"), f"the landmark net of {entry.name}")
        return cls(detector, landmarks, _calibration(card), least=least)

    def find(self, frame: Frame) -> list[Face]:
        """Faces of one frame `uint8 (H, W, 3)` RGB, the largest first; small ones only where there is no large one."""
        return [sighting.face for sighting in self.look(frame)]

    def look(self, frame: Frame) -> list[Sighting]:
        """As `find`, with what is known about each face beside."""
        sightings: list[Sighting] = []
        with torch.inference_mode():
            for side, following in zip(SIDES_PX, (*SIDES_PX[1:], 0), strict=True):
                sightings = self._look_at(frame, side)
                # What a closer look cannot show is not there.
                if sightings or not following or following > MAGNIFIED * max(frame.shape[:2]):
                    break
        return sorted(sightings, key=lambda one: one.face.box.width * one.face.box.height, reverse=True)

    def _look_at(self, frame: Frame, side: int) -> list[Sighting]:
        """Faces of a frame brought to a size."""
        scale = min(MAGNIFIED, side / max(frame.shape[:2]))
        heat, form = self._detector(_padded(_scaled(frame, scale)))
        candidates = [
            (Stance(s.x / scale, s.y / scale, s.size / scale, s.roll_deg), float(np.log(score / max(1e-6, 1 - score))))
            for s, score in decode(heat[0], form[0], least=LEAST_SCORE, most=MOST_FACES)
        ]
        if not candidates:
            return []
        points, _, faces = self._place(frame, [stance for stance, _ in candidates])
        likely = [i for i in range(len(candidates)) if faces[i] > -3]
        if not likely:
            return []
        second = [Stance.of(points[i]) for i in likely]
        points, errors, faces = self._place(frame, second)
        sightings: list[Sighting] = []
        kept: list[Stance] = []
        for i, index in enumerate(likely):
            stance = Stance.of(points[i])
            evidence = (candidates[index][1], float(faces[i]), float(errors[i].mean()) / stance.size)
            confidence = self._calibration(*evidence)
            if confidence < self._least or any(apart(stance, other) < _SAME_FACE for other in kept):
                continue
            kept.append(stance)
            head = fit_head(points[i])
            face = Face(face_box(points[i], head), points[i], confidence, pose=head.pose)
            sightings.append(Sighting(face, errors[i], evidence))
        return sightings

    def _place(
        self, frame: Frame, stances: Sequence[Stance]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """Landmarks `(N, 68, 2)` and their expected errors `(N, 68)` in the frame's pixels, and logits `(N,)`."""
        matrices = [stance.matrix(CROP_SIDE, CROP_PX) for stance in stances]
        crops = np.stack([view(frame, matrix, CROP_PX, CROP_PX) for matrix in matrices])
        placed = self._landmarks(to_tensor(crops))
        inside = placed.points.numpy().astype(np.float64) * CROP_PX
        points = np.stack([apply(matrix, own) for matrix, own in zip(matrices, inside, strict=True)])
        widths = np.array([stance.size * CROP_SIDE for stance in stances])
        # The mean distance of a Laplace density in the plane is twice its scale.
        errors = 2 * np.exp(placed.log_scale.clamp(-8, 2).numpy()) * widths[:, None]
        return points.astype(np.float32), errors.astype(np.float32), placed.face.numpy()


def _scaled(frame: Frame, scale: float) -> Frame:
    height, width = frame.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    if size == (width, height):
        return frame
    picture = Image.fromarray(np.ascontiguousarray(frame))
    return np.asarray(picture.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0))


def _padded(frame: Frame) -> Tensor:
    """A frame as the detector takes it, `(1, 3, H, W)`, its right and lower edges repeated to whole multiples."""
    height, width = frame.shape[:2]
    more = ((0, -height % MULTIPLE), (0, -width % MULTIPLE), (0, 0))
    return to_tensor(np.pad(frame, more, mode="edge"))


def _calibration(card: Mapping[str, Any]) -> Calibration:
    table = card.get("confidence")
    if table is None:
        return Calibration()
    try:
        return Calibration(**{name: float(value) for name, value in table.items()})
    except (AttributeError, TypeError, ValueError) as error:
        raise CheckpointError(f"the card's confidence makes no sense: {error}", "train the finder again") from None
