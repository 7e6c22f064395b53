"""Every victim with tiny nets: shapes, gradients, what is told of two photos, and that nothing else is touched."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from prosopon.arena.victims.animation import Animation
from prosopon.arena.victims.attributes import AttributeEdits, wanted_looks
from prosopon.arena.victims.crops import as_crops, usual_landmarks
from prosopon.arena.victims.driver import driver
from prosopon.arena.victims.face_reader import Recognition
from prosopon.arena.victims.face_swap import SwappedFace
from prosopon.arena.victims.part_swap import FaceOnDriver
from prosopon.arena.victims.victim import Victim
from prosopon.core.clip import Frame
from prosopon.core.faces import Box
from prosopon.datasets.attributes import AttributeSet
from prosopon.disrupt.pgd.attacking import attack
from prosopon.faces.crop import cut
from prosopon.models.tensors import to_frames

TINY: dict[str, Callable[[], Victim]] = {
    "animation": Animation.tiny,
    "animation/keypoints": lambda: Animation.tiny("keypoints"),
    "partswap": FaceOnDriver.tiny,
    "partswap/segments": lambda: FaceOnDriver.tiny("segments"),
    "swap/code": SwappedFace.tiny,
    "swap/face": lambda: SwappedFace.tiny("face"),
    "stargan": AttributeEdits.tiny,
    "reader": Recognition.tiny,
}
PICTURES = {"animation", "partswap", "swap/face", "stargan"}
MEASURES = {
    "animation": {"keypoints", "l1", "l2", "disrupted"},
    "partswap": {"segments", "l1", "l2", "disrupted"},
    "swap": {"cosine", "l1", "l2", "disrupted"},
    "stargan": {"l1", "l2", "disrupted"},
    "reader": {"cosine", "recognised"},
}


@pytest.fixture(scope="module", params=sorted(TINY))
def named(request: pytest.FixtureRequest) -> tuple[str, Victim]:
    torch.set_num_threads(1)
    return request.param, TINY[request.param]()


def photo(side_px: int) -> Frame:
    return cut(driver().moved, Box(0, 0, 256, 256), side_px)


def noisy(frame: Frame, levels: int = 20) -> Frame:
    noise = np.random.default_rng(0).integers(-levels, levels + 1, frame.shape)
    return np.clip(frame.astype(int) + noise, 0, 255).astype(np.uint8)


def test_gradients_reach_crops_of_a_batch_and_nothing_else(named: tuple[str, Victim]) -> None:
    name, victim = named
    side = victim.side_px
    frames = [photo(side), noisy(photo(side))]
    crops = as_crops(frames, side, torch.device("cpu")).requires_grad_()
    answer = victim(crops)
    assert answer.dtype == torch.float32 and len(answer) == 2 and answer.isfinite().all()
    if name in PICTURES:
        assert answer.shape[1] == 3 and answer.min() >= -1 and answer.max() <= 1
    torch.manual_seed(0)
    (gradient,) = torch.autograd.grad((answer * torch.randn_like(answer)).sum(), crops)
    assert gradient.isfinite().all()
    assert (gradient.abs().amax((1, 2, 3)) > 0).all()
    with torch.no_grad():
        # One by one as in a batch.
        for at in range(2):
            assert torch.allclose(victim(crops[at : at + 1]), answer[at : at + 1], atol=1e-5)


def test_the_gradient_is_the_slope(named: tuple[str, Victim]) -> None:
    """Along the gradient's own direction, by differences, in random nets whose kinks are many: to a tenth."""
    _, victim = named
    crops = as_crops([photo(victim.side_px)], victim.side_px, torch.device("cpu")) * 0.9
    leaf = crops.clone().requires_grad_()
    answer = victim(leaf)
    torch.manual_seed(0)
    weights = torch.randn_like(answer)
    (gradient,) = torch.autograd.grad((answer * weights).sum(), leaf)
    step = gradient / gradient.norm() * 1e-2
    with torch.no_grad():
        difference = ((victim(crops + step) - victim(crops - step)) * weights).sum() / 2e-2
    assert difference.item() == pytest.approx(gradient.norm().item(), rel=0.1)


def test_two_photos_are_told_apart_and_a_photo_from_itself_is_not(named: tuple[str, Victim]) -> None:
    name, victim = named
    frame = photo(victim.side_px)
    same, other = victim.effect(frame, frame), victim.effect(frame, noisy(frame))
    assert {*same} - {"masked_l2"} == MEASURES[name.split("/")[0]]
    for measure, value in same.items():
        expected = 1 if measure in ("cosine", "recognised") else 0
        assert value == pytest.approx(expected, abs=1e-5)
    assert all(np.isfinite([*other.values()]))
    if "cosine" in other:
        assert other["cosine"] < 1 - 1e-9
    else:
        assert other["l2"] > 0


def test_what_it_makes_are_pictures_of_the_crops_size(named: tuple[str, Victim]) -> None:
    name, victim = named
    made = victim.makes(photo(victim.side_px))
    assert len(made) == {"reader": 0, "stargan": 7}.get(name, 1)
    for caption, picture in made:
        assert caption
        assert picture.shape == (victim.side_px, victim.side_px, 3) and picture.dtype == np.uint8
    with pytest.raises(ValueError, match="pixels"):
        victim.effect(photo(victim.side_px), photo(victim.side_px - 1))


def test_attacks_go_through_it(named: tuple[str, Victim]) -> None:
    _, victim = named
    images = as_crops([photo(victim.side_px)], victim.side_px, torch.device("cpu"))
    with torch.no_grad():
        reference = victim(images)
    torch.manual_seed(0)
    start = (images + 0.02 * torch.randn_like(images)).clamp(-1, 1)
    done = attack(images, victim, reference, epsilon=0.05, step=0.02, iterations=3, start=start)
    with torch.no_grad():
        after = (victim(done.adversarial) - reference).square().mean().item()
    assert after > done.losses[0] > 0


def test_half_precision_is_about_the_same_and_effects_are_not_touched_by_it() -> None:
    exact, quick = Animation.tiny(), Animation.tiny()
    quick._precision = torch.bfloat16
    frame = photo(32)
    crops = as_crops([frame], 32, torch.device("cpu"))
    with torch.no_grad():
        one, other = exact(crops), quick(crops)
    assert other.dtype == torch.float32
    assert 0 < (one - other).abs().max() < 0.1
    assert exact.effect(frame, noisy(frame)) == quick.effect(frame, noisy(frame))


@pytest.mark.parametrize("make", [SwappedFace.tiny, Recognition.tiny])
def test_it_can_be_told_where_the_face_is(make: Callable[[], Victim]) -> None:
    victim = make()
    side = victim.side_px
    crops = as_crops([photo(side)], side, torch.device("cpu"))
    usual = usual_landmarks(side)
    with torch.no_grad():
        assert torch.allclose(victim.at_face(usual)(crops), victim(crops), atol=1e-6)
        moved = torch.roll(crops, 9, dims=-1)
        told = victim.at_face(usual + np.array((9.0, 0.0)))
        assert (told(moved) - victim(crops)).abs().max() < 0.3 * (victim(moved) - victim(crops)).abs().max()


def test_labels_choose_the_edit() -> None:
    victim = AttributeEdits.tiny()
    crops = as_crops([photo(32)] * 2, 32, torch.device("cpu"))
    assert victim.classes.shape == (7, 7)
    with torch.no_grad():
        assert torch.equal(victim(crops), victim(crops, victim.classes[:1].expand(2, -1)))
        mixed = victim(crops, victim.classes[[0, 3]])
        assert not torch.allclose(mixed[0], mixed[1])
        captions, pictures = zip(*victim.makes(photo(32)), strict=True)
    assert captions[3] == "glasses"
    assert np.array_equal(pictures[3], to_frames((mixed[1] + 1) / 2)[0])


def test_each_look_has_its_attribute_and_one_hair_colour() -> None:
    looks = wanted_looks(AttributeSet())
    assert (looks.diagonal() == 1).all()
    assert (looks[:, :3].sum(1) == 1).all()
    assert looks.sum() == 3 + 4 * 2
