from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from prosopon.faces.builtin import losses
from prosopon.faces.builtin.detector import STRIDE, Detector, decode
from prosopon.faces.builtin.landmarks import LandmarkNet, Placed
from prosopon.faces.stance import Stance
from prosopon.models.face_blocks import folded


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)


def lived_in(net: nn.Module) -> nn.Module:
    """With statistics and scales of batch norm that are not those of a new net."""
    for part in net.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.normal_(0, 0.2)
            part.running_var.uniform_(0.5, 2)
            nn.init.uniform_(part.weight, 0.5, 1.5)
            nn.init.normal_(part.bias, 0, 0.2)
    return net.eval()


def test_the_detector_sees_every_eighth_pixel() -> None:
    heat, form = Detector()(torch.rand(2, 3, 96, 160))
    assert heat.shape == (2, 1, 12, 20)
    assert form.shape == (2, 5, 12, 20)


def test_landmarks_are_in_the_crop() -> None:
    placed = LandmarkNet()(torch.rand(3, 3, 128, 128))
    assert placed.points.shape == (3, 68, 2)
    assert placed.log_scale.shape == (3, 68)
    assert placed.face.shape == (3,)
    assert 0 < placed.points.min() < placed.points.max() < 1


def test_nets_are_small() -> None:
    assert sum(p.numel() for net in (Detector(), LandmarkNet()) for p in net.parameters()) * 2 < 4e6


def test_every_parameter_learns() -> None:
    detector, landmarks = Detector(), LandmarkNet()
    stances, known = torch.tensor([[[40.0, 40, 30, 10]]] * 2), torch.ones(2, 1)
    losses_of = losses.detector_loss(detector(torch.rand(2, 3, 96, 96)), stances, known)
    torch.stack([*losses_of.values()]).sum().backward()
    placed = landmarks(torch.rand(2, 3, 128, 128))
    terms = losses.landmark_loss(placed, torch.rand(2, 68, 2), torch.tensor([1.0, 0.0]))
    torch.stack([*terms.values()]).sum().backward()
    for net in (detector, landmarks):
        assert [name for name, p in net.named_parameters() if p.grad is None or not p.grad.abs().sum()] == []


@pytest.mark.parametrize(("net", "side"), [(Detector, 96), (LandmarkNet, 128)])
def test_folding_changes_nothing(net: type[nn.Module], side: int) -> None:
    plain = lived_in(net())
    picture = torch.rand(1, 3, side, side)
    with torch.inference_mode():
        for before, after in zip(plain(picture), folded(plain)(picture), strict=True):
            assert torch.allclose(before, after, atol=1e-3, rtol=1e-3)


def test_what_is_wanted_decodes_to_the_faces_that_were_meant() -> None:
    faces = [Stance(61.0, 40.0, 30.0, 20.0), Stance(150.0, 100.0, 90.0, -170.0)]
    table = torch.tensor([[(f.x, f.y, f.size, f.roll_deg) for f in faces] + [(0.0, 0, 0, 0)]])
    heat, form, counts = losses.heat_targets(table, torch.tensor([[1.0, 1, 0]]), 20, 30)
    assert heat.max() == 1
    assert (heat == 1).sum() == 2
    assert counts.sum() > 2
    found = decode(torch.logit(heat[0], 1e-6), form[0], least=0.9, most=5)
    found.sort(key=lambda one: one[0].x)
    for (stance, _), meant in zip(found, faces, strict=True):
        assert (stance.x, stance.y, stance.size) == pytest.approx((meant.x, meant.y, meant.size), abs=1e-3)
        assert stance.roll_deg == pytest.approx(meant.roll_deg, abs=1e-3)


def test_a_picture_without_faces_wants_no_heat() -> None:
    heat, _, counts = losses.heat_targets(torch.zeros(1, 4, 4), torch.zeros(1, 4), 8, 8)
    assert not heat.any()
    assert not counts.any()
    terms = losses.detector_loss((torch.full((1, 1, 8, 8), -9.0), torch.zeros(1, 5, 8, 8)), torch.zeros(1, 4, 4),
                                 torch.zeros(1, 4))  # fmt: skip
    assert torch.stack([*terms.values()]).sum() < 1e-4


def test_of_two_peaks_at_one_face_the_surer_counts() -> None:
    heat = torch.full((1, 10, 10), -9.0)
    heat[0, 4, 4], heat[0, 4, 6] = 3.0, 2.0
    form = torch.zeros(5, 10, 10)
    form[2], form[3] = 1.0, 1.0
    found = decode(heat, form, least=0.5, most=9)
    assert len(found) == 1
    assert found[0][0].x == 4.5 * STRIDE


def test_wing_is_logarithmic_near_and_straight_far_away() -> None:
    values = losses.wing(torch.tensor([0.0, 0.06 - 1e-6, 0.06 + 1e-6, 0.5, 0.6]))
    assert values[0] == 0
    assert values[1] == pytest.approx(0.06 * np.log(1 + 0.06 / 0.008), rel=1e-3)
    assert values[2] == pytest.approx(values[1].item(), rel=1e-3)
    assert values[4] - values[3] == pytest.approx(0.1, abs=1e-6)


def test_the_scale_of_errors_is_best_where_it_is_true() -> None:
    """The density exp(-d/b)/b^2 is likeliest for distances d at b = d/2."""
    points = torch.rand(1, 68, 2) * 0.5
    heat = torch.zeros(1, 68, 32, 32)

    def surprise(scale: float) -> float:
        placed = Placed(
            heat, points + torch.tensor((0.1, 0.0)), torch.full((1, 68), float(np.log(scale))), torch.ones(1)
        )
        return float(losses.landmark_loss(placed, points, torch.ones(1))["scale"])

    assert surprise(0.05) < surprise(0.045)
    assert surprise(0.05) < surprise(0.055)


def test_crops_without_faces_teach_no_landmarks() -> None:
    placed = LandmarkNet()(torch.rand(2, 3, 128, 128))
    terms = losses.landmark_loss(placed, torch.rand(2, 68, 2), torch.zeros(2))
    assert terms["place"] == terms["scale"] == terms["heat"] == 0
    assert terms["face"] > 0
