"""What happens to pictures while the nets learn: real codecs, straight gradients, and cells that are still there."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from prosopon.vouch.watermark.hidden.codecs import Codec, h264, jpeg, through
from prosopon.vouch.watermark.hidden.noise import Slack, displaced, distorted


def pictures(count: int = 3, height: int = 48, width: int = 64) -> np.ndarray:
    """Smooth, as codecs expect it, and each of another colour."""
    down, along = np.mgrid[:height, :width]
    waves = np.stack((np.sin(down / 9), np.cos(along / 7), np.sin((down + along) / 11)), -1)
    return np.stack([128 + 60 * waves + 10 * number for number in range(count)]).astype(np.uint8)


def images(count: int = 3, height: int = 48, width: int = 64) -> torch.Tensor:
    return torch.from_numpy(pictures(count, height, width)).movedim(-1, 1).float() / 255


@pytest.mark.parametrize("codec", [jpeg(75), h264(23)])
def test_codecs_give_back_each_picture_nearly(codec: Codec) -> None:
    before = pictures()
    after = codec(before)
    assert after.shape == before.shape
    assert after.dtype == np.uint8
    off = np.abs(after.astype(int) - before).mean((1, 2, 3))
    assert (off > 0).all()
    assert off.max() < 5


def test_worse_quality_loses_more() -> None:
    before = pictures()
    for codec, good, bad in ((jpeg, 95, 10), (h264, 10, 45)):
        lost = [np.abs(codec(value)(before).astype(int) - before).mean() for value in (good, bad)]
        assert lost[0] < lost[1]


def test_odd_sizes_go_through_video() -> None:
    before = pictures(1, 47, 63)
    assert h264(20)(before).shape == before.shape


def test_gradients_go_straight_through_and_not_where_values_are_clipped() -> None:
    values = images(1)
    values[0, 0, 0, 0] = 1.5
    values.requires_grad_()
    out = through(values, jpeg(50))
    assert not torch.equal(out, values)
    (out * 2).sum().backward()
    assert values.grad is not None
    assert values.grad[0, 0, 0, 0] == 0
    assert bool((values.grad.flatten()[1:] == 2).all())


def test_at_level_0_pictures_are_only_rounded() -> None:
    came = distorted(images() + 0.3 / 255, np.random.default_rng(0), 0.0)
    torch.testing.assert_close(came, images(), rtol=0, atol=1e-6)


def test_what_happens_follows_from_the_seed_and_keeps_the_size() -> None:
    for seed in range(12):
        one, same = (distorted(images(5), np.random.default_rng(seed), 1.0) for _ in range(2))
        assert one.shape == (5, 3, 48, 64)
        assert torch.equal(one, same)
        assert 0 <= float(one.min()) <= float(one.max()) <= 1


def test_without_slack_canvases_stay_where_they_are() -> None:
    canvas = images()
    laid, seen = displaced(canvas, np.random.default_rng(0), 0.0, Slack())
    torch.testing.assert_close(laid, canvas, rtol=0, atol=1e-5)
    assert seen.shape == (3, 1, 3, 4)
    assert bool(seen.all())


def test_shifts_are_in_pixels_of_the_canvas() -> None:
    canvas = torch.zeros(1, 3, 64, 64)
    canvas[..., 20:44, 20:44] = 1
    slack = Slack(shift_px=3.0, scale=0.0, turn_degrees=0.0, cut=0.0)
    rng = np.random.default_rng(3)
    off = np.random.default_rng(3).uniform(-1, 1, (1, 4))[0] * 3
    laid, _ = displaced(canvas, rng, 1.0, slack)
    places = torch.arange(64) + 0.5
    # What comes in from beyond the border is mid-grey.
    bright = (laid[0, 0] - 0.5).clamp(0)
    assert float((bright.sum(0) * places).sum() / bright.sum()) == pytest.approx(32 - off[2], abs=0.01)
    assert float((bright.sum(1) * places).sum() / bright.sum()) == pytest.approx(32 - off[3], abs=0.01)


def test_what_is_cut_is_mid_grey_and_not_read() -> None:
    slack = Slack(shift_px=0.0, scale=0.0, turn_degrees=0.0, cut=0.6)
    cut = 0
    for seed in range(20):
        laid, seen = displaced(torch.ones(1, 3, 64, 64), np.random.default_rng(seed), 1.0, slack)
        gone = (laid == 0.5).all(1)[0]
        cells = gone.view(4, 16, 4, 16).float().mean((1, 3)) > 0.5
        assert torch.equal(cells, seen[0, 0] == 0)
        cut += int(bool(gone.any()))
    assert 5 < cut < 20
