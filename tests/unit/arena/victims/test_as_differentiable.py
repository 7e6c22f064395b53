"""What attackers see of each technique is what its users get, and its weights stay as they are."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from prosopon.core.clip import Frame
from prosopon.core.faces import Box, Face
from prosopon.create.fomm.technique import FirstOrderMotion
from prosopon.create.partswap.technique import PartSwap
from prosopon.create.swap.technique import FaceSwap
from prosopon.faces.reader.net import CROP_PX, CROP_SIDE, ReaderNet
from prosopon.faces.reader.reader import FaceReader
from prosopon.faces.stance import Stance, view
from prosopon.models.named_nets import NamedNets
from prosopon.models.tensors import to_tensor


def pictures(count: int, side_px: int = 32) -> Tensor:
    return torch.rand(count, 3, side_px, side_px, generator=torch.Generator().manual_seed(3))


def untouched(model: NamedNets) -> bool:
    nets = model.modules.values()
    return all(one.requires_grad and one.grad is None for net in nets for one in net.parameters())


def test_an_animation_follows_the_move_relatively() -> None:
    model, frames = FirstOrderMotion.tiny(), pictures(2)
    points = model.keypoints(frames)
    places = model.as_differentiable()(frames.requires_grad_())
    assert torch.allclose(places, points.value, atol=1e-6)
    initial, driving = (model.keypoints(one) for one in pictures(4)[2:].split(1))
    made = model.as_differentiable((initial, driving))(frames)
    moved = model.transfer(points, driving, initial)
    wanted = model.generate(frames.detach(), kp_source=points, kp_driving=moved).prediction
    assert torch.allclose(made, wanted, atol=1e-5)
    assert not torch.allclose(places, moved.value, atol=1e-4)
    made.sum().backward()
    assert frames.grad is not None and untouched(model)
    # Nobody else's training reaches a copy that was handed out.
    with torch.no_grad():
        for parameter in model.kp_detector.parameters():
            parameter.zero_()
    assert not torch.allclose(model.keypoints(frames).value, places)


def test_a_part_swap_with_a_mask() -> None:
    model, (source, target) = PartSwap.tiny(), pictures(2).split(1)
    mask = torch.zeros(1, 1, 32, 32)
    mask[..., 8:24, 8:24] = 1
    source.requires_grad_()
    made = model.as_differentiable(target, mask)(source)
    assert torch.allclose(made, model.swap(source, target, mask=mask).prediction, atol=1e-6)
    assert torch.allclose(model.as_differentiable()(source), model.segment(source).segmentation, atol=1e-6)
    made.sum().backward()
    assert source.grad is not None and source.grad.abs().max() > 0 and untouched(model)
    assert not model.swap(source, target, mask=mask).prediction.requires_grad


def test_a_swapped_face_and_its_code() -> None:
    model = FaceSwap.tiny()
    side = model.plan.input_px
    frames = np.random.default_rng(0).integers(0, 256, (2, side, side, 3), dtype=np.uint8)
    faces = to_tensor(frames).requires_grad_()
    for route in ("a", "b"):
        code = model.as_differentiable("code", route)(faces)
        drawn = model.as_differentiable("face", route)(faces)
        assert torch.allclose(drawn, model.swap(frames, route).face, atol=1e-5)
        assert torch.allclose(model.net.decode(code, route).face, drawn, atol=1e-5)
        assert drawn.requires_grad and code.requires_grad
    assert untouched(model)


def test_the_readers_embedding() -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = ReaderNet((4, 4, 8, 8, 16))
        for module in net.modules():
            if isinstance(module, nn.BatchNorm2d):
                nn.init.uniform_(module.running_mean, -0.1, 0.1)  # type: ignore[arg-type]
    frame: Frame = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    points = (60 + 80 * np.random.default_rng(1).random((68, 2))).astype(np.float32)
    face = Face(Box(*points.min(0).tolist(), *points.max(0).tolist()), points)
    crop = to_tensor(view(frame, Stance.of(points).matrix(CROP_SIDE, CROP_PX), CROP_PX, CROP_PX)).requires_grad_()
    embedding = net.as_differentiable()(crop)
    assert np.allclose(embedding[0].detach().numpy(), FaceReader(net.eval()).embed(frame, face), atol=1e-4)
    (gradient,) = torch.autograd.grad((embedding * torch.linspace(-1, 1, 128)).sum(), crop)
    assert gradient.abs().max() > 0
    assert all(parameter.requires_grad and parameter.grad is None for parameter in net.parameters())
