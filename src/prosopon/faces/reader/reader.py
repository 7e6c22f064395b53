"""`FaceReader`: what a face is made of, whose it may be, and what it does, with a net of our own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from prosopon.core.clip import Frame
from prosopon.core.faces import Face
from prosopon.core.parts import Part
from prosopon.faces.parsing.part_map import PartMap
from prosopon.faces.reader.net import CROP_PX, CROP_SIDE, N_PARTS, POSE_UNIT_DEG, ReaderNet, load_reader
from prosopon.faces.reader.settled import settled
from prosopon.faces.stance import Stance, apply, inverse, view
from prosopon.models.catalogue import READER, find
from prosopon.models.face_blocks import folded
from prosopon.models.tensors import to_tensor

HEAD_SIDE, HEAD_UP = 2.5, 0.12
"""Side of the crop that parts are told of, and how far above the landmarks its middle is, in units of the face's size:
hair stands higher than what the net has mostly learnt from shows, and this is as far as it has learnt to be moved."""
KNOWN = frozenset(part for part in Part if part < N_PARTS)
"""The parts that it tells: an iris is part of an eye."""


@dataclass(frozen=True)
class FaceReading:
    """What a face does.

    Attributes:
        yaw_deg, pitch_deg: turn of the head.
        expression: `float32 (16,)` coefficients by the names of `rows.EXPRESSIONS`, about 0 to 1, or -1 to 1.
    """

    yaw_deg: float
    pitch_deg: float
    expression: NDArray[np.float32]


class FaceReader:
    """Reads faces; remembers nothing between frames.

    Args:
        net: trained; a copy is made ready for inference.
        same_person: cosine of embeddings from which two faces are taken for one person's.
    """

    def __init__(self, net: ReaderNet, *, same_person: float = 0.5) -> None:
        self._net = folded(net)
        self.same_person = same_person

    @classmethod
    def open(cls, weights: str | Path = READER) -> FaceReader:
        """Open trained weights.

        Args:
            weights: name in the catalogue, or a `.safetensors` with its card beside it.

        Raises:
            MissingError: there are no such weights.
            CheckpointError: they are damaged, or of another net.
        """
        net, card = load_reader(find(weights).path)
        return cls(net, same_person=float(card.get("same_person", 0.5)))

    def read(self, frame: Frame, face: Face) -> FaceReading:
        """Pose and expression of one face of a frame `uint8 (H, W, 3)` RGB.

        Raises:
            ValueError: the face has no landmarks.
        """
        with torch.inference_mode():
            maps = self._net.trunk(to_tensor(_crop(frame, _stance(face).matrix(CROP_SIDE, CROP_PX))))
            state = self._net.state(maps[-1])
        yaw, pitch = (state.pose[0].float() * POSE_UNIT_DEG).tolist()
        return FaceReading(yaw, pitch, state.expression[0].float().numpy())

    def parse(self, frame: Frame, face: Face) -> PartMap:
        """What each pixel around one face of a frame `uint8 (H, W, 3)` RGB shows.

        Raises:
            ValueError: the face has no landmarks.
        """
        stance = _stance(face)
        up = np.radians(stance.roll_deg)
        moved = replace(
            stance,
            x=stance.x + HEAD_UP * stance.size * float(np.sin(up)),
            y=stance.y - HEAD_UP * stance.size * float(np.cos(up)),
        )
        matrix = moved.matrix(HEAD_SIDE, CROP_PX)
        with torch.inference_mode():
            logits = self._net.parts(self._net.trunk(to_tensor(_crop(frame, matrix))))[0].float().numpy()
        assert face.landmarks is not None  # noqa: S101 - `_stance` has checked
        return PartMap(settled(logits, apply(inverse(matrix), face.landmarks)), matrix, KNOWN)

    def embed(self, frame: Frame, face: Face) -> NDArray[np.float32]:
        """Who it is, `float32 (128,)` of length 1: mean of the face and its mirror image, which is steadier.

        Raises:
            ValueError: the face has no landmarks.
        """
        crop = _crop(frame, _stance(face).matrix(CROP_SIDE, CROP_PX))
        with torch.inference_mode():
            pair = to_tensor(np.concatenate((crop, crop[:, :, ::-1])))
            mean = self._net(pair).embedding.float().mean(0)
            unit: NDArray[np.float32] = (mean / mean.norm().clamp_min(1e-9)).numpy()
        return unit


def _stance(face: Face) -> Stance:
    if face.landmarks is None:
        raise ValueError("a face without landmarks cannot be read")
    return Stance.of(face.landmarks)


def _crop(frame: Frame, matrix: NDArray[np.float64]) -> NDArray[np.uint8]:
    """A batch of one, `uint8 (1, 160, 160, 3)`."""
    return view(frame, matrix, CROP_PX, CROP_PX)[None]
