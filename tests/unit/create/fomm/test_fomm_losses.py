"""Losses: values that can be computed by hand, and gradients that reach every parameter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from tiny_fomm import TINY, TINY_FACE, batch_of
from torch import Tensor

from prosopon.create.fomm import losses
from prosopon.create.fomm.config import FommConfig
from prosopon.create.fomm.discriminator import InstanceNorm, Judgement
from prosopon.create.fomm.recipe import FommRecipe
from prosopon.models.face_losses import expression_emphasis, landmark_targets, weighted_l1
from prosopon.models.motion.equivariance import equivariance_jacobian, equivariance_value
from prosopon.models.motion.keypoints import Keypoints
from prosopon.models.perceptual import RandomFeatures
from prosopon.models.tps import SmoothMap


def judged(value: float, *features: float) -> Judgement:
    return Judgement(torch.full((1, 1, 2, 2), value), [torch.full((1, 3, 2, 2), feature) for feature in features])


def test_least_squares_gan() -> None:
    assert losses.lsgan_generator([judged(0.25)]).item() == pytest.approx(0.75**2)
    assert losses.lsgan_discriminator([judged(0.75)], [judged(0.5)]).item() == pytest.approx(0.25**2 + 0.5**2)
    assert losses.lsgan_generator([judged(0.0), judged(1.0)]).item() == pytest.approx(1.0)  # summed over scales


def test_feature_matching_weighs_every_block() -> None:
    real, fake = [judged(0, 1.0, 2.0)], [judged(0, 1.5, 0.0)]
    assert losses.feature_matching(real, fake, (10, 1)).item() == pytest.approx(10 * 0.5 + 2.0)
    assert losses.feature_matching(real, fake, (10, 0)).item() == pytest.approx(5.0)


def exact_points() -> tuple[Keypoints, Keypoints, SmoothMap]:
    """Points of a transformed frame, and where they were before: z_driving = T(z_transformed)."""
    generator = torch.Generator().manual_seed(0)
    smooth = SmoothMap.random(2, generator=generator)
    smooth = SmoothMap(smooth.theta.double(), smooth.weights.double() if smooth.weights is not None else None)
    transformed = torch.rand(2, 5, 2, generator=generator).double() * 1.6 - 0.8
    jacobian = torch.eye(2).double() + 0.1 * torch.randn(2, 5, 2, 2, generator=generator).double()
    moved = smooth.jacobian(transformed) @ jacobian
    return Keypoints(smooth(transformed), moved), Keypoints(transformed, jacobian), smooth


def test_equivariance_is_zero_for_points_that_follow_the_map() -> None:
    driving, transformed, smooth = exact_points()
    assert equivariance_value(driving, transformed, smooth).item() == pytest.approx(0, abs=1e-12)
    assert equivariance_jacobian(driving, transformed, smooth).item() == pytest.approx(0, abs=1e-6)


def test_equivariance_grows_with_the_error() -> None:
    driving, transformed, smooth = exact_points()
    assert driving.jacobian is not None
    off = Keypoints(driving.value + 0.1, driving.jacobian * 1.25)
    assert equivariance_value(off, transformed, smooth).item() == pytest.approx(0.1)
    # J_d^-1 is a factor 0.8 too small: 0.2 off on the diagonal, nothing beside it.
    assert equivariance_jacobian(off, transformed, smooth).item() == pytest.approx(0.1, abs=1e-6)


def test_the_map_of_an_image_and_of_points_agree() -> None:
    """A bright spot of the transformed frame lies where the map says that it came from."""
    ys, xs = torch.meshgrid(torch.linspace(-1, 1, 65), torch.linspace(-1, 1, 65), indexing="ij")
    spot = torch.tensor((0.2, -0.3))
    image = torch.exp(-((xs - spot[0]) ** 2 + (ys - spot[1]) ** 2) / 0.01)[None, None]
    smooth = SmoothMap.random(1, generator=torch.Generator().manual_seed(3))
    warped = smooth.warp_image(image, align_corners=True)[0, 0]
    row, column = divmod(int(warped.argmax()), 65)
    seen = torch.tensor([[[column / 32 - 1, row / 32 - 1]]])
    assert (smooth(seen)[0, 0] - spot).abs().max() < 0.05


def test_landmark_targets_are_means_of_groups() -> None:
    landmarks = torch.arange(136.0).view(1, 68, 2)
    targets = landmark_targets(landmarks, ((0, 2), (5,)))
    assert targets.tolist() == [[[2.0, 3.0], [10.0, 11.0]]]


def face_landmarks() -> Tensor:
    landmarks = torch.zeros(1, 68, 2)
    landmarks[:, 36:42] = torch.tensor((-0.4, -0.2))
    landmarks[:, 42:48] = torch.tensor((0.4, -0.2))
    landmarks[:, 48:68] = torch.tensor((0.0, 0.5))
    return landmarks


def test_eyes_and_mouth_count_more_and_the_mean_is_one() -> None:
    weight = expression_emphasis(face_landmarks(), torch.ones(1), 41, 5, 5)
    assert weight.shape == (1, 1, 41, 41)
    assert weight.mean().item() == pytest.approx(1, abs=1e-5)

    def at(x: float, y: float) -> float:
        return float(weight[0, 0, round((y + 1) * 20), round((x + 1) * 20)])

    corner = at(-1, -1)
    for x, y in ((-0.4, -0.2), (0.4, -0.2), (0.0, 0.5)):
        assert at(x, y) == pytest.approx(6 * corner, rel=0.05)


def test_without_landmarks_every_pixel_counts_alike() -> None:
    weight = expression_emphasis(face_landmarks(), torch.zeros(1), 16, 5, 5)
    assert torch.allclose(weight, torch.ones_like(weight))


def test_weighted_l1() -> None:
    target, prediction = torch.zeros(1, 3, 2, 2), torch.ones(1, 3, 2, 2)
    emphasis = torch.tensor([[2.0, 0.0], [1.0, 1.0]])[None, None]
    prediction[..., 0, 1] = 9
    assert weighted_l1(prediction, target, None).item() == pytest.approx(3)
    assert weighted_l1(prediction, target, emphasis).item() == pytest.approx(1)


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("memory", [torch.contiguous_format, torch.channels_last])
def test_instance_norm_has_the_right_gradient(batch: int, memory: torch.memory_format) -> None:
    """`F.instance_norm` of torch 2.13 has not, for a batch of one whose gradient comes channels_last."""
    torch.manual_seed(0)
    norm = InstanceNorm(4)
    with torch.no_grad():
        norm.weight.uniform_(0.5, 1.5)
    features = torch.randn(batch, 4, 6, 6)
    weight = torch.randn(batch, 4, 6, 6).contiguous(memory_format=memory)
    ours = features.clone().requires_grad_()
    norm(ours).backward(weight)
    exact = features.double().requires_grad_()
    mean, variance = exact.mean((2, 3), keepdim=True), exact.var((2, 3), keepdim=True, correction=0)
    scale, bias = norm.weight.detach().double(), norm.bias.detach().double()
    normed = (exact - mean) / (variance + 1e-5).sqrt() * scale.view(1, -1, 1, 1) + bias.view(1, -1, 1, 1)
    normed.backward(weight.double())
    assert ours.grad is not None and exact.grad is not None
    assert torch.allclose(ours.grad.double(), exact.grad, atol=1e-5)
    assert torch.allclose(norm(features), F.instance_norm(features, weight=norm.weight, bias=norm.bias), atol=1e-5)


def recipe_of(config: FommConfig) -> FommRecipe:
    torch.manual_seed(0)
    data = batch_of(config)
    return FommRecipe("fomm.test", config, data, RandomFeatures(4), card={}, data={})


@pytest.mark.parametrize("config", [TINY, TINY_FACE], ids=lambda config: config.name)
def test_every_parameter_gets_a_gradient(config: FommConfig) -> None:
    """Zero weights of the jacobian's head included: its gradient does not go through itself."""
    recipe = recipe_of(config)
    batch = recipe.dataset.tensors(4)  # type: ignore[attr-defined]
    for phase in recipe.phases:
        loss, terms = phase.loss(batch)
        assert loss.item() == pytest.approx(sum(term.item() for term in terms.values()), rel=1e-5)
        loss.backward()
        for name in phase.trains:
            without = [
                key
                for key, parameter in recipe.modules[name].named_parameters()
                if parameter.grad is None or not bool(parameter.grad.abs().sum() > 0)
            ]
            assert not without, f"{phase.name}: {name}"


def test_no_gan_loss_means_no_discriminator() -> None:
    plain = replace(TINY, loss=replace(TINY.loss, generator_gan=0))
    recipe = recipe_of(plain)
    assert "discriminator" not in recipe.modules
    assert [phase.name for phase in recipe.phases] == ["generator"]
    _, terms = recipe.phases[0].loss(recipe.dataset.tensors(2))  # type: ignore[attr-defined]
    assert "feature_matching" not in terms


def test_the_frozen_detector_of_taichi_adv_does_not_move() -> None:
    config = replace(TINY, schedule=replace(TINY.schedule, lr_kp_detector=0))
    recipe = recipe_of(config)
    phase = recipe.phases[0]
    parameters = [p for name in phase.trains for p in recipe.modules[name].parameters()]
    before = {name: [p.detach().clone() for p in module.parameters()] for name, module in recipe.modules.items()}
    optimiser = phase.optimiser(parameters)
    phase.loss(recipe.dataset.tensors(2))[0].backward()  # type: ignore[attr-defined]
    optimiser.step()

    def moved(name: str) -> bool:
        now = recipe.modules[name].parameters()
        return any(not torch.equal(p, q) for p, q in zip(before[name], now, strict=True))

    assert not moved("kp_detector")
    assert moved("generator")


def test_landmarks_of_unknown_faces_teach_nothing() -> None:
    recipe = recipe_of(TINY_FACE)
    batch = recipe.dataset.tensors(3)  # type: ignore[attr-defined]
    batch["known_source"] = batch["known_driving"] = torch.zeros(3)
    _, terms = recipe.phases[0].loss(batch)
    assert terms["landmarks"].item() == 0
    assert np.isfinite(terms["l1"].item())
