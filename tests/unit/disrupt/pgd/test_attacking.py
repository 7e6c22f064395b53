"""The attack as a whole, on nets small enough to know what must come out."""

from __future__ import annotations

import itertools
from functools import partial
from typing import Any

import pytest
import torch
from small_victims import N_LABELS, SmallEditor, drawn
from torch import Tensor

from prosopon.core.errors import ProsoponError, UsageError
from prosopon.disrupt.pgd.named import fgsm, ifgsm, pgd
from prosopon.disrupt.pgd.references import flat, untouched
from prosopon.disrupt.pgd.starts import tiny_start, uniform_start
from prosopon.disrupt.pgd.technique import Disruption, attack

SETTINGS: dict[str, Any] = {"epsilon": 0.05, "step": 0.01, "iterations": 4}
CLASSES = torch.eye(N_LABELS)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def clean(net: SmallEditor, images: Tensor, labels: Tensor | None = None) -> Tensor:
    with torch.no_grad():
        return net(images, labels)


def test_away_climbs_and_towards_descends_by_the_sign_of_the_known_gradient() -> None:
    images = drawn() * 0.5
    reference = images + torch.tensor([0.2, -0.2]).repeat(5)
    away = attack(images, lambda x: 3 * x, 3 * reference, epsilon=0.1, step=0.01, iterations=1)
    assert torch.allclose(away.adversarial, images - 0.01 * (reference - images).sign())
    towards = attack(images, lambda x: 3 * x, 3 * reference, epsilon=0.1, step=0.01, iterations=1, direction="towards")
    assert torch.allclose(towards.adversarial, images + 0.01 * (reference - images).sign())


def test_the_loss_rises_away_and_falls_towards() -> None:
    net, images = SmallEditor(), drawn()
    reference = clean(net, images)
    away = attack(images, net, reference, start=tiny_start(images, seeded()), **SETTINGS)
    assert list(away.losses) == sorted(away.losses)
    assert away.losses[-1] > 20 * away.losses[0]
    towards = attack(images, net, flat(images, 0.0), direction="towards", **SETTINGS)
    assert list(towards.losses) == sorted(towards.losses, reverse=True)


def test_losses_are_the_mean_squared_errors_at_the_iterates() -> None:
    net, images = SmallEditor(), drawn(3)
    reference = clean(net, images)
    start = uniform_start(images, 0.05, seeded())
    result = attack(images, net, reference, start=start, **SETTINGS)
    assert len(result.losses) == len(result.iterates) == 4
    assert torch.equal(result.iterates[0], start)
    for loss, at in zip(result.losses, result.iterates, strict=True):
        assert loss == pytest.approx(float((clean(net, at) - reference).square().mean()), rel=1e-5)


def test_each_iterate_comes_from_the_one_before() -> None:
    net, images = SmallEditor(), drawn()
    reference = clean(net, images)
    result = attack(images, net, reference, start=uniform_start(images, 0.05, seeded()), **SETTINGS)
    steps = (*result.iterates, result.adversarial)
    for before, after in itertools.pairwise(steps):
        one = attack(images, net, reference, epsilon=0.05, step=0.01, iterations=1, start=before)
        assert torch.equal(one.adversarial, after)


@pytest.mark.parametrize("direction", ["away", "towards"])
def test_ball_and_range_hold_for_pictures_with_values_at_the_ends(direction: Any) -> None:
    net, images = SmallEditor(), (drawn() * 3).clamp(-1, 1)
    settings = {**SETTINGS, "step": 0.04, "iterations": 6}
    start = uniform_start(images, 0.05, seeded())
    assert start.abs().max() > 1
    result = attack(images, net, flat(images, 0.3), start=start, direction=direction, **settings)
    assert (result.adversarial - images).abs().max() <= 0.05 + 1e-6
    assert (result.adversarial - images).abs().max() > 0.049
    assert result.adversarial.abs().max() <= 1
    assert all((at - images).abs().max() <= 0.05 + 1e-6 and at.abs().max() <= 1 for at in result.iterates[1:])


def test_away_from_its_own_answer_nothing_moves_without_a_start() -> None:
    net, images = SmallEditor(), drawn()
    reference = clean(net, images)
    stuck = attack(images, net, reference, **SETTINGS)
    assert torch.equal(stuck.adversarial, images)
    assert stuck.losses == (0.0,) * 4
    moved = attack(images, net, reference, start=tiny_start(images, seeded()), **SETTINGS)
    assert moved.losses[-1] > 0.001
    assert (moved.adversarial - images).abs().max() == pytest.approx(0.04, abs=2e-3)


def test_the_named_attacks_are_settings() -> None:
    net, images = SmallEditor(), drawn()
    reference = clean(net, images)
    start = tiny_start(images, seeded())
    one = attack(images, net, reference, epsilon=0.05, step=0.05, iterations=1, start=start)
    assert torch.equal(fgsm(images, net, reference, start=start).adversarial, one.adversarial)
    ten = attack(images, net, reference, epsilon=0.05, step=0.01, iterations=10, start=start)
    assert torch.equal(ifgsm(images, net, reference, start=start).adversarial, ten.adversarial)
    anywhere = attack(
        images, net, reference, epsilon=0.05, step=0.01, iterations=10, start=uniform_start(images, 0.05, seeded(7))
    )
    assert torch.equal(pgd(images, net, reference, seeded(7)).adversarial, anywhere.adversarial)


def test_joint_transfer_follows_the_sum_of_the_classes_errors() -> None:
    net, images = SmallEditor(), drawn()
    reference = clean(net, images, CLASSES[:1].expand(2, -1))
    start = uniform_start(images, 0.05, seeded())
    joint = attack(images, net, reference, classes=CLASSES, transfer="joint", start=start, **SETTINGS)

    def all_at_once(at: Tensor) -> Tensor:
        return torch.cat([net(at, CLASSES[j : j + 1].expand(2, -1)) for j in range(N_LABELS)])

    summed = attack(images, all_at_once, torch.cat([reference] * N_LABELS), start=start, **SETTINGS)
    assert torch.equal(joint.adversarial, summed.adversarial)
    assert len(joint.losses) == 4 * N_LABELS
    means = torch.tensor(joint.losses).view(4, N_LABELS).mean(dim=1)
    assert torch.allclose(means, torch.tensor(summed.losses))


def test_iterative_transfer_takes_one_class_after_the_other() -> None:
    net, images = SmallEditor(), drawn()
    reference = clean(net, images, CLASSES[:1].expand(2, -1))
    start = uniform_start(images, 0.05, seeded())
    result = attack(images, net, reference, classes=CLASSES, transfer="iterative", start=start, **SETTINGS)
    at = start
    for i in range(4):
        labels = CLASSES[i % N_LABELS : i % N_LABELS + 1].expand(2, -1)
        one = attack(images, lambda x, c=labels: net(x, c), reference, epsilon=0.05, step=0.01, iterations=1, start=at)
        at = one.adversarial
        assert one.losses[0] == result.losses[i]
    assert torch.equal(result.adversarial, at)


def test_without_transfer_the_first_class_counts() -> None:
    net, images = SmallEditor(), drawn()
    first = attack(images, net, flat(images, 1.0), classes=CLASSES, **SETTINGS)
    only = attack(images, net, flat(images, 1.0), classes=CLASSES[:1], **SETTINGS)
    other = attack(images, net, flat(images, 1.0), classes=CLASSES[1:], **SETTINGS)
    assert torch.equal(first.adversarial, only.adversarial)
    assert not torch.equal(first.adversarial, other.adversarial)


def test_every_class_may_have_a_reference_of_its_own() -> None:
    """Then there is nothing to climb at the pictures themselves; with the first one's for all there is."""
    net, images = SmallEditor(), drawn()
    own = untouched(net, images, CLASSES)
    settings: dict[str, Any] = {**SETTINGS, "classes": CLASSES, "transfer": "joint"}
    assert torch.equal(attack(images, net, own, **settings).adversarial, images)
    released = attack(images, net, own[0], **settings)
    assert released.losses[0] == 0
    assert min(released.losses[1:N_LABELS]) > 0
    assert not torch.equal(released.adversarial, images)


def test_classes_may_differ_by_picture() -> None:
    net, images = SmallEditor(), drawn().double()
    net.double()
    classes = torch.stack((CLASSES, CLASSES.flip(0)), dim=1)
    reference = untouched(net, images, classes)[0]
    start = uniform_start(images, 0.05, seeded())
    both = attack(images, net, reference, classes=classes, transfer="joint", start=start, **SETTINGS)
    for i, own in enumerate((CLASSES, CLASSES.flip(0))):
        here = slice(i, i + 1)
        alone = attack(images[here], net, reference[here], classes=own, transfer="joint", start=start[here], **SETTINGS)
        assert torch.equal(both.adversarial[here], alone.adversarial)


@pytest.mark.parametrize("momentum", [0.0, 0.8])
@pytest.mark.parametrize("blur", [None, "spread", "eot"])
def test_a_batch_comes_out_as_each_of_its_pictures_alone(blur: Any, momentum: float) -> None:
    net, images = SmallEditor().double(), drawn(5).double()
    reference = clean(net, images)
    start = uniform_start(images, 0.05, seeded())
    settings: dict[str, Any] = {**SETTINGS, "blur": blur, "momentum": momentum}
    together = attack(images, net, reference, start=start, **settings)
    alone = [attack(images[i : i + 1], net, reference[i : i + 1], start=start[i : i + 1], **settings) for i in range(5)]
    assert torch.equal(together.adversarial, torch.cat([one.adversarial for one in alone]))
    each = torch.tensor([one.losses for one in alone], dtype=torch.float64)
    assert torch.allclose(torch.tensor(together.losses, dtype=torch.float64), each.mean(dim=0))


def test_a_feature_of_a_net_is_a_victim_like_any_other() -> None:
    net, images = SmallEditor(), drawn()
    with torch.no_grad():
        reference = net.hidden(images)
    assert reference.shape == (2, 8, 12, 10)
    start = uniform_start(images, 0.05, seeded())
    hidden = attack(images, net.hidden, reference, start=start, **SETTINGS)
    assert list(hidden.losses) == sorted(hidden.losses)
    image = attack(images, net, clean(net, images), start=start, **SETTINGS)
    assert not torch.equal(hidden.adversarial, image.adversarial)


def test_a_known_blur_is_the_victim_seen_through_it() -> None:
    from prosopon.disrupt.pgd.blurs import WHITE

    net, images = SmallEditor(), drawn()
    reference = clean(net, images)
    known = attack(images, net, reference, blur="white", **SETTINGS)
    wrapped = attack(images, lambda x: net(WHITE(x)), reference, **SETTINGS)
    assert torch.equal(known.adversarial, wrapped.adversarial)
    assert known.losses[0] > 0, "the reference is the answer without the blur"


def test_expectation_over_blurs_adds_nine_errors_and_the_first_comes_again() -> None:
    net, images = SmallEditor(), drawn()
    settings = {**SETTINGS, "iterations": 2}
    released = attack(images, net, clean(net, images), blur="eot", **settings)
    assert len(released.losses) == 18
    assert released.losses[0] == released.losses[8]
    meant = attack(images, net, clean(net, images), blur="eot", schedule="intended", **settings)
    assert len(set(meant.losses[:9])) == 9


def test_blurs_and_classes_go_together() -> None:
    net, images = SmallEditor(), drawn()
    both = partial(attack, images, net, flat(images, 0.0), classes=CLASSES, blur="eot", **SETTINGS)
    assert len(both(transfer="joint").losses) == 4 * 9 * N_LABELS
    assert len(both(transfer="iterative").losses) == 4 * 9


def test_the_same_comes_out_twice_and_nothing_that_goes_in_is_changed() -> None:
    net, images = SmallEditor(), drawn()
    reference, start = clean(net, images), uniform_start(images, 0.05, seeded())
    kept = [tensor.clone() for tensor in (images, reference, start)]
    torch.manual_seed(1)
    first = attack(images, net, reference, start=start, momentum=0.5, **SETTINGS)
    torch.manual_seed(2)
    second = attack(images, net, reference, start=start, momentum=0.5, **SETTINGS)
    assert torch.equal(first.adversarial, second.adversarial)
    assert first.losses == second.losses
    assert all(torch.equal(a, b) for a, b in zip(kept, (images, reference, start), strict=True))
    assert not first.adversarial.requires_grad


def test_the_nets_parameters_mode_and_flags_are_left_alone() -> None:
    net, images = SmallEditor(), drawn()
    net.first.weight.requires_grad_(False)
    net.train()
    attack(images, net, flat(images, 0.0), **SETTINGS)
    assert all(parameter.grad is None for parameter in net.parameters())
    assert not net.first.weight.requires_grad
    assert net.last.weight.requires_grad
    assert net.training
    net.eval()
    attack(images.requires_grad_(), net, flat(images, 0.0), **SETTINGS)
    assert not net.training
    assert images.grad is None


def test_a_frozen_net_is_attacked_alike_and_without_gradients_around_too() -> None:
    net, images = SmallEditor(), drawn()
    usual = attack(images, net, flat(images, 0.0), **SETTINGS)
    net.requires_grad_(False)
    with torch.no_grad():
        frozen = attack(images, net, flat(images, 0.0), **SETTINGS)
    assert torch.equal(usual.adversarial, frozen.adversarial)


def test_channels_last_gives_the_same_losses() -> None:
    net, images = SmallEditor(), drawn(1, 16, 16)
    reference, start = clean(net, images), uniform_start(images, 0.05, seeded())
    usual = attack(images, net, reference, start=start, **SETTINGS)
    last = torch.channels_last
    net.to(memory_format=last)
    other = attack(images.to(memory_format=last), net, reference, start=start.to(memory_format=last), **SETTINGS)
    assert other.losses == pytest.approx(usual.losses, rel=1e-3)
    assert (other.adversarial == usual.adversarial).float().mean() > 0.99


def test_bfloat16_around_it_comes_as_far() -> None:
    net, images = SmallEditor(), drawn(1, 16, 16)
    start = uniform_start(images, 0.05, seeded())
    usual = attack(images, net, clean(net, images), start=start, **SETTINGS)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        half = attack(images, net, clean(net, images), start=start, **SETTINGS)
    assert half.adversarial.dtype == torch.float32
    assert half.losses[-1] == pytest.approx(usual.losses[-1], rel=0.1)


def test_a_blur_comes_after_what_rounding_takes_away() -> None:
    """Changes that rounding undoes are seen through no blur."""
    net, images = SmallEditor(), ((drawn() + 1) * 127.5).round() / 127.5 - 1
    reference = clean(net, images)
    start = tiny_start(images, seeded())
    settings: dict[str, Any] = {**SETTINGS, "iterations": 1}
    plain = attack(images, net, reference, start=start, eight_bit=True, **settings)
    assert plain.losses[0] < 1e-12
    for blur in ("white", "eot"):
        at_images = attack(images, net, reference, blur=blur, **settings)
        rounded_start = attack(images, net, reference, blur=blur, start=start, eight_bit=True, **settings)
        assert rounded_start.losses == pytest.approx(at_images.losses, rel=1e-5)


def test_iterates_may_be_left_out() -> None:
    net, images = SmallEditor(), drawn()
    kept = attack(images, net, flat(images, 0.0), **SETTINGS)
    slim = attack(images, net, flat(images, 0.0), keep_iterates=False, **SETTINGS)
    assert slim.iterates == ()
    assert torch.equal(slim.adversarial, kept.adversarial)


def test_the_reference_may_spread_to_the_answer() -> None:
    net, images = SmallEditor(), drawn()
    grey = attack(images, net, torch.zeros(1, 3, 1, 1), **SETTINGS)
    assert torch.equal(grey.adversarial, attack(images, net, flat(images, 0.0), **SETTINGS).adversarial)


def test_one_pixel_is_a_picture() -> None:
    result = attack(torch.zeros(1, 3, 1, 1), lambda x: x, torch.ones(1, 3, 1, 1), **SETTINGS)
    assert torch.allclose(result.adversarial, torch.full((1, 3, 1, 1), -0.04))


def test_no_ball_no_change() -> None:
    images = drawn()
    result = attack(images, SmallEditor(), flat(images, 0.0), epsilon=0, step=0.01, iterations=2)
    assert torch.equal(result.adversarial, images)


def refused(error: type[ProsoponError] = UsageError, **changed: Any) -> None:
    net, images = SmallEditor(), drawn()
    given: dict[str, Any] = {"images": images, "victim": net, "reference": flat(images, 0.0), **SETTINGS, **changed}
    with pytest.raises(error) as caught:
        result: Disruption = attack(**given)
        del result
    assert caught.value.hint


@pytest.mark.parametrize(
    "images",
    [
        drawn() * 2,
        drawn() * float("nan"),
        drawn()[0],
        drawn()[:0],
        (drawn() * 255).to(torch.uint8),
    ],
    ids=["out of range", "no numbers", "one picture without a batch", "no picture", "bytes"],
)
def test_what_is_no_picture_is_refused(images: Tensor) -> None:
    refused(images=images)


@pytest.mark.parametrize(
    "changed",
    [
        {"iterations": 0},
        {"epsilon": -0.1},
        {"epsilon": float("nan")},
        {"step": 0},
        {"step": float("inf")},
        {"momentum": 1.5},
        {"direction": "sideways"},
        {"blur": "black"},
        {"blur": "eot", "schedule": "daily"},
        {"transfer": "joint"},
        {"transfer": "both", "classes": CLASSES},
        {"classes": CLASSES[:0]},
        {"classes": CLASSES[0]},
        {"classes": torch.zeros(2, 3, 3)},
        {"start": drawn(1)},
        {"reference": torch.zeros(2, 3, 5, 5)},
        {"reference": torch.zeros(3, 2, 3, 12, 10)},
        {"reference": [drawn(), drawn()], "classes": CLASSES},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(changed: dict[str, Any]) -> None:
    refused(**changed)


@pytest.mark.parametrize(
    "victim",
    [
        lambda x: x.detach(),
        lambda x: (x * 255).round().byte().float(),
        lambda x: torch.zeros(2, requires_grad=True) + 1,
    ],
    ids=["cut off", "bytes", "of something else"],
)
def test_a_net_without_gradients_is_refused(victim: Any) -> None:
    refused(victim=victim, reference=torch.zeros(()))


def test_gradients_that_are_no_numbers_are_reported() -> None:
    refused(ProsoponError, victim=lambda x: (x * 0).sqrt())


def test_inference_mode_is_refused() -> None:
    with torch.inference_mode():
        refused()
