"""The quick path of image animation: the same pictures as the plain path, several times sooner on a CPU.

What is saved, largest first: convolutions run in bfloat16 where the machine has units for it (positions, softmax and
flows stay in float32); the source is encoded once a video instead of once a frame; convolutions have the forms of
`models.folded`; weights and features lie channels-last; frames go through in batches.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, nn

from prosopon.create.fomm.model import FommModel
from prosopon.create.fomm.net import Generated, Generator, KeypointDetector, Keypoints
from prosopon.models.folded import fold

Net = TypeVar("Net", bound=nn.Module)


@dataclass(frozen=True)
class EncodedSource:
    """All that a source picture contributes to every frame of a video.

    Attributes:
        picture: `(1, 3, H, W)` float32, what is warped: any size for a model with the blend head.
        features: `(1, C, h, w)` float32 of the picture at the nets' size: float32, because they are warped.
        small: `(1, 3, h', w')` shrunk for the dense motion net.
        keypoints: of the source.
    """

    picture: Tensor
    features: Tensor
    small: Tensor
    keypoints: Keypoints


class FastAnimator:
    """Animates one source after another with the nets of a model."""

    def __init__(
        self,
        model: FommModel,
        *,
        precision: torch.dtype = torch.float32,
        keypoint_precision: torch.dtype | None = None,
    ) -> None:
        """Fold and convert copies of the nets; the model itself is left as it is.

        Args:
            model: a loaded model, on the device to compute on.
            precision: of the convolutions, `torch.float32` or `torch.bfloat16`.
            keypoint_precision: of the keypoint detector's; as `precision` if not given.
        """
        self.device = model.device
        self.detector: KeypointDetector = self._prepared(
            model.kp_detector, precision if keypoint_precision is None else keypoint_precision
        )
        self.generator: Generator = self._prepared(model.generator, precision)

    def _prepared(self, net: Net, precision: torch.dtype) -> Net:
        folded = fold(net)
        folded.to(dtype=precision)
        folded.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return folded

    def _channels_last(self, pictures: Tensor) -> Tensor:
        return pictures.to(self.device).contiguous(memory_format=torch.channels_last)

    @torch.inference_mode()
    def encode(self, picture: Tensor, full: Tensor | None = None) -> EncodedSource:
        """Look at a source once.

        Args:
            picture: `(1, 3, H, W)` in [0, 1] at the size of the nets.
            full: the same picture at the size of the result, for a model with the blend head; `picture` if not given.
        """
        image = self._channels_last(picture)
        small = self.generator.dense_motion_network.down(image)
        keypoints = self.detector(image)
        shown = image if full is None else full.to(self.device).float()
        features = self.generator.encode(image).float().contiguous()
        return EncodedSource(shown, features, small, Keypoints(keypoints.value, keypoints.jacobian))

    @torch.inference_mode()
    def keypoints(self, frames: Tensor) -> Keypoints:
        """Keypoints of frames `(B, 3, H, W)` in [0, 1] at the size of the nets."""
        found: Keypoints = self.detector(self._channels_last(frames))
        return Keypoints(found.value, found.jacobian)

    @torch.inference_mode()
    def generate(self, source: EncodedSource, kp_driving: Keypoints) -> Generated:
        """The source, moved to a batch of keypoints."""
        batch = len(kp_driving.value)

        def repeated(tensor: Tensor) -> Tensor:
            return tensor.expand(batch, *tensor.shape[1:])

        motion = self.generator.dense_motion_network(repeated(source.small), source.keypoints.expand(batch), kp_driving)
        return self.generator.decode(repeated(source.features), motion, repeated(source.picture), kp_driving)
