"""`BuiltinFinder`: faces with the nets that come with the package; nothing to install, nothing to fetch.

Detector, then landmarks on what it points at; where the first landmarks show that it pointed beside the face, once more
on what they point at. `find` searches each frame for itself, and a frame has the same faces every time; `follow` looks
where a face was a moment ago.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from prosopon.core.clip import Frame
from prosopon.core.errors import CheckpointError
from prosopon.core.faces import Box, Face
from prosopon.faces.builtin.detector import MULTIPLE, Detector, apart, decode
from prosopon.faces.builtin.landmarks import CROP_PX, CROP_SIDE, LandmarkNet
from prosopon.faces.pose68 import face_box, fit_head
from prosopon.faces.stance import Stance, apply, view
from prosopon.models.catalogue import find
from prosopon.models.checkpoint import load, load_strict, part
from prosopon.models.device import pick_precision
from prosopon.models.face_blocks import folded
from prosopon.models.tensors import to_tensor

Net = TypeVar("Net", bound=nn.Module)

WEIGHTS = "faces.builtin"
LOOKS = (
    ((320,), 0),
    ((160,), 0),
    ((320, 160), 2),
    ((320, 160), 1),
    ((320, 160), 3),
    ((640,), 0),
    ((1280,), 0),
)
"""Longer sides of the pictures that the detector sees in each look, and by how many quarters they are turned to the
left for it. The small picture shows faces that fill the frame. Where nobody was found for sure, small and turned
pictures are looked at as well; enlarged ones where nobody was found at all."""
SURE = 0.9
_ALSO_UNSURE_PX = 320
"""Looks of up to this size are taken where somebody was found, but not for sure."""
_LEAST_PX = 64
"""Least sides of what the detector sees: oneDNN's strided bf16 convolution is wrong on maps two pixels wide (AMX, torch
2.13)."""
MAGNIFIED = 4.0
"""Small pictures are not enlarged more than this for the first look."""
ENLARGED = 2.0
"""Nor any more than this where nobody was found."""
LEAST_SCORE = 0.2
"""Of the detector, to be looked at at all."""
LEAST_CONFIDENCE = 0.5
MOST_FACES = 16
_SAME_FACE = 0.4
"""Candidates nearer than this share of the larger one's size are looked at once."""
_SAME_IOU = 0.3
_BESIDE, _RESIZED, _TURNED_DEG = 0.06, 0.1, 8.0
"""How far a crop may be off and still be one that the landmark net was mostly trained on: centre and size as shares of
the face's size, and roll."""
_SEEN_BEFORE = 1.5
"""What the detector would say of a face that is followed: its logit where faces are seen plainly."""
_LEAST_FACE = -3.0
"""Of the landmark net's logit, for a second look."""


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
        looks: longer sides and quarter turns of what the detector sees, look by look.
        precision: of the convolutions; bfloat16 where the machine has units for it, if not given.
    """

    name = "builtin"

    def __init__(
        self,
        detector: Detector,
        landmarks: LandmarkNet,
        calibration: Calibration | None = None,
        *,
        least: float = LEAST_CONFIDENCE,
        looks: Sequence[tuple[Sequence[int], int]] = LOOKS,
        precision: torch.dtype | None = None,
    ) -> None:
        precision = precision or pick_precision()
        self._detector, self._landmarks = _quick(detector, precision), _quick(landmarks, precision)
        self._calibration = calibration or Calibration()
        self._least, self._looks = least, looks

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
        detector, landmarks, card = load_nets(find(weights).path)
        return cls(detector, landmarks, _calibration(card), least=least)

    def find(self, frame: Frame) -> list[Face]:
        """Faces of one frame `uint8 (H, W, 3)` RGB, the largest first; small ones only where there is no large one."""
        return [sighting.face for sighting in self.look(frame)]

    def look(self, frame: Frame) -> list[Sighting]:
        """As `find`, with what is known about each face beside."""
        best: list[Sighting] = []
        with torch.inference_mode():
            for sides, quarters in self._looks:
                surest = max((one.face.confidence for one in best), default=0.0)
                # A face that stands on its head may be seen, wrongly, as an upright one: unsurely.
                is_small = max(sides) <= _ALSO_UNSURE_PX
                needed = surest < SURE if is_small else not best
                # What enlarging cannot show is not there; what it seems to show in gravel neither.
                if needed and (is_small or max(sides) <= ENLARGED * max(frame.shape[:2])):
                    seen = self._look_at(frame, sides, quarters)
                    if max((one.face.confidence for one in seen), default=0.0) > surest:
                        best = seen
        return sorted(best, key=lambda one: one.face.box.width * one.face.box.height, reverse=True)

    def follow(self, frame: Frame, face: Face) -> list[Face]:
        """Faces of a frame that shows somebody where they were a moment ago: that face alone, if it is there for sure.

        Args:
            frame: `uint8 (H, W, 3)` RGB.
            face: with landmarks, of a frame shortly before.

        Returns:
            The face, found without the detector; where it is not surely there any more, what `find` finds.
        """
        if face.landmarks is not None:
            with torch.inference_mode():
                seen = self._placed(frame, [(Stance.of(face.landmarks), _SEEN_BEFORE)])
            if seen and seen[0].face.confidence >= SURE:
                return [seen[0].face]
        return self.find(frame)

    def _candidates(self, frame: Frame, sides: Sequence[int], quarters: int) -> list[tuple[Stance, float]]:
        """What the detector points at in a frame brought to some sizes, and its logits, the surest first."""
        height, width = frame.shape[:2]
        turned = np.rot90(frame, quarters)
        found: list[tuple[Stance, float]] = []
        for side in sides:
            scale = min(MAGNIFIED, side / max(frame.shape[:2]))
            heat, form = self._detector(_padded(_scaled(turned, scale)))
            found += [
                (_turned_back(s, scale, quarters, width, height), math.log(score / max(1e-6, 1 - score)))
                for s, score in decode(heat[0], form[0], least=LEAST_SCORE, most=MOST_FACES)
            ]
        kept: list[tuple[Stance, float]] = []
        for stance, logit in sorted(found, key=lambda one: -one[1]):
            if all(apart(stance, other) > _SAME_FACE for other, _ in kept):
                kept.append((stance, logit))
        return kept[:MOST_FACES]

    def _look_at(self, frame: Frame, sides: Sequence[int], quarters: int) -> list[Sighting]:
        """Faces of a frame brought to some sizes and turned by quarters to the left."""
        return _one_each(self._placed(frame, self._candidates(frame, sides, quarters)))

    def _placed(self, frame: Frame, candidates: Sequence[tuple[Stance, float]]) -> list[Sighting]:
        """Those of the candidates, each with the detector's logit, that are faces."""
        if not candidates:
            return []
        pointed = [stance for stance, _ in candidates]
        points, errors, faces = self._place(frame, pointed)
        astray = [i for i in range(len(pointed)) if faces[i] > _LEAST_FACE and _is_astray(pointed[i], points[i])]
        if astray:
            again = self._place(frame, [Stance.of(points[i]) for i in astray])
            for old, new in zip((points, errors, faces), again, strict=True):
                old[astray] = new
        sightings: list[Sighting] = []
        for i, (_, logit) in enumerate(candidates):
            evidence = (logit, float(faces[i]), float(errors[i].mean()) / Stance.of(points[i]).size)
            confidence = self._calibration(*evidence)
            if faces[i] <= _LEAST_FACE or confidence < self._least:
                continue
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
        return points.astype(np.float32), errors.astype(np.float32), np.array(placed.face.numpy())


def _is_astray(pointed: Stance, points: NDArray[np.float32]) -> bool:
    """Whether the landmarks show that the crop which they were placed in lay beside the face."""
    found = Stance.of(points)
    turned = abs((pointed.roll_deg - found.roll_deg + 180) % 360 - 180)
    resized = abs(pointed.size / found.size - 1)
    return apart(pointed, found) > _BESIDE or resized > _RESIZED or turned > _TURNED_DEG


def _turned_back(seen: Stance, scale: float, quarters: int, width: int, height: int) -> Stance:
    """Where a face lies in a frame of that size that was turned to the left and scaled when it was seen."""
    x, y = seen.x / scale, seen.y / scale
    x, y = ((x, y), (width - y, x), (width - x, height - y), (y, height - x))[quarters]
    return Stance(x, y, seen.size / scale, (seen.roll_deg + 90 * quarters + 180) % 360 - 180)


def _one_each(sightings: Sequence[Sighting]) -> list[Sighting]:
    """Of sightings of the same face, or of a part of one, the surest."""
    kept: list[Sighting] = []
    for one in sorted(sightings, key=lambda sighting: -sighting.face.confidence):
        if not any(_overlap(one.face.box, other.face.box) for other in kept):
            kept.append(one)
    return kept


def _overlap(box: Box, other: Box) -> bool:
    """Whether boxes cannot be of two faces: they share much, or the middle of one lies in the other."""
    return box.iou(other) > _SAME_IOU or _holds(box, other.centre) or _holds(other, box.centre)


def _holds(box: Box, point: tuple[float, float]) -> bool:
    return box.left < point[0] < box.right and box.top < point[1] < box.bottom


def _quick(net: Net, precision: torch.dtype) -> Net:
    """A copy for inference whose convolutions are in a precision; the heads, read as numbers, stay in float32."""
    quick = folded(net)
    quick.to(dtype=precision, memory_format=torch.channels_last)  # type: ignore[call-overload]
    for part_of_it in quick.children():
        if isinstance(part_of_it, nn.Conv2d | nn.Linear):
            part_of_it.float()
    return quick


def load_nets(path: Path) -> tuple[Detector, LandmarkNet, Mapping[str, Any]]:
    """Both nets of a `.safetensors`, and the card beside it.

    Raises:
        MissingError: there are no such weights.
        CheckpointError: they are damaged, or not of these nets.
    """
    state, card = load(path)
    detector, landmarks = Detector(), LandmarkNet()
    load_strict(detector, part(state, "detector"), f"the detector of {path.stem}")
    load_strict(landmarks, part(state, "landmarks"), f"the landmark net of {path.stem}")
    return detector, landmarks, card


def _scaled(frame: Frame, scale: float) -> Frame:
    height, width = frame.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    if size == (width, height):
        return frame
    picture = Image.fromarray(np.ascontiguousarray(frame))
    return np.asarray(picture.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0))


def _padded(frame: Frame) -> Tensor:
    """A frame as the detector takes it, `(1, 3, H, W)`, its right and lower edges repeated to whole multiples."""
    height, width = (max(side, _LEAST_PX) for side in frame.shape[:2])
    wanted = (height + -height % MULTIPLE, width + -width % MULTIPLE)
    more = ((0, wanted[0] - frame.shape[0]), (0, wanted[1] - frame.shape[1]), (0, 0))
    return to_tensor(np.pad(frame, more, mode="edge"))


def _calibration(card: Mapping[str, Any]) -> Calibration:
    table = card.get("confidence")
    if table is None:
        return Calibration()
    try:
        return Calibration(**{name: float(value) for name, value in table.items()})
    except (AttributeError, TypeError, ValueError) as error:
        raise CheckpointError(f"the card's confidence makes no sense: {error}", "train the finder again") from None
