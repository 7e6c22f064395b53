"""Frames <-> tensors: the one place where the numpy of the rest and the torch of the nets meet."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from prosopon.core.clip import Frame


def to_tensor(frames: Frame | NDArray[np.uint8], device: torch.device | None = None) -> Tensor:
    """Frames `uint8 (T, H, W, 3)`, or one `(H, W, 3)`, as float `(B, 3, H, W)` in [0, 1]; B is 1 for a single frame.

    Raises:
        ValueError: another type or shape; the program is at fault, not the user.
    """
    if frames.dtype != np.uint8 or frames.ndim not in (3, 4) or frames.shape[-1] != 3:
        raise ValueError(f"frames must be uint8 (T, H, W, 3) or (H, W, 3), not {frames.dtype} {frames.shape}")
    held = np.ascontiguousarray(frames if frames.ndim == 4 else frames[None])
    # torch has no read-only tensors and warns of pictures that Pillow lends out.
    batch = torch.from_numpy(held if held.flags.writeable else held.copy())
    return pictures_to_float(batch.to(device) if device is not None else batch)


def pictures_to_float(pictures: Tensor) -> Tensor:
    """Pictures `uint8 (..., H, W, 3)` as float `(..., 3, H, W)` in [0, 1], contiguous, on the same device.

    Moving bytes and converting them there is four times less to copy than moving floats.
    """
    return pictures.movedim(-1, -3).to(torch.float32, memory_format=torch.contiguous_format).div_(255)


def to_frames(tensor: Tensor) -> NDArray[np.uint8]:
    """Float `(B, 3, H, W)`, or one `(3, H, W)`, in [0, 1] on any device as frames `uint8 (T, H, W, 3)`.

    Values outside are clamped, the rest is rounded to the nearest; `to_frames(to_tensor(frames))` is `frames`.

    Raises:
        ValueError: another shape.
    """
    if tensor.ndim not in (3, 4) or tensor.shape[-3] != 3:
        raise ValueError(f"a picture tensor must be (B, 3, H, W) or (3, H, W), not {tuple(tensor.shape)}")
    batch = tensor.detach() if tensor.ndim == 4 else tensor.detach()[None]
    scaled = batch.float().clamp(0, 1).mul(255).round().to(torch.uint8)
    frames: NDArray[np.uint8] = np.ascontiguousarray(scaled.movedim(1, -1).cpu().numpy())
    return frames
