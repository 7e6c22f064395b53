"""One step: how long, where it ends, and the way back into the ball and the range."""

from __future__ import annotations

import pytest
import torch

from prosopon.disrupt.pgd.starts import tiny_start, uniform_start
from prosopon.disrupt.pgd.steps import confined, gathered, sign_step


def test_a_step_has_one_length_whatever_the_size_of_the_gradient() -> None:
    images = torch.zeros(1, 1, 1, 4)
    gradient = torch.tensor([3e7, 1e-30, -2.0, 0.0]).view(1, 1, 1, 4)
    stepped = sign_step(images, images, gradient, epsilon=0.05, step=0.01)
    assert torch.equal(stepped.flatten(), torch.tensor([0.01, 0.01, -0.01, 0.0]))
    down = sign_step(images, images, gradient, epsilon=0.05, step=-0.01)
    assert torch.equal(down, -stepped)


def test_what_leaves_the_ball_is_brought_back_to_its_edge() -> None:
    images = torch.full((1, 1, 1, 2), 0.5)
    far = torch.tensor([0.9, -0.9]).view(1, 1, 1, 2)
    assert torch.allclose(confined(far, images, 0.05).flatten(), torch.tensor([0.55, 0.45]))


def test_the_range_has_the_last_word() -> None:
    """A start out of range at a value near the edge: the ball alone would leave it out of range."""
    images = torch.tensor([0.98, -0.98, 1.0]).view(1, 1, 1, 3)
    at = torch.tensor([1.2, -1.2, 0.2]).view(1, 1, 1, 3)
    assert torch.allclose(confined(at, images, 0.05).flatten(), torch.tensor([1.0, -1.0, 0.95]))


def test_the_ball_comes_before_the_range() -> None:
    """A picture that is out of range itself ends in range; the other order would leave it at 1.03."""
    images, at = torch.full((1, 1, 1, 1), 1.08), torch.full((1, 1, 1, 1), 0.5)
    assert confined(at, images, 0.05).item() == 1.0


def test_without_momentum_the_gradient_is_left_as_it_is() -> None:
    gradient = torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    assert gathered(torch.ones_like(gradient), gradient, 0.0) is gradient


def test_momentum_keeps_the_way_through_a_gradient_that_turns_back() -> None:
    strong, weak = torch.full((1, 1, 1, 2), 5.0), torch.tensor([-1.0, 3.0]).view(1, 1, 1, 2)
    velocity = gathered(None, strong, 0.9)
    assert torch.allclose(velocity, torch.ones_like(velocity))
    after = gathered(velocity, weak, 0.9)
    assert torch.allclose(after.flatten(), torch.tensor([0.9 - 0.5, 0.9 + 1.5]))


def test_momentum_looks_at_each_picture_for_itself_and_bears_none_without_gradient() -> None:
    gradient = torch.stack((torch.full((3, 2, 2), 1e-6), torch.zeros(3, 2, 2), torch.full((3, 2, 2), -1e6)))
    even = gathered(None, gradient, 0.5)
    assert torch.allclose(even[0], torch.ones(3, 2, 2))
    assert torch.equal(even[1], torch.zeros(3, 2, 2))
    assert torch.allclose(even[2], -torch.ones(3, 2, 2))


@pytest.mark.parametrize(("start", "radius"), [(tiny_start, 1e-3), (lambda x, g: uniform_start(x, 0.25, g), 0.25)])
def test_a_start_fills_its_radius_and_depends_on_the_generator_only(start: object, radius: float) -> None:
    images = torch.zeros(2, 3, 40, 40, dtype=torch.float64)

    def draw(seed: int) -> torch.Tensor:
        torch.manual_seed(seed + 100)
        started: torch.Tensor = start(images, torch.Generator().manual_seed(seed))  # type: ignore[operator]
        return started

    first = draw(0)
    assert first.dtype == torch.float64
    assert first.abs().max() <= radius
    assert first.max() > 0.99 * radius
    assert first.min() < -0.99 * radius
    assert abs(first.mean()) < 0.05 * radius
    assert torch.equal(draw(0), first)
    assert not torch.equal(draw(1), first)
    assert not torch.equal(first[0], first[1])
