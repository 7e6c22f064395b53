from __future__ import annotations

import pickle

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from prosopon.core.errors import UsageError
from prosopon.datasets.degradations import H264, NAMED, Blurred, Chain, Jpeg, Noisy, Resized, draw, named


def film(n: int = 3, side: int = 64) -> np.ndarray:
    grain = np.random.default_rng(0).normal(128, 60, (n, side, side, 3))
    return np.clip(gaussian_filter(grain, (0, 1, 1, 0)) * 2 - 128, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("name", NAMED)
def test_each_gives_frames_of_the_same_shape_and_always_the_same(name: str) -> None:
    frames = film()
    before = frames.copy()
    degraded = named(name)(frames)
    assert degraded.shape == frames.shape
    assert degraded.dtype == np.uint8
    assert (frames == before).all()
    assert (degraded == named(name)(frames)).all()
    assert (name == "none") == bool((degraded == frames).all())
    assert pickle.loads(pickle.dumps(named(name))) == named(name)  # noqa: S301 - our own


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(UsageError, match="crf28"):
        named("sepia")


@pytest.mark.parametrize("degradation", [H264(30), Jpeg(50), Resized(0.5, H264(30)), Blurred(1.0), Noisy(3.0)])
def test_one_frame_is_enough(degradation: Chain) -> None:
    one = film(1)
    assert degradation(one).shape == one.shape


def test_noise_is_as_strong_as_it_says_and_differs_between_frames() -> None:
    grey = np.full((2, 64, 64, 3), 128, np.uint8)
    noise = Noisy(5.0, 3)(grey).astype(float) - 128
    assert noise.std() == pytest.approx(5.0, rel=0.05)
    assert np.abs(noise[0] - noise[1]).max() > 5


def test_what_is_coded_small_loses_more() -> None:
    frames = film()
    lost = {name: np.abs(NAMED[name](frames).astype(float) - frames).mean() for name in ("half", "crf28+half")}
    assert lost["crf28+half"] > lost["half"] > 1


def test_chains_are_drawn_from_the_generator_alone_and_are_of_every_kind() -> None:
    drawn = [draw(np.random.default_rng(seed)) for seed in range(200)]
    assert drawn == [draw(np.random.default_rng(seed)) for seed in range(200)]
    untouched = sum(one == Chain() for one in drawn)
    assert 40 < untouched < 110
    text = repr(drawn)
    assert all(kind in text for kind in ("Jpeg", "H264", "Resized", "Blurred", "Noisy", "meanwhile=H264"))
