"""Models small enough for tests, with everything that the large ones have, and people made of landmarks alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from prosopon.core.clip import Clip
from prosopon.core.faces import Box, Face, Track, Tracks
from prosopon.create.fomm.technique import FirstOrderMotion
from prosopon.create.partswap.alignment import Alignment
from prosopon.create.partswap.config import (
    FaceLossConfig,
    LossConfig,
    ModelConfig,
    PartSwapConfig,
    ReconstructionConfig,
    SegmentationConfig,
)
from prosopon.create.partswap.technique import PartSwap
from prosopon.models.motion.config import DenseMotionConfig, KeypointConfig
from prosopon.models.motion.dense import DenseMotion
from prosopon.models.motion.keypoints import KeypointDetector
from prosopon.models.tensors import to_frames

SIZE = 64
PARTS = 4

PAINT = ModelConfig(
    num_segments=PARTS,
    size_px=SIZE,
    segmentation=SegmentationConfig(block_expansion=4, max_features=16, num_blocks=2, scale_factor=0.25),
    reconstruction=ReconstructionConfig(block_expansion=4, max_features=16, num_bottleneck_blocks=1),
)
"""As published: segments as large as the features."""
BLEND = replace(
    PAINT,
    segmentation=replace(PAINT.segmentation, scale_factor=0.5),
    reconstruction=replace(PAINT.reconstruction, head="blend"),
)
"""As ours of faces."""
TINY_FACE = PartSwapConfig(
    "tiny-face", model=BLEND, loss=LossConfig(perceptual=(1, 1, 1), scales=(1, 0.5)), face=FaceLossConfig()
)

SMALL: dict[str, Any] = {
    "model_params": {
        "common_params": {"num_segments": PARTS, "num_channels": 3, "estimate_affine_part": True},
        "segmentation_module_params": {
            "temperature": 0.1, "block_expansion": 4, "max_features": 16, "scale_factor": 0.25, "num_blocks": 2,
        },
        "reconstruction_module_params": {
            "block_expansion": 4, "max_features": 16, "num_down_blocks": 2, "num_bottleneck_blocks": 1,
            "estimate_visibility": True,
        },
    }
}  # fmt: skip
"""`PAINT` in the published form."""


def small_fomm(num_kp: int = PARTS) -> dict[str, Any]:
    """First Order Motion whose detector and pictures have the sizes of `SMALL`, in the published form."""
    return {
        "model_params": {
            "common_params": {"num_kp": num_kp, "num_channels": 3, "estimate_jacobian": True},
            "kp_detector_params": {
                "temperature": 0.1, "block_expansion": 4, "max_features": 16, "scale_factor": 0.25, "num_blocks": 2,
            },
            "generator_params": {
                "block_expansion": 4, "max_features": 16, "num_down_blocks": 2, "num_bottleneck_blocks": 1,
                "estimate_occlusion_map": True,
                "dense_motion_params": {
                    "block_expansion": 8, "max_features": 24, "num_blocks": 3, "scale_factor": 0.25,
                },
            },
            "discriminator_params": {
                "scales": [1], "block_expansion": 4, "max_features": 16, "num_blocks": 2, "sn": True,
            },
        }
    }  # fmt: skip


def published_fomm(path: Path, num_kp: int = PARTS) -> Path:
    """A First Order Motion checkpoint of the published form, with the blur kernels that such files hold."""
    torch.manual_seed(8)
    model = FirstOrderMotion.untrained(small_fomm(num_kp))
    tables: dict[str, dict[str, Tensor]] = {name: dict(net.state_dict()) for name, net in model.modules.items()}
    tables["kp_detector"]["down.weight"] = torch.rand(3, 1, 13, 13)
    tables["generator"]["dense_motion_network.down.weight"] = torch.rand(3, 1, 13, 13)
    torch.save({**tables, "epoch": 99}, path)
    return path


def pictures(batch: int, seed: int = 0) -> Tensor:
    """Soft colours `(B, 3, SIZE, SIZE)`: white noise has no places that could be told apart."""
    coarse = torch.rand(batch, 3, 8, 8, generator=torch.Generator().manual_seed(seed))
    return F.interpolate(coarse, size=(SIZE, SIZE), mode="bicubic").clamp(0, 1)


@torch.no_grad()
def model_of(config: ModelConfig) -> PartSwap:
    """Random weights whose batch norms have seen pictures, with parts and motions that differ from place to place."""
    torch.manual_seed(5)
    model = PartSwap.untrained(config)
    _settle([model.segmentation_module], lambda: model.segmentation_module(pictures(4)))
    model.segmentation_module.segmentation.weight.mul_(6)
    model.segmentation_module.shift.weight.mul_(4)
    nets = model.reconstruction_module
    _settle([nets], lambda: nets.picture(nets.encode(pictures(4)), pictures(4)))
    nets.final.weight.mul_(6)
    return model


@torch.no_grad()
def aligned(model: PartSwap) -> PartSwap:
    """The same with animation nets of another number of keypoints to align by."""
    torch.manual_seed(6)
    detector = KeypointDetector(KeypointConfig(4, 16, 2, scale_factor=0.5, pad=3), 3, 3, True)
    dense = DenseMotion(DenseMotionConfig(4, 16, 2, scale_factor=0.5), 3, 3, True, align_corners=True)

    def once() -> None:
        points = detector(pictures(4))
        dense(dense.down(pictures(4)), points, points)

    _settle([detector, dense], once)
    dense.mask.weight.mul_(4)
    model.alignment = Alignment(dense, detector, "tiny")
    return model


def _settle(nets: list[nn.Module], once: Any) -> None:
    for net in nets:
        net.train()
    for _ in range(10):
        once()
    for net in nets:
        net.eval()


def moving(n: int, seed: int = 0) -> Clip:
    """Soft colours that go to the right, 25 frames a second."""
    frame = to_frames(pictures(1, seed))[0]
    return Clip.of_frames([np.roll(frame, 2 * t, axis=1) for t in range(n)], Fraction(25), name="moving.mp4")


def face(x: float, y: float, size: float = 60.0) -> Face:
    """A face whose landmarks are a ring around (x, y)."""
    ring = np.linspace(0, 2 * np.pi, 68)
    points = np.stack([x + size / 2 * np.cos(ring), y + size / 2 * np.sin(ring)], 1).astype(np.float32)
    return Face(Box(x - size / 2, y - size / 2, x + size / 2, y + size / 2), points)


def people(n_frames: int, *each: Mapping[int, Face]) -> Tracks:
    """Tracks of some people, the most prominent first."""
    return Tracks(tuple(Track(dict(faces)) for faces in each), n_frames, "told")
