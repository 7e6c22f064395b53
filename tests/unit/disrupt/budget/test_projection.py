"""What every budget keeps to, and what each of them allows."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from prosopon.core.errors import UsageError
from prosopon.disrupt.budget.chroma import Chroma
from prosopon.disrupt.budget.masks import Masked
from prosopon.disrupt.budget.perceptual import FeatureDistance, Perceptual, least_ssim
from prosopon.disrupt.budget.projection import L2, Budget, LInfinity, Storable, Symmetric
from prosopon.models.perceptual import RandomFeatures
from prosopon.models.tensors import to_frames, to_tensor


def rand(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


EVERY: dict[str, Budget] = {
    "linf": LInfinity(8 / 255),
    "linf_map": LInfinity(rand(1, 1, 1, 1, seed=4) * 0.1),
    "l2": L2(0.5),
    "storable": Storable(LInfinity(0.05)),
    "masked": Masked(L2(0.4), torch.ones(1, 1, 1, 1)),
    "chroma": Chroma(1.0, 6.0),
    "ssim": least_ssim(0.95, LInfinity(0.2)),
    "features": Perceptual(L2(3.0), FeatureDistance(RandomFeatures()), 0.01),
}
every = pytest.mark.parametrize("name", EVERY)


def pictures(height: int = 21, width: int = 26, n: int = 2) -> tuple[Tensor, Tensor]:
    """Pictures of 8 bits, black, white and grey among them, and others far off, beyond the range as well."""
    images = torch.round(rand(n, 3, height, width) * 255) / 255
    images[..., : height // 3, :] = 0
    images[..., : width // 4] = 1
    return images, images + 0.8 * torch.randn(images.shape, generator=torch.Generator().manual_seed(1))


@every
@pytest.mark.parametrize("size", [(1, 1), (1, 30), (9, 4), (21, 26)])
def test_pictures_of_any_size_stay_pictures(name: str, size: tuple[int, int]) -> None:
    if name == "features" and min(size) < 4:
        pytest.skip("its net halves pictures twice")
    images, candidate = pictures(*size)
    out = EVERY[name].project(images, candidate)
    assert out.shape == images.shape
    assert out.dtype == torch.float32
    assert bool(torch.isfinite(out).all())
    assert float(out.min()) >= 0
    assert float(out.max()) <= 1


@every
def test_something_changes_but_not_all_that_was_asked_for(name: str) -> None:
    images, candidate = pictures()
    change = EVERY[name].project(images, candidate) - images
    asked = candidate.clamp(0, 1) - images
    assert 0 < float(change.abs().mean()) < 0.7 * float(asked.abs().mean())
    # It goes where the attack wanted to go.
    assert float((change * asked).sum()) > 0


@every
def test_what_is_allowed_stays(name: str) -> None:
    images, candidate = pictures()
    once = EVERY[name].project(images, candidate)
    twice = EVERY[name].project(images, once)
    torch.testing.assert_close(twice, once, rtol=0, atol=1e-6)
    assert torch.equal(EVERY[name].project(images, images), images)


@every
def test_inputs_and_layout(name: str) -> None:
    images, candidate = pictures()
    kept = images.clone(), candidate.clone()
    out = EVERY[name].project(images, candidate)
    assert torch.equal(images, kept[0])
    assert torch.equal(candidate, kept[1])
    other = EVERY[name].project(*(t.contiguous(memory_format=torch.channels_last) for t in kept))
    torch.testing.assert_close(other, out, rtol=0, atol=2e-4 if name in {"ssim", "features"} else 1e-6)


@every
def test_a_picture_does_not_see_the_others(name: str) -> None:
    images, candidate = pictures(n=3)
    candidate[1] = images[1] + 0.01
    together = EVERY[name].project(images, candidate)
    alone = [EVERY[name].project(images[i : i + 1], candidate[i : i + 1]) for i in range(3)]
    torch.testing.assert_close(together, torch.cat(alone), rtol=0, atol=2e-4)


def test_linf_is_a_box_in_a_box() -> None:
    images = torch.tensor([0.0, 0.5, 0.98, 0.5, 0.5]).view(1, 1, 1, 5)
    candidate = torch.tensor([-0.3, 0.9, 1.5, 0.52, 0.1]).view(1, 1, 1, 5)
    out = LInfinity(0.05).project(images, candidate).flatten()
    torch.testing.assert_close(out, torch.tensor([0.0, 0.55, 1.0, 0.52, 0.45]))
    each = LInfinity(torch.tensor([0.1, 0.0, 0.01, 0.01, 1.0])).project(images, candidate).flatten()
    torch.testing.assert_close(each, torch.tensor([0.0, 0.5, 0.99, 0.51, 0.1]))
    assert float(each[1]) == 0.5


def test_l2_shortens_each_picture_by_itself_and_keeps_the_direction() -> None:
    images = torch.full((2, 3, 4, 5), 0.5)
    change = torch.zeros_like(images)
    change[0, 0, 0, 0], change[0, 1, 2, 3] = 0.3, -0.4
    change[1, 2, 1, 1] = 0.2
    out = L2(0.25).project(images, images + change) - images
    torch.testing.assert_close(out[0], change[0] / 2)
    torch.testing.assert_close(out[1], change[1])


def test_l2_holds_after_the_range_too() -> None:
    images, candidate = pictures()
    for radius in (0.0, 0.1, 2.0, math.inf):
        out = L2(radius).project(images, candidate)
        length = (out - images).square().sum((1, 2, 3)).sqrt()
        assert float(length.max()) <= radius + 1e-5


@pytest.mark.parametrize("levels", [0.0, 0.4, 1.0, 6.0, 6.375, 8.0, 12.75])
def test_what_is_stored_is_what_was_allowed(levels: float) -> None:
    images, candidate = pictures()
    out = Storable(LInfinity(levels / 255)).project(images, candidate)
    frames = to_frames(out)
    assert torch.equal(to_tensor(frames), out)
    change = frames.astype(int) - to_frames(images).astype(int)
    assert abs(change).max() == int(levels)
    # A change by whole levels loses none of them.
    inside = LInfinity(levels / 255).project(images, candidate)
    if levels in {1.0, 6.0, 8.0}:
        strong = (candidate - images).abs() > 0.2
        room = (images > 0.1) & (images < 0.9)
        torch.testing.assert_close(out[strong & room], inside[strong & room])


def test_for_nets_from_minus_one_to_one() -> None:
    images, candidate = pictures()
    out = Symmetric(LInfinity(0.05)).project(images * 2 - 1, candidate * 2 - 1)
    torch.testing.assert_close(out, LInfinity(0.05).project(images, candidate) * 2 - 1, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: LInfinity(-0.1),
        lambda: LInfinity(math.nan),
        lambda: LInfinity(torch.tensor([0.1, -0.1])),
        lambda: LInfinity(torch.tensor([0.1, math.nan])),
        lambda: L2(-1),
        lambda: Chroma(-1, 1),
        lambda: Chroma(1, math.nan),
        lambda: least_ssim(1.2, L2(1)),
        lambda: least_ssim(math.nan, L2(1)),
        lambda: Perceptual(L2(1), FeatureDistance(RandomFeatures()), -0.1),
    ],
)
def test_limits_that_are_none_are_refused(wrong: Callable[[], object]) -> None:
    with pytest.raises(UsageError):
        wrong()
