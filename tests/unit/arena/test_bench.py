"""The timing of animation, on a tiny model: what it reports, not how fast it is."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from prosopon.arena import timing
from prosopon.arena.bench import time_animation, untrained_with_contrast
from prosopon.arena.timing import difference
from prosopon.create.fomm.config import CONFIGS
from prosopon.models.motion.config import DenseMotionConfig, GeneratorConfig, KeypointConfig, ModelConfig

TINY = ModelConfig(
    num_kp=3,
    size_px=64,
    kp_detector=KeypointConfig(block_expansion=4, max_features=16, num_blocks=3, scale_factor=0.5),
    generator=GeneratorConfig(
        block_expansion=4,
        max_features=16,
        num_bottleneck_blocks=1,
        dense_motion=DenseMotionConfig(block_expansion=4, max_features=16, num_blocks=3, scale_factor=0.5),
    ),
)


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CONFIGS, "tiny", replace(CONFIGS["vox-256"], name="tiny", model=TINY))


def test_report() -> None:
    speed = time_animation(untrained_with_contrast("tiny"), torch.float32, batches=(1, 2), rounds=2)
    assert set(speed.by_batch) == {1, 2}
    assert speed.fast_ms_per_frame == min(speed.by_batch.values()) == speed.by_batch[speed.batch]
    assert speed.ratio == pytest.approx(speed.plain_ms_per_frame / speed.fast_ms_per_frame)
    assert speed.difference.largest < 1e-4
    assert speed.difference.contrast > 0.005
    assert speed.size_px == 64


def test_slow_rounds_do_not_move_the_median(monkeypatch: pytest.MonkeyPatch) -> None:
    # Plain and batch 1 alternate; the first pair warms up; one of the three rounds is disturbed.
    seconds = iter([99, 99, 0.8, 0.1, 50, 50, 0.8, 0.1])
    monkeypatch.setattr(timing, "seconds_of", lambda work, device: next(seconds))
    speed = time_animation(untrained_with_contrast("tiny"), torch.float32, batches=(1,), rounds=3)
    assert speed.plain_ms_per_frame == pytest.approx(800)
    assert speed.fast_ms_per_frame == pytest.approx(100)
    assert speed.ratio == pytest.approx(8)


def test_difference_by_hand() -> None:
    wanted = torch.zeros(1, 3, 2, 2)
    made = wanted.clone()
    made[0, 0, 0, 0] = 0.1
    found = difference(made, wanted)
    assert found.largest == pytest.approx(0.1)
    assert found.mean == pytest.approx(0.1 / 12)
    assert found.psnr_db == pytest.approx(30.792, abs=1e-2)  # -10 log10(0.01 / 12)
    assert difference(wanted, wanted).psnr_db is None


def test_same_seed_same_nets() -> None:
    first, second = (untrained_with_contrast("tiny", seed=3).state() for _ in range(2))
    assert all(torch.equal(value, second[key]) for key, value in first.items())
