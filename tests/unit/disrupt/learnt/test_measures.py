"""What is measured of a change: beside noise as large, and beside itself upside down."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from small_learning import heads
from small_nets_of_heads import HeadNet
from torch import Tensor

from prosopon.disrupt.learnt.measures import measured, noisy

CPU = torch.device("cpu")


class Brightness(HeadNet):
    """A net that sees nothing but how bright the upper half of a crop is, on the mean."""

    def __call__(self, crops: Tensor, labels: Tensor | None = None, /) -> Tensor:
        return crops[..., : self.side_px // 2, :].mean((-3, -2, -1))[:, None]


def test_a_coarse_change_does_more_than_noise_and_upside_down_as_much_if_the_net_does_not_care(tmp_path: Path) -> None:
    photos = heads(tmp_path / "heads", 2)
    found = measured(lambda pictures: (pictures + 6 / 255).clamp(0, 1), {"one": Brightness()}, photos, CPU)
    assert set(found) == {"png", "jpeg75", "png.one", "jpeg75.one", "png.upright", "jpeg75.upright"}
    assert found["png"] == found["png.one"] > 100
    assert found["png.upright"] == pytest.approx(1, abs=0.2)


def test_a_change_that_is_where_the_net_looks_does_more_than_upside_down(tmp_path: Path) -> None:
    def upper(pictures: Tensor) -> Tensor:
        changed = pictures.clone()
        changed[..., :128, :] += 6 / 255
        return changed.clamp(0, 1)

    found = measured(upper, {"one": Brightness()}, heads(tmp_path / "heads", 2), CPU, ways=("png",))
    assert found["png.upright"] > 100


def test_noise_is_as_large_at_every_value_and_the_same_each_time() -> None:
    before = torch.full((1, 3, 8, 8), 0.5)
    after = before + torch.linspace(-0.2, 0.2, 8)
    noise = noisy(before, after, torch.Generator().manual_seed(0))
    torch.testing.assert_close((noise - before).abs(), (after - before).abs())
    assert torch.equal(noise, noisy(before, after, torch.Generator().manual_seed(0)))
    assert (noise != after).any()
