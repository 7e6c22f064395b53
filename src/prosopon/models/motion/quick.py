"""The quick forms of the motion nets: the same numbers as the plain ones, several times sooner on a CPU."""

from __future__ import annotations

import torch
from torch import Tensor

from prosopon.models.folded import FoldedHead, joined_conv, prepared
from prosopon.models.motion.dense import DenseMotion
from prosopon.models.motion.keypoints import KeypointDetector


def quick_detector(
    plain: KeypointDetector, precision: torch.dtype, keypoint_precision: torch.dtype | None = None
) -> KeypointDetector:
    """A keypoint detector, folded.

    Args:
        plain: it is left as it is.
        precision: of the convolutions.
        keypoint_precision: of the convolution that positions are read from; as `precision` if not given. What comes
            before it can be rounded: nothing there is read as a number.
    """
    detector: KeypointDetector = prepared(plain, precision)
    read_positions_in(detector, keypoint_precision or precision)
    return detector


def quick_dense(plain: DenseMotion, precision: torch.dtype) -> DenseMotion:
    """A dense motion network, folded; the plain one is left as it is."""
    dense: DenseMotion = prepared(plain, precision)
    join_maps(dense, plain)
    return dense


def read_positions_in(detector: KeypointDetector, precision: torch.dtype) -> None:
    """Let a folded detector compute the logits of the positions in another type than all the rest.

    A softmax of low temperature multiplies their error by ten, and a point that is off moves the whole picture. A
    small net's points, rounded everywhere but there, are off by a hundredth of a pixel of 128.
    """
    rest = detector.kp.weight.dtype
    detector.kp.to(precision)

    def maps(small: Tensor) -> tuple[Tensor, ...]:
        features = detector.predictor(small.to(rest))
        logits: Tensor = detector.kp(features.to(precision))
        if detector.jacobian is None:
            return (logits,)
        # Weighted by place afterwards, which is several times slower when channels lie last.
        return logits, detector.jacobian(features).float().contiguous()

    detector.maps = maps  # type: ignore[method-assign]


def join_maps(folded: DenseMotion, plain: DenseMotion) -> None:
    """Let a folded net make its mask and what is hidden with one convolution: both read the same features."""
    if plain.occlusion is None:
        return
    head = FoldedHead(joined_conv(plain.mask, plain.occlusion)).requires_grad_(False)
    head.to(dtype=folded.mask.weight.dtype, memory_format=torch.channels_last)  # type: ignore[call-overload]
    kinds = plain.mask.out_channels

    def maps(stacked: Tensor) -> tuple[Tensor, ...]:
        logits: Tensor = head(folded.hourglass(stacked.to(head.weight.dtype)))
        return logits[:, :kinds], logits[:, kinds:]

    folded.maps = maps  # type: ignore[method-assign]
