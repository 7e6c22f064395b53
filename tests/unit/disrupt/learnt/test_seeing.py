"""How crops come to nets while a change is learnt: framed as drawn, with their own landmarks, through launderings."""

from __future__ import annotations

import copy
from typing import Self

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from small_learning import usual_landmarks
from small_nets_of_heads import HeadNet, soft_picture
from torch import Tensor

from prosopon.core.errors import UsageError
from prosopon.datasets.rendered_heads import MARGIN_PX
from prosopon.disrupt.learnt.seeing import Draws, Way, answers, log_errors
from prosopon.faces.crop import cut
from prosopon.models.laundering.jpeg import Jpeg
from prosopon.models.tensors import to_tensor

POINTS = torch.from_numpy(usual_landmarks() - MARGIN_PX)


class Aligning(HeadNet):
    """A net that looks where the first landmark is."""

    place: NDArray[np.floating] | None = None

    def __call__(self, crops: Tensor, labels: Tensor | None = None, /) -> Tensor:
        assert self.place is not None, "asked without landmarks"
        x, y = (int(value) for value in self.place)
        return crops[:, :, y, x]

    def at_face(self, landmarks: NDArray[np.floating]) -> Self:
        told = copy.copy(self)
        told.place = landmarks[0]
        return told


def crops(count: int = 2) -> Tensor:
    return to_tensor(np.stack([soft_picture(256, 256, seed) for seed in range(count)]))


def landmarks(count: int = 2) -> Tensor:
    return POINTS.expand(count, -1, -1).clone()


def test_a_framing_is_what_a_program_would_cut() -> None:
    way = Way(framing=(-0.02, 0.01, 0.03, 0.06))
    seen: list[Tensor] = []

    class Looking(HeadNet):
        def __call__(self, crops: Tensor, labels: Tensor | None = None, /) -> Tensor:
            seen.append(crops)
            return crops

    answers(Looking(side_px=64), crops(1), landmarks(1), way)
    wanted = to_tensor(cut(soft_picture(256, 256, 0), way.box(256), 64)) * 2 - 1
    assert (seen[0] - wanted).abs().max() < 3 / 255


def test_each_crop_is_looked_at_by_its_own_landmarks_in_the_nets_pixels() -> None:
    places = landmarks()
    places[0, 0], places[1, 0] = torch.tensor([40.0, 80.0]), torch.tensor([200.0, 120.0])
    found = answers(Aligning(side_px=128), crops(), places, Way())
    small = answers_of_whole(128)
    torch.testing.assert_close(found, torch.stack((small[0, :, 40, 20], small[1, :, 60, 100])))


def answers_of_whole(side: int) -> Tensor:
    class Whole(HeadNet):
        def __call__(self, crops: Tensor, labels: Tensor | None = None, /) -> Tensor:
            return crops

    return answers(Whole(side_px=side), crops(), landmarks(), Way())


def test_a_label_is_one_of_the_nets_classes_whatever_was_drawn() -> None:
    net = HeadNet(edits=True)
    assert net.classes is not None
    with torch.enable_grad():
        for label in (0, 1, len(net.classes) + 1):
            answers(net, crops(1), landmarks(1), Way(label=label))
    assert net.asked == [0, 1, 1]


def test_errors_are_one_for_each_picture_and_grow_with_the_change() -> None:
    net, before = HeadNet(), crops()
    little, much = ((before + change).clamp(0, 1) for change in (0.02, 0.2))
    low, high = (log_errors(net, before, one, landmarks(), Way()) for one in (little, much))
    assert low.shape == (2,)
    assert bool((high > low + 1).all())


def test_an_untouched_picture_has_the_least_error_that_there_is_and_it_is_finite() -> None:
    found = log_errors(HeadNet(), crops(), crops(), landmarks(), Way())
    assert bool((found < -20).all())
    assert bool(found.isfinite().all())


def test_gradients_go_through_rounding_and_jpeg() -> None:
    change = torch.full((1, 3, 256, 256), 0.02, requires_grad=True)
    log_errors(HeadNet(), crops(1), crops(1) + change, landmarks(1), Way(Jpeg(75))).sum().backward()
    assert change.grad is not None
    assert bool(change.grad.isfinite().all())
    assert float(change.grad.abs().mean()) > 0


def test_draws_follow_from_the_seed_and_ask_no_net_twice_in_a_step() -> None:
    draws = Draws(5, 2)
    assert draws.draw(7) == draws.draw(7)
    drawn = [draws.draw(seed) for seed in range(60)]
    assert all(len({number for number, _ in step}) == 2 for step in drawn)
    assert {number for step in drawn for number, _ in step} == set(range(5))
    framings = np.array([way.framing for step in drawn for _, way in step])
    assert 0.03 < np.abs(framings).max() <= 0.06
    assert len({str(way.laundering) for step in drawn for _, way in step}) > 3


def test_no_more_nets_are_asked_than_there_are() -> None:
    assert len(Draws(1, 4).draw(0)) == 1


@pytest.mark.parametrize(("nets", "asked", "through"), [(0, 1, ("png",)), (1, 0, ("png",)), (1, 1, ()), (1, 1, ("?",))])
def test_what_makes_no_draws_is_refused(nets: int, asked: int, through: tuple[str, ...]) -> None:
    with pytest.raises(UsageError):
        Draws(nets, asked, through)
