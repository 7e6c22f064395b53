"""The losses against values that can be worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from prosopon.create.stargan import losses


def steep(pictures: Tensor) -> tuple[Tensor, Tensor]:
    """Scores whose slope is (3, 0, ...) in one value of each picture, summed over two patches."""
    score = 1.5 * pictures[:, :1, :1, :1]
    return torch.cat([score, score], dim=3), pictures.flatten(1)[:, :2]


def test_the_gradient_penalty_is_of_the_summed_scores_and_reaches_the_critic() -> None:
    real, fake = torch.rand(4, 3, 8, 8), torch.rand(4, 3, 8, 8)
    assert losses.gradient_penalty(steep, real, fake).item() == pytest.approx((3 - 1) ** 2)
    weight = torch.tensor(0.5, requires_grad=True)
    losses.gradient_penalty(lambda x: (weight * x[:, :1, :1, :1], x), real, fake).backward()
    assert weight.grad is not None and weight.grad.item() == pytest.approx(2 * (0.5 - 1))


def test_pictures_between_are_drawn_for_each_picture() -> None:
    seen: list[Tensor] = []

    def critic(pictures: Tensor) -> tuple[Tensor, Tensor]:
        seen.append(pictures)
        return pictures.sum((1, 2, 3)), pictures

    losses.gradient_penalty(critic, torch.zeros(5, 3, 4, 4), torch.ones(5, 3, 4, 4))
    shares = seen[0].flatten(1)
    assert (shares == shares[:, :1]).all()
    assert len(set(shares[:, 0].tolist())) == 5 and shares.min() >= 0 and shares.max() <= 1


def test_r1_is_of_the_mean_score() -> None:
    real = torch.rand(4, 3, 8, 8, requires_grad=True)
    assert losses.r1(steep(real)[0], real).item() == pytest.approx(1.5**2 / 2)


def test_what_is_lowered() -> None:
    low, high = torch.full((2, 1, 2, 2), -1.0), torch.full((2, 1, 2, 2), 2.0)
    assert losses.discrimination(high, low, "wgan-gp").item() == -3
    assert losses.realness(high, "wgan-gp").item() == -2
    wanted = math.log1p(math.exp(-2)) + math.log1p(math.exp(-1))
    assert losses.discrimination(high, low, "logistic-r1").item() == pytest.approx(wanted)
    assert losses.realness(high, "logistic-r1").item() == pytest.approx(math.log1p(math.exp(-2)))


def test_classes_are_summed_over_attributes_and_averaged_over_pictures() -> None:
    logits = torch.zeros(6, 5)
    assert losses.classification(logits, torch.ones(6, 5)).item() == pytest.approx(5 * math.log(2))
    assert losses.classification(torch.full((6, 5), 50.0).bfloat16(), torch.ones(6, 5)).item() == pytest.approx(0)
