"""CUDA graphs against the work that they record; only where there is a GPU."""

from __future__ import annotations

import pytest
import torch

from prosopon.models.replayed import Replayed


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@torch.inference_mode()
def test_replaying_gives_what_the_work_gives() -> None:
    conv = torch.nn.Conv2d(3, 8, 3, padding=1).cuda().eval()
    replayed = Replayed(lambda pictures: (conv(pictures).relu(), pictures * 2))
    first = replayed(torch.ones(1, 3, 16, 16).cuda())
    for batch in (1, 2, 1):
        pictures = torch.rand(batch, 3, 16, 16).cuda()
        for found, wanted in zip(replayed(pictures), (conv(pictures).relu(), pictures * 2), strict=True):
            torch.testing.assert_close(found, wanted)
    assert float(first[1].min()) == 2.0  # handed out, not written over
