"""Enlarging by matrix products against PyTorch's own."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from prosopon.models.enlarging import Mode, enlarged


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
@pytest.mark.parametrize("align_corners", [True, False])
@pytest.mark.parametrize("size", [(32, 32), (31, 50), (8, 12), (5, 7)])
def test_it_is_interpolation(mode: Mode, align_corners: bool, size: tuple[int, int]) -> None:
    maps = torch.rand(2, 3, 8, 12, generator=torch.Generator().manual_seed(1))
    for layout in (torch.contiguous_format, torch.channels_last):
        given = maps.contiguous(memory_format=layout)
        wanted = F.interpolate(maps, size=size, mode=mode, align_corners=align_corners)
        torch.testing.assert_close(
            enlarged(given, *size, mode=mode, align_corners=align_corners), wanted, atol=1e-5, rtol=0
        )


def test_what_is_kept_from_inference_can_be_learnt_through() -> None:
    with torch.inference_mode():
        enlarged(torch.rand(1, 1, 6, 6), 24, 24, mode="bicubic")
    maps = torch.rand(1, 1, 6, 6, requires_grad=True)
    enlarged(maps, 24, 24, mode="bicubic").sum().backward()
    assert maps.grad is not None
    assert float(maps.grad.abs().sum()) > 0
