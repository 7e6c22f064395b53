"""Several nets attacked at once in the pixels of a photo."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from notes import Notes
from small_nets_of_heads import HeadNet, soft_picture

from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import MissingError, UsageError
from prosopon.core.faces import Box, Face, Track, Tracks
from prosopon.core.history import SourceType, source_type_of
from prosopon.disrupt.budget.lab import lab_of
from prosopon.disrupt.budget.perceptual import structural_distance
from prosopon.disrupt.ensemble.attacking import disrupted
from prosopon.disrupt.ensemble.options import EnsembleOptions, Method
from prosopon.disrupt.ensemble.pace import Pace
from prosopon.disrupt.ensemble.technique import Ensemble
from prosopon.disrupt.heads.head import Head, head_of
from prosopon.faces.aligned.mean_face import OWN
from prosopon.models.laundering.jpeg import Jpeg
from prosopon.models.tensors import to_tensor

BOX = Box(21.4, 9.2, 81.4, 69.2)
HEADS = [Head(BOX)]
OPTIONS = EnsembleOptions(steps=8, through=("png",), framings=1, check_every=4)


def picture() -> Frame:
    return soft_picture(101, 77)


def off(net: HeadNet, made: Frame, box: Box = BOX) -> float:
    """How far a net is from what it makes of the untouched picture."""
    from prosopon.faces.crop import cut

    crops = to_tensor(np.stack([cut(one, box, net.side_px) for one in (picture(), made)])) * 2 - 1
    with torch.no_grad():
        before, after = net(crops).split(1)
    return float((before - after).square().mean())


def noisy(levels: int) -> Frame:
    noise = np.random.default_rng(0).choice((-levels, levels), size=picture().shape)
    return np.clip(picture().astype(int) + noise, 0, 255).astype(np.uint8)


def test_a_net_is_far_more_disturbed_than_by_noise_as_large() -> None:
    net = HeadNet()
    made = disrupted(picture(), HEADS, [net], OPTIONS)
    assert made.steps == made.steps_wanted == 8
    assert off(net, made.picture) > 10 * off(net, noisy(6))
    assert made.errors["small"] == pytest.approx(off(net, made.picture), rel=0.2)


@pytest.mark.parametrize("mask", ["all", "face", "texture"])
def test_pixels_outside_of_the_head_stay_and_none_moves_too_far(mask: str) -> None:
    landmarks = np.asarray(OWN - OWN.min(0)) / np.ptp(OWN) * 30 + (35, 25)
    options = replace(OPTIONS, mask=mask, levels=4)
    made = disrupted(picture(), [Head(BOX, landmarks)], [HeadNet()], options).picture
    apart = np.abs(made.astype(int) - picture().astype(int))
    inside = np.zeros(apart.shape[:2], bool)
    inside[10:69, 22:81] = True
    assert apart[~inside].max() == 0
    assert 0 < apart.max() <= (8 if mask == "texture" else 4)
    assert made.dtype == np.uint8 and made.shape == picture().shape


@pytest.mark.parametrize("method", ["pgd", "ifgsm", "fgsm"])
def test_every_method_moves_and_a_single_step_is_one(method: Method) -> None:
    net = HeadNet()
    made = disrupted(picture(), HEADS, [net], replace(OPTIONS, method=method))
    assert made.steps == (1 if method == "fgsm" else 8)
    assert off(net, made.picture) > 3 * off(net, noisy(6))


def test_one_level_is_enough_to_get_away_from_the_picture() -> None:
    net = HeadNet()
    made = disrupted(picture(), HEADS, [net], replace(OPTIONS, levels=1))
    assert np.abs(made.picture.astype(int) - picture().astype(int)).max() == 1
    assert off(net, made.picture) > 3 * off(net, noisy(1))


@pytest.mark.parametrize("order", ["together", "in turn"])
def test_a_net_of_large_answers_does_not_drown_the_others(order: str) -> None:
    loud, quiet = HeadNet("loud", scale=1000), HeadNet("quiet", side_px=20)
    alone = disrupted(picture(), HEADS, [quiet], OPTIONS).errors["quiet"]
    both = disrupted(picture(), HEADS, [loud, quiet], replace(OPTIONS, order=order, steps=16))
    assert both.errors["quiet"] > 0.3 * alone
    assert both.errors.keys() == {"loud", "quiet"}


@pytest.mark.parametrize("framings", [1, 2, 3])
def test_every_class_is_attacked(framings: int) -> None:
    net = HeadNet(edits=True)
    disrupted(picture(), HEADS, [net], replace(OPTIONS, steps=9, framings=framings))
    assert all(net.asked.count(j) >= 2 for j in range(3))


def test_nets_are_told_where_the_face_is_in_their_crop() -> None:
    net = HeadNet()
    landmarks = np.array([[21.4, 9.2], [51.4, 39.2]])
    disrupted(picture(), [Head(BOX, landmarks)], [net], replace(OPTIONS, steps=1))
    assert np.allclose(net.told[0], [[0, 0], [12, 12]])


def test_the_same_seed_gives_the_same_picture_and_another_another() -> None:
    options = replace(OPTIONS, steps=3, framings=2, through=("png", "jpeg75"))
    first, again, other = (
        disrupted(picture(), HEADS, [HeadNet()], replace(options, seed=seed)).picture for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_heads_that_overlap_share_what_may_change() -> None:
    heads = [Head(BOX), Head(Box(50, 20, 100, 70))]
    net = HeadNet()
    made = disrupted(picture(), heads, [net], OPTIONS)
    assert made.steps == 16
    assert np.abs(made.picture.astype(int) - picture().astype(int)).max() <= 6
    for head in heads:
        assert off(net, made.picture, head.box) > 8 * off(net, noisy(6), head.box)


def test_a_head_that_is_mostly_outside_is_taken_and_one_wholly_outside_refused() -> None:
    net = HeadNet()
    made = disrupted(picture(), [Head(Box(-50, -50, 20, 20))], [net], OPTIONS)
    assert not np.array_equal(made.picture, picture())
    with pytest.raises(UsageError, match="no pixel"):
        disrupted(picture(), [Head(Box(-90, -90, -20, -20))], [net], OPTIONS)
    with pytest.raises(UsageError, match="no net"):
        disrupted(picture(), HEADS, [], OPTIONS)
    with pytest.raises(UsageError, match="no laundering"):
        disrupted(picture(), HEADS, [net], replace(OPTIONS, through=("soap",)))


def test_a_jpeg_outlives_being_saved_as_one() -> None:
    net, jpeg = HeadNet(), Jpeg(50)
    options = replace(OPTIONS, steps=16)
    plain = disrupted(picture(), HEADS, [net], options).picture
    aware = disrupted(picture(), HEADS, [net], options, saved_as=jpeg).picture
    assert off(net, jpeg.real(aware)) > off(net, jpeg.real(plain))


def test_it_stops_in_time_with_the_best_so_far() -> None:
    now = [0.0]

    class SlowNet(HeadNet):
        def __call__(self, crops: torch.Tensor, labels: torch.Tensor | None = None, /) -> torch.Tensor:
            now[0] += 1.0
            return super().__call__(crops, labels)

    def paced(seconds: float) -> Pace:
        return Pace(seconds, lambda: now[0])

    made = disrupted(picture(), HEADS, [SlowNet()], replace(OPTIONS, steps=100), pace=paced(20))
    assert 10 <= made.steps < 20 and made.steps_wanted == 100
    assert 0 < made.kept_at <= made.steps
    assert made.seconds <= 20
    hasty = disrupted(picture(), HEADS, [SlowNet()], OPTIONS, pace=paced(0))
    assert hasty.steps == 1 and hasty.errors


def test_every_step_is_told() -> None:
    told = Notes()
    disrupted(picture(), HEADS, [HeadNet()], OPTIONS, progress=told)
    assert told.stages == [("attacking small", 8)]


def test_numbers_that_make_no_attack_are_refused() -> None:
    for wrong in (
        {"levels": 0},
        {"levels": 200},
        {"steps": 0},
        {"step_levels": 0.0},
        {"momentum": 2.0},
        {"through": ()},
    ):
        with pytest.raises(UsageError):
            EnsembleOptions(**wrong)  # type: ignore[arg-type]


def test_the_plug_in_changes_heads_alone_and_says_so() -> None:
    landmarks = (np.asarray(OWN - OWN.min(0)) / np.ptp(OWN) * 20 + (40, 30)).astype(np.float32)
    face = Face(Box(40, 30, 60, 50), landmarks)
    frames = [picture(), soft_picture(101, 77, seed=1)]
    clip = Clip.of_frames(frames, 25)
    made = Ensemble.tiny().protect(clip, Tracks((Track({1: face}),), 2, "test"), lambda crops: 3 * crops**2)
    shown = list(made.frames())
    assert np.array_equal(shown[0], frames[0]) and not np.array_equal(shown[1], frames[1])
    assert source_type_of(made.history) is SourceType.ENHANCED
    assert made.history[-1].parents[0].relationship == "parentOf"
    with pytest.raises(MissingError, match="no face"):
        Ensemble.tiny().protect(clip, Tracks((), 2, "test"), lambda crops: crops)
    assert head_of(Face(Box(0, 0, 1, 1))) is None


def test_colour_moves_a_net_while_lightness_stays() -> None:
    net = HeadNet()
    made = disrupted(picture(), HEADS, [net], replace(OPTIONS, space="colour", levels=8))
    before, after = (lab_of(to_tensor(one)) for one in (picture(), made.picture))
    change = (after - before)[0]
    # Saving moves lightness by up to about half a grey level more.
    assert change[0].abs().max() < 0.1 * 8 + 0.45
    assert change[1:].norm(dim=0).max() < 8 + 1.5
    assert change[1:].norm(dim=0).max() > 3
    assert off(net, made.picture) > 3 * off(net, noisy(2))


@pytest.mark.parametrize("floor", [0.9, 0.97])
def test_a_change_gets_as_small_as_likeness_asks(floor: float) -> None:
    net = HeadNet()
    free = disrupted(picture(), HEADS, [net], replace(OPTIONS, levels=30))
    kept = disrupted(picture(), HEADS, [net], replace(OPTIONS, levels=30, least_ssim=floor))

    def likeness(made: Frame) -> float:
        before, after = (to_tensor(one[:80, 8:96]) for one in (picture(), made))
        return 1 - float(structural_distance(before, after))

    assert likeness(free.picture) < floor < likeness(kept.picture) + 0.03
    assert off(net, kept.picture) < off(net, free.picture)
    with pytest.raises(UsageError, match="SSIM"):
        replace(OPTIONS, least_ssim=1.5)
