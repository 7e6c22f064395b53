"""Real codecs in the middle of nets: forward what JPEG and H.264 make of a picture, backward as if nothing was done.

No stand-in: what marks have to outlive is the codecs that are used, with their dead zones, filters and rate control.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from prosopon.media.codecs import through_jpeg, through_x264
from prosopon.models.laundering.rounding import straight_through
from prosopon.models.tensors import to_frames, to_tensor

Frames = NDArray[np.uint8]
Codec = Callable[[Frames], Frames]
"""Pictures `uint8 (N, H, W, 3)` -> what comes back, of the same shape."""


def through(images: Tensor, codec: Codec) -> Tensor:
    """Pictures `(B, 3, H, W)` in [0, 1] as they come out of a codec, with the gradient of the identity.

    Straight through, as in Bengio et al. 2013 (arXiv 1308.3432); what is clipped takes no gradient.
    """
    images = images.clamp(0, 1)
    with torch.no_grad():
        coded = to_tensor(codec(to_frames(images))).to(images)
    return straight_through(images, coded)


def jpeg(quality: int) -> Codec:
    """Pillow's JPEG at a quality from 1 to 100, colour at half the resolution."""

    def code(frames: Frames) -> Frames:
        return np.stack([through_jpeg(frame, quality) for frame in frames])

    return code


def h264(crf: int) -> Codec:
    """x264 at a constant rate factor from 0 (nothing is lost) to 51.

    The pictures stand side by side in one frame, which comes twice: what is taken is the second, which is predicted
    from the first, as most frames of videos are.
    """

    def code(frames: Frames) -> Frames:
        n, height, width = frames.shape[:3]
        beside = np.concatenate(list(frames), axis=1)
        back = through_x264(np.stack((beside, beside)), crf)[-1]
        return np.ascontiguousarray(back.reshape(height, n, width, 3).swapaxes(0, 1))

    return code
