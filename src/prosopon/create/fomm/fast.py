"""The quick path of image animation: the same pictures as the plain path, several times sooner on a CPU.

What is saved, largest first: convolutions run in bfloat16 where the machine has units for it (positions, softmax and
flows stay in float32); the source is encoded once a video instead of once a frame; convolutions have the forms of
`models.folded`; a result larger than the nets is put together from matrix products; weights and features lie
channels-last; frames go through in batches.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from prosopon.create.fomm.model import FommModel
from prosopon.create.fomm.net import Generated, Generator
from prosopon.models.enlarging import enlarged
from prosopon.models.folded import prepared
from prosopon.models.grid import warp
from prosopon.models.motion.keypoints import KeypointDetector, Keypoints
from prosopon.models.motion.quick import join_maps, quick_detector
from prosopon.models.replayed import Replayed


@dataclass(frozen=True)
class EncodedSource:
    """All that a source picture contributes to every frame of a video.

    Attributes:
        picture: `(1, 3, H, W)` float32, what is warped: any size for a model with the blend head.
        at_net: `(1, 3, S, S)` float32, the same at the nets' size.
        features: `(1, C, h, w)` float32 of the picture at the nets' size: float32, because they are warped.
        small: `(1, 3, h', w')` shrunk for the dense motion net.
        keypoints: of the source.
    """

    picture: Tensor
    at_net: Tensor
    features: Tensor
    small: Tensor
    keypoints: Keypoints


class FastAnimator:
    """Animates one source after another with the nets of a model.

    Attributes:
        device: where the nets are.
        landmark_groups: the landmarks (of 68) whose mean each of the first keypoints follows; empty where none do.
    """

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
            keypoint_precision: of the convolution that positions are read from; as `precision` if not given. What
                comes before it can be rounded: nothing there is read as a number.
        """
        self.device = model.device
        self.landmark_groups = model.config.landmark_groups
        self.detector = quick_detector(model.kp_detector, precision, keypoint_precision)
        self.generator: Generator = prepared(model.generator, precision)
        join_maps(self.generator.dense_motion_network, model.generator.dense_motion_network)
        if self.device.type == "cuda":
            for net, method in stacks(self.detector, self.generator).values():
                setattr(net, method, Replayed(getattr(net, method)))

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
        return EncodedSource(shown, image, features, small, Keypoints(keypoints.value, keypoints.jacobian))

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
        generated = self.generator.decode(repeated(source.features), motion, repeated(source.at_net), kp_driving)
        if source.picture is source.at_net or generated.blend is None or generated.painted is None:
            return generated
        return replace(generated, prediction=self._large(generated, repeated(source.picture)))

    def _large(self, generated: Generated, picture: Tensor) -> Tensor:
        """What `Generator.decode` gives for a picture of another size than the nets', `(B, 3, H, W)`."""
        assert generated.blend is not None  # noqa: S101 - the caller looked
        assert generated.painted is not None  # noqa: S101
        height, width = picture.shape[-2:]
        moved = generated.motion.deformation.permute(0, 3, 1, 2)
        flow = enlarged(moved, height, width, mode="bilinear", align_corners=True).permute(0, 2, 3, 1)
        shown = warp(picture, flow, align_corners=self.generator.align_corners, padding="border")
        painted = enlarged(generated.painted, height, width, mode="bicubic").clamp_(0, 1)
        blend = F.interpolate(generated.blend, size=(height, width), mode="bilinear")
        return painted.lerp_(shown, blend)


def stacks(detector: KeypointDetector, generator: Generator) -> dict[str, tuple[nn.Module, str]]:
    """The stacks of convolutions by name, each as a net and its method (see `net`): tensors in, tensors out."""
    return {
        "keypoints": (detector, "maps"),
        "motion": (generator.dense_motion_network, "maps"),
        "decoder": (generator, "paint"),
    }
