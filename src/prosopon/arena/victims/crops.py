"""Crops of heads between frames and what victims take, and an aligned face seen through them, with gradients."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from prosopon.core.clip import Frame
from prosopon.faces.aligned.mean_face import OWN
from prosopon.faces.head_box import head_box
from prosopon.models.tensors import to_frames, to_tensor


def as_crops(frames: list[Frame], side_px: int, device: torch.device) -> Tensor:
    """Frames `uint8 (S, S, 3)` as a batch `(B, 3, S, S)` in [-1, 1].

    Raises:
        ValueError: another size; the program is at fault, not the user.
    """
    if any(frame.shape != (side_px, side_px, 3) for frame in frames):
        raise ValueError(f"crops of {[frame.shape for frame in frames]} for a victim of {side_px} pixels")
    return to_tensor(np.stack(frames), device) * 2 - 1


def as_pictures(answers: Tensor, side_px: int) -> list[Frame]:
    """Answers `(B, 3, O, O)` in [-1, 1] as frames `uint8 (S, S, 3)`."""
    if answers.shape[-2:] != (side_px, side_px):
        answers = F.interpolate(answers, size=(side_px, side_px), mode="bicubic", antialias=True)
    return [*to_frames((answers + 1) / 2)]


def usual_landmarks(side_px: int) -> NDArray[np.float64]:
    """Where the landmarks `(68, 2)` of a frontal face are in a crop by `head_box`, in its pixels."""
    box = head_box([OWN.astype(np.float32)])
    return (OWN - (box.left, box.top)) * (side_px / box.width)


def seen_through(
    images: Tensor, matrix: NDArray[np.floating], side_px: int, *, beyond: str = "border"
) -> Tensor:  # fmt: skip
    """Pictures seen through an affine map, bilinearly; gradients pass. Nothing is smoothed where pictures shrink.

    Args:
        images: `(B, C, H, W)`.
        matrix: from pixels of the result to pixels of the images, `(2, 3)`; the first pixel's centre is at 0.5.
        side_px: of the result.
        beyond: what is outside: `border` repeats the edge, `zeros` is 0.

    Returns:
        `float32 (B, C, side_px, side_px)`.
    """
    height, width = images.shape[-2:]
    # `affine_grid` measures both pictures from -1 to 1, edge to edge.
    half_in, half_out = np.array((width, height)) / 2, side_px / 2
    linear = matrix[:, :2] * half_out / half_in[:, None]
    offset = (matrix[:, :2].sum(1) * half_out + matrix[:, 2]) / half_in - 1
    theta = torch.tensor(np.column_stack((linear, offset)), dtype=torch.float32, device=images.device)
    grid = F.affine_grid(
        theta.expand(len(images), -1, -1), [len(images), images.shape[1], side_px, side_px], align_corners=False
    )
    return F.grid_sample(images.float(), grid, padding_mode=beyond, align_corners=False)
