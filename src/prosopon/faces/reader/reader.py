"""`FaceReader`: what a face is made of, whose it may be, and what it does, with a net of our own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from prosopon.core.clip import Frame
from prosopon.core.faces import Face
from prosopon.core.parts import Part
from prosopon.faces.parsing.part_map import PartMap
from prosopon.faces.reader.net import CROP_PX, CROP_SIDE, N_PARTS, POSE_UNIT_DEG, ReaderNet, Reading, load_reader
from prosopon.faces.stance import Stance, view
from prosopon.models.catalogue import READER, find
from prosopon.models.face_blocks import folded
from prosopon.models.tensors import to_tensor

KNOWN = frozenset(part for part in Part if part < N_PARTS)
"""The parts that it tells: an iris is part of an eye."""


@dataclass(frozen=True)
class FaceReading:
    """What was read of one face.

    Attributes:
        parts: what each pixel shows.
        embedding: `float32 (128,)` of length 1; the cosine of two says how alike the faces are.
        yaw_deg, pitch_deg: turn of the head.
        expression: coefficients by the names of `rows.EXPRESSIONS`, about 0 to 1, or -1 to 1.
    """

    parts: PartMap
    embedding: NDArray[np.float32]
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

    def read(self, frame: Frame, faces: Sequence[Face]) -> list[FaceReading]:
        """Everything about some faces of a frame `uint8 (H, W, 3)` RGB.

        Raises:
            ValueError: a face has no landmarks.
        """
        if not faces:
            return []
        matrices = [_matrix(face) for face in faces]
        out = self._run(frame, matrices)
        parts = out.parts.argmax(1).to(torch.uint8).numpy()
        embedding = out.embedding.float().numpy()
        turn = (out.state.pose.float() * POSE_UNIT_DEG).numpy()
        expression = out.state.expression.float().numpy()
        return [
            FaceReading(
                PartMap(parts[i], matrices[i], KNOWN),
                embedding[i],
                float(turn[i, 0]),
                float(turn[i, 1]),
                expression[i],
            )
            for i in range(len(faces))
        ]

    def embed(self, frame: Frame, face: Face) -> NDArray[np.float32]:
        """Who it is, `float32 (128,)` of length 1: mean of the face and its mirror image, which is steadier.

        Raises:
            ValueError: the face has no landmarks.
        """
        crop = _crops(frame, [_matrix(face)])
        with torch.inference_mode():
            pair = to_tensor(np.concatenate((crop, crop[:, :, ::-1])))
            mean = self._net(pair).embedding.float().mean(0)
            unit: NDArray[np.float32] = (mean / mean.norm().clamp_min(1e-9)).numpy()
        return unit

    def _run(self, frame: Frame, matrices: Sequence[NDArray[np.float64]]) -> Reading:
        with torch.inference_mode():
            reading: Reading = self._net(to_tensor(_crops(frame, matrices)))
        return reading


def _matrix(face: Face) -> NDArray[np.float64]:
    if face.landmarks is None:
        raise ValueError("a face without landmarks cannot be read")
    return Stance.of(face.landmarks).matrix(CROP_SIDE, CROP_PX)


def _crops(frame: Frame, matrices: Sequence[NDArray[np.float64]]) -> NDArray[np.uint8]:
    return np.stack([view(frame, matrix, CROP_PX, CROP_PX) for matrix in matrices])
