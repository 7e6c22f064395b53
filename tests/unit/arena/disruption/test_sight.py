"""How a net is seen by an attack on a head's own pixels."""

from __future__ import annotations

import pytest
import torch
from small_heads import head
from small_nets_of_heads import HeadNet
from torch import Generator

from prosopon.arena.disruption.laundered import Laundered
from prosopon.arena.disruption.sight import Sight
from prosopon.core.faces import Box
from prosopon.disrupt.pgd.objective import slope
from prosopon.faces.crop import cut
from prosopon.models.tensors import to_tensor

CPU = torch.device("cpu")


def test_the_net_sees_what_programs_hand_to_it() -> None:
    subject, net = head(side_px=60), HeadNet(side_px=24)
    sight = Sight(net, subject, CPU)
    crop = to_tensor(cut(subject.picture, Box(0, 0, 60, 60), 24)) * 2 - 1
    assert (sight.seen() - crop).abs().max() < 1.5 / 127.5  # the crop is rounded, twice
    assert torch.allclose(sight.answer, net(sight.seen()))
    assert net.told[0] == pytest.approx(subject.landmarks * 24 / 60)


def test_gradients_reach_every_pixel_of_the_head() -> None:
    sight = Sight(HeadNet(side_px=24), head(side_px=60), CPU)
    gradient, _ = slope(sight.images, [(sight, sight.wanted(-1))])
    assert gradient.shape == (1, 3, 60, 60) and (gradient.abs().amax(1) > 0).float().mean() > 0.99


def test_what_can_be_asked_of_a_net() -> None:
    one, edits = (Sight(HeadNet(edits=edits), head(), CPU) for edits in (False, True))
    assert one.draws and one.redraws and one.classes is None
    assert torch.is_tensor(one.references) and len(edits.references) == 3
    assert torch.equal(edits.references[0], edits.answer) and not torch.equal(*edits.references[:2])
    assert torch.equal(one.wanted(1), torch.ones(1, 3, 24, 24))


def test_what_a_laundering_does_to_the_untouched_head_does_not_count() -> None:
    sight = Sight(HeadNet(edits=True), head(), CPU)
    behind = Laundered(sight, Generator().manual_seed(0), ("blur", "half", "crop", "jpeg50"))
    assert sight.classes is not None
    for _ in range(6):
        assert behind(sight.images, sight.classes[:1]).abs().max() == 0
    moved = (sight.images + 0.05 * torch.randn(sight.images.shape, generator=Generator().manual_seed(1))).clamp(-1, 1)
    gradient, errors = slope(moved, [(lambda at: behind(at, sight.classes[:1]), torch.zeros(()))])
    assert errors[0] > 0 and gradient.abs().max() > 0
