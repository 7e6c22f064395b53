"""Where an attack starts."""

from __future__ import annotations

import torch

from prosopon.disrupt.pgd.starts import beginning, tiny_start, uniform_start

EPSILON = 0.05


def pictures() -> torch.Tensor:
    return torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1


def test_noise_is_bounded_and_the_same_for_a_seed() -> None:
    images = pictures()
    for make, radius in ((tiny_start, 1e-3), (lambda x, g: uniform_start(x, EPSILON, g), EPSILON)):
        first, again = (make(images, torch.Generator().manual_seed(3)) for _ in range(2))
        assert torch.equal(first, again)
        assert 0.9 * radius < (first - images).abs().max() <= radius + 1e-7


def test_a_start_is_pictures_or_what_is_added_to_them() -> None:
    images = pictures()
    noise = (torch.rand(images.shape, generator=torch.Generator().manual_seed(1)) * 2 - 1) * EPSILON
    assert torch.equal(beginning(images, None, EPSILON), images)
    assert torch.equal(beginning(images, noise, EPSILON), images + noise)
    assert torch.equal(beginning(images, images + noise, EPSILON), images + noise)
    assert torch.equal(beginning(images, torch.zeros_like(images), EPSILON), images)
    far = images + 3 * EPSILON  # farther than may be: the first step brings it back
    assert torch.equal(beginning(images, far, EPSILON), far)


def test_pictures_are_not_written_to() -> None:
    images = pictures()
    before = images.clone()
    for start in (None, before.clone()):
        beginning(images, start, EPSILON).add_(1)
    assert torch.equal(images, before)
