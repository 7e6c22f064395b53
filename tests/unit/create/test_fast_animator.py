"""The quick path against the plain one."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from prosopon.create.fomm.fast import FastAnimator
from prosopon.create.fomm.technique import FirstOrderMotion
from prosopon.models.motion.config import DenseMotionConfig, GeneratorConfig, KeypointConfig, ModelConfig

PAINT = ModelConfig(
    num_kp=4,
    size_px=64,
    kp_detector=KeypointConfig(block_expansion=8, max_features=32, num_blocks=3, scale_factor=0.5),
    generator=GeneratorConfig(
        block_expansion=8,
        max_features=32,
        num_bottleneck_blocks=2,
        dense_motion=DenseMotionConfig(block_expansion=8, max_features=32, num_blocks=3, scale_factor=0.5),
    ),
)
BLEND = replace(PAINT, generator=replace(PAINT.generator, head="blend"))


def smooth_pictures(batch: int) -> Tensor:
    """Soft colours: white noise has no keypoints, and which of many equal ones wins is a matter of rounding."""
    return F.interpolate(torch.rand(batch, 3, 8, 8), size=(64, 64), mode="bicubic").clamp(0, 1)


def model_of(config: ModelConfig) -> FirstOrderMotion:
    """Random weights whose batch norms have seen pictures, so that the output has contrast."""
    torch.manual_seed(5)
    model = FirstOrderMotion.untrained(config)
    nets = model.modules.values()
    for net in nets:
        net.train()
    seen = smooth_pictures(4)
    for _ in range(20):
        points = model.kp_detector(seen)
        model.generator(seen, points, points)
    for net in nets:
        net.eval()
    model.generator.final.weight.mul_(4)
    return model


def plain(model: FirstOrderMotion, source: Tensor, driving: Tensor) -> Tensor:
    return model.generate(source, kp_source=model.keypoints(source), kp_driving=model.keypoints(driving)).prediction


@pytest.mark.parametrize("config", [PAINT, BLEND], ids=["paint", "blend"])
@pytest.mark.parametrize(("precision", "worst"), [(torch.float32, 1e-4), (torch.bfloat16, 0.02)])
def test_fast_is_plain(config: ModelConfig, precision: torch.dtype, worst: float) -> None:
    with torch.no_grad():
        model = model_of(config)
    source, driving = smooth_pictures(1), smooth_pictures(3)
    wanted = plain(model, source, driving)
    assert float(wanted.std()) > 0.01  # else any answer would do
    animator = FastAnimator(model, precision=precision)
    encoded = animator.encode(source)
    got = animator.generate(encoded, animator.keypoints(driving)).prediction
    error = (got - wanted).abs()
    assert float(error.max()) <= worst
    assert float(error.mean()) <= worst / 10
    single = animator.generate(encoded, animator.keypoints(driving[:1])).prediction
    assert float((single - got[:1]).abs().max()) <= worst / 10


def test_pictures_larger_than_the_nets() -> None:
    with torch.no_grad():
        model = model_of(BLEND)
    source, driving = smooth_pictures(1), smooth_pictures(2)
    large = F.interpolate(source, size=(160, 160), mode="bicubic").clamp(0, 1)
    points = model.keypoints(source)
    with torch.no_grad():
        nets = model.generator
        small = nets.dense_motion_network.down(source).expand(2, -1, -1, -1)
        motion = nets.dense_motion_network(small, points.expand(2), model.keypoints(driving))
        features = nets.encode(source).expand(2, -1, -1, -1)
        wanted = nets.decode(features, motion, large.expand(2, -1, -1, -1), model.keypoints(driving)).prediction
    animator = FastAnimator(model)
    got = animator.generate(animator.encode(source, large), animator.keypoints(driving)).prediction
    assert got.shape == (2, 3, 160, 160)
    assert float((got - wanted).abs().max()) <= 1e-4


def test_positions_can_be_read_more_exactly_than_the_rest() -> None:
    with torch.no_grad():
        model = model_of(BLEND)
        model.kp_detector.kp.weight.mul_(30)  # peaks as sharp as after training
    seen = smooth_pictures(6)
    wanted = model.keypoints(seen).value
    off = [
        float((FastAnimator(model, precision=torch.bfloat16, keypoint_precision=kind).keypoints(seen).value - wanted)
              .abs().mean())
        for kind in (None, torch.float32)
    ]  # fmt: skip
    assert off[1] < off[0] < 0.02


@torch.no_grad()
def test_model_is_left_alone() -> None:
    model = model_of(PAINT)
    source = smooth_pictures(1)
    before = plain(model, source, source)
    FastAnimator(model, precision=torch.bfloat16)
    assert torch.equal(plain(model, source, source), before)
