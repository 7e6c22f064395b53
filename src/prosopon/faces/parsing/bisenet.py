"""`BiSeNetParser`: parts of faces with published weights that the user has imported.

The weights are not ours to ship: they were trained on CelebAMask-HQ, which is for non-commercial research only.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from prosopon.core.clip import Frame
from prosopon.core.errors import CheckpointError, MissingError, UsageError
from prosopon.core.faces import Face
from prosopon.faces.parsing.bisenet_net import BiSeNet
from prosopon.faces.parsing.celebamask import CLASSES, KNOWN, as_parts
from prosopon.faces.parsing.head_crop import head_crop
from prosopon.faces.parsing.part_map import PartMap
from prosopon.faces.stance import view
from prosopon.models.catalogue import find
from prosopon.models.checkpoint import load, load_strict, part
from prosopon.models.device import pick_device
from prosopon.models.importing import read_published
from prosopon.models.tensors import to_tensor

TECHNIQUE, CONFIG = "parsing", "bisenet"
WEIGHTS = f"{TECHNIQUE}.{CONFIG}"
INPUT_PX = 512
PUBLISHED = "79999_iter.pth"
_MODULE = "bisenet"


class BiSeNetParser:
    """Parses faces with a BiSeNet of the 19 classes of CelebAMask-HQ.

    Args:
        net: with its weights; it is put to inference.
        device: where to compute.
    """

    name = "bisenet"

    def __init__(self, net: BiSeNet, device: torch.device | None = None) -> None:
        self._device = device or torch.device("cpu")
        self._net = net.eval().requires_grad_(requires_grad=False).to(self._device)

    @classmethod
    def open(cls, weights: str | Path = WEIGHTS, *, device: str = "auto") -> BiSeNetParser:
        """Open the back end.

        Args:
            weights: name in the catalogue, or a `.safetensors` with its card beside it.
            device: where to compute, as `models.device.pick_device` names it.

        Raises:
            MissingError: there are no such weights; says how they are brought in.
            CheckpointError: they are damaged, or not of this net.
        """
        try:
            entry = find(weights)
        except MissingError as error:
            raise MissingError(
                f"the weights {weights} are not there; they are {PUBLISHED} of the project "
                "zllrunning/face-parsing.PyTorch, for non-commercial research only",
                f"fetch that file yourself, then run: prosopon weights import {PUBLISHED} --technique {TECHNIQUE}",
            ) from error
        if entry.technique != TECHNIQUE or entry.config != CONFIG:
            raise CheckpointError(
                f"the weights {entry.name} are of {entry.technique} ({entry.config}), not of {TECHNIQUE} ({CONFIG})",
                "see prosopon weights list",
            )
        state, _ = load(entry.path)
        net = BiSeNet(len(CLASSES))
        load_strict(net, part(state, _MODULE), entry.name)
        return cls(net, pick_device(device))

    @classmethod
    def import_published(cls, path: Path, config: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """The published file as our weights: the state as `bisenet.<key>`, and what goes on the card.

        Raises:
            MissingError: there is no such file.
            CheckpointError: it is unsafe, damaged, or not of this net.
            UsageError: there is no such configuration.
        """
        if config != CONFIG:
            raise UsageError(f"face parsing has no configuration {config!r}", f"use {CONFIG}, or leave --config out")
        net = BiSeNet(len(CLASSES))
        load_strict(net, read_published(path), path.name)
        state = {f"{_MODULE}.{key}": tensor for key, tensor in net.state_dict().items()}
        return state, {
            "licence": "non-commercial research only",
            "origin": "the published face parser zllrunning/face-parsing.PyTorch",
            "trained_on": "CelebAMask-HQ (Lee et al. 2020)",
            "notice": "They were trained on CelebAMask-HQ, which its authors give for non-commercial research only.",
            "classes": [*CLASSES],
            "input_px": INPUT_PX,
        }

    def parse(self, frame: Frame, face: Face) -> PartMap:
        """The parts of one face of a frame `uint8 (H, W, 3)` RGB, over a crop as those that the net has learnt from.

        Raises:
            ValueError: the face has no landmarks.
        """
        classes, matrix = self.classes(frame, face)
        return PartMap(as_parts(classes), matrix, KNOWN)

    def classes(self, frame: Frame, face: Face) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
        """As `parse`, in the net's own 19 classes: their indices `(512, 512)`, and the crop's matrix `(2, 3)`."""
        if face.landmarks is None:
            raise ValueError("a face without landmarks cannot be parsed")
        matrix = head_crop(face.landmarks, INPUT_PX)
        crop = to_tensor(view(frame, matrix, INPUT_PX, INPUT_PX), self._device)
        with torch.inference_mode():
            indices = self._net(crop)[0].argmax(0).to(torch.uint8)
        return indices.cpu().numpy(), matrix

    def probabilities(self, pictures: Tensor) -> Tensor:
        """Soft maps of the 19 classes of whole pictures, as unsupervised and supervised part models want them.

        Args:
            pictures: `(B, 3, H, W)` in [0, 1], sides multiples of 32; trained at 512.

        Returns:
            `(B, 19, H, W)`, summing to 1 at each pixel, on the parser's device.
        """
        with torch.inference_mode():
            soft: Tensor = self._net(pictures.to(self._device)).softmax(1)
        return soft
