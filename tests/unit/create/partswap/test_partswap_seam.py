"""Light around a part carried into it."""

from __future__ import annotations

import pytest
import torch
from tiny_partswap import pictures

from prosopon.create.partswap.options import SwapOptions, relights
from prosopon.create.partswap.seam import lit_alike

SIDE = 96


def disc() -> torch.Tensor:
    y, x = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
    return (((x - 48) ** 2 + (y - 48) ** 2) < 10**2).float()[None, None]


def test_half_the_light_becomes_all_of_it() -> None:
    target = torch.nn.functional.interpolate(pictures(1, 1), size=(SIDE, SIDE), mode="bilinear") * 0.8 + 0.1
    got = lit_alike(target * torch.tensor([0.5, 0.6, 0.7])[None, :, None, None], target, disc())
    inside = disc().bool().expand(-1, 3, -1, -1)
    assert float((got - target)[inside].abs().max()) < 0.01


def test_black_stays_black_and_the_same_light_changes_nothing() -> None:
    target = torch.full((1, 3, SIDE, SIDE), 0.6)
    pupil = torch.where(disc() > 0, 0.0, 0.3).expand(1, 3, -1, -1)
    inside = disc().bool().expand(-1, 3, -1, -1)
    assert float(lit_alike(pupil, target, disc())[inside].max()) == 0
    assert torch.allclose(lit_alike(target, target, disc()), target, atol=1e-5)


def test_nothing_taken_is_left_as_it_is() -> None:
    source, target = torch.full((1, 3, SIDE, SIDE), 0.2), torch.full((1, 3, SIDE, SIDE), 0.8)
    assert torch.allclose(lit_alike(source, target, torch.zeros(1, 1, SIDE, SIDE)), source, atol=1e-5)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"parts": "lips,eyes"}, True),
        ({"parts": "lips,hair"}, False),
        ({"parts": "face"}, False),
        ({"parts": "1,2"}, False),
        ({"parts": "lips", "colour": "keep"}, False),
    ],
)
def test_small_parts_by_name_are_relit(words: dict[str, str], *, expected: bool) -> None:
    assert relights(SwapOptions(**words)) is expected  # type: ignore[arg-type]
