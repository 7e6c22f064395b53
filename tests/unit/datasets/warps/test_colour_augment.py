"""Colours changed at random: by as much as was said, nothing where nothing was said, and always within the range."""

from __future__ import annotations

import colorsys
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.color import rgb2lab
from skimage.exposure import equalize_adapthist

from prosopon.core.errors import UsageError
from prosopon.datasets.warps.colour_augment import (
    ColourAugment,
    blurred,
    equalised,
    hsv_shifted,
    lab_shifted,
    noisy,
    resampled,
)

Floats = NDArray[np.float32]
NOTHING = ColourAugment(lab=0, equalise=0)


def a_picture(height: int = 40, width: int = 52) -> Floats:
    """Smooth and colourful, away from black and white."""
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    waves = np.stack((np.sin(5 * x + y), np.sin(3 * y - x), np.cos(4 * x * y)), axis=-1)
    return (0.5 + 0.3 * waves).astype(np.float32)


def seeded(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


EVERY: list[Callable[[Floats, np.random.Generator], Floats]] = [
    lab_shifted,
    hsv_shifted,
    lambda picture, _: equalised(picture),
    blurred,
    resampled,
    noisy,
    lambda picture, rng: ColourAugment(hsv=1, equalise=1).apply(picture, rng),
    lambda picture, rng: ColourAugment(blur=1, resample=1, noise=1).spoil(picture, rng),
]


@pytest.mark.parametrize("change", EVERY)
@pytest.mark.parametrize("shape", [(40, 52, 3), (1, 1, 3), (1, 9, 3), (3, 2, 3)])
def test_whatever_is_changed_stays_a_picture(
    change: Callable[[Floats, np.random.Generator], Floats], shape: tuple[int, ...]
) -> None:
    for picture in (seeded(1).random(shape, np.float32), np.zeros(shape, np.float32), np.ones(shape, np.float32)):
        before = picture.copy()
        for seed in range(5):
            changed = change(picture, seeded(seed))
            assert changed.shape == shape
            assert changed.dtype == np.float32
            assert np.isfinite(changed).all()
            assert changed.min() >= 0
            assert changed.max() <= 1 + 1e-6
            np.testing.assert_array_equal(changed, change(picture, seeded(seed)))
        np.testing.assert_array_equal(picture, before)


def test_nothing_is_changed_where_nothing_is_to_be() -> None:
    picture = a_picture()
    assert NOTHING.apply(picture, seeded()) is picture
    assert ColourAugment().spoil(picture, seeded()) is picture
    for same in (
        lab_shifted(picture, seeded(), lightness=0, tint=0),
        hsv_shifted(picture, seeded(), power=0),
        resampled(picture, seeded(), least=1),
        noisy(picture, seeded(), std=0),
        blurred(picture, seeded(), sigma=0),
    ):
        np.testing.assert_allclose(same, picture, atol=2e-4)


def test_lab_goes_a_share_of_the_way() -> None:
    """L by the same share of the way to white or to black everywhere, a and b likewise; both ways are taken."""
    picture = a_picture()
    before = rgb2lab(picture)
    shares = []
    for seed in range(30):
        after = rgb2lab(lab_shifted(picture, seeded(seed), lightness=0.3, tint=0))
        up = after[..., 0].mean() > before[..., 0].mean()
        end = 100 if up else 0
        share = (after[..., 0] - before[..., 0]) / (end - before[..., 0])
        inside = np.abs(after[..., 1:] - before[..., 1:]).max(-1) < 0.5  # the rest is no colour of a screen
        assert inside.mean() > 0.5
        np.testing.assert_allclose(share[inside], np.median(share), atol=0.01)
        shares.append(np.median(share) if up else -np.median(share))
    assert -0.3 < min(shares) < -0.2
    assert 0.2 < max(shares) < 0.3


def test_tint_leaves_lightness() -> None:
    picture = a_picture()
    changed = rgb2lab(lab_shifted(picture, seeded(3), lightness=0, tint=0.08)) - rgb2lab(picture)
    assert np.abs(changed[..., 0]).max() < 0.5
    assert 0.5 < np.abs(changed[..., 1:]).max() < 0.08 * 256


def test_hsv_by_the_standard_library() -> None:
    picture = seeded(5).random((6, 7, 3), np.float32)
    picture[0, 0], picture[0, 1], picture[0, 2] = 0.5, (0.7, 0.7, 0.1), (0.2, 0.6, 0.6)
    for seed in range(4):
        turn, *moves = seeded(seed).uniform((-36, -0.1, -0.1), (36, 0.1, 0.1))
        changed = hsv_shifted(picture, seeded(seed), power=0.2)
        for place in np.ndindex(6, 7):
            hue, saturation, value = colorsys.rgb_to_hsv(*picture[place].tolist())
            moved = np.clip((saturation + moves[0], value + moves[1]), 0, 1)
            wanted = colorsys.hsv_to_rgb((hue + turn / 360) % 1, *moved.tolist())
            np.testing.assert_allclose(changed[place], wanted, atol=1e-5)


def test_equalised_contrast() -> None:
    dull = 0.4 + 0.2 * (a_picture() - 0.5)
    clear = equalised(dull, tiles=4)
    luma = np.array((0.2126, 0.7152, 0.0722))
    assert (clear @ luma).std() > 1.3 * (dull @ luma).std()
    # Hues stay: all channels move by the same.
    difference = clear - dull
    inside = (clear > 0).all(-1) & (clear < 1).all(-1)
    np.testing.assert_allclose(np.ptp(difference, axis=-1)[inside], 0, atol=1e-5)
    assert (equalised(dull, clip=8.0) @ luma).std() > 1.3 * (clear @ luma).std()


def test_one_tile_is_plain_equalisation() -> None:
    """With no limit a grey ramp of any steepness becomes the whole range."""
    ramp = np.repeat((0.3 + 0.2 * np.linspace(0, 1, 256, dtype=np.float32))[None, :, None], 3, axis=2).repeat(8, 0)
    np.testing.assert_allclose(equalised(ramp, tiles=1, clip=256)[0, :, 0], np.linspace(0, 1, 256), atol=0.02)
    # Nothing is left to equalise where a level may have nothing of its own.
    np.testing.assert_allclose(equalised(ramp, tiles=3, clip=0), ramp, atol=1 / 256)


def test_equalised_like_a_known_implementation() -> None:
    grey = np.repeat(seeded(0).random((64, 64, 1), np.float32) ** 3, 3, axis=2) * 0.5
    reference = equalize_adapthist(grey[..., 0], kernel_size=16, clip_limit=2 / 256, nbins=256)
    ours = equalised(grey, tiles=4)[..., 0]
    assert np.corrcoef(ours.ravel(), reference.ravel())[0, 1] > 0.97


def test_input_only_changes() -> None:
    picture = seeded(2).random((64, 64, 3), np.float32)
    fine = picture.std()
    softer = blurred(picture, seeded(1), sigma=0.05)
    coarser = resampled(picture, seeded(1), least=0.3)
    assert softer.std() < 0.7 * fine
    assert coarser.std() < 0.9 * fine
    np.testing.assert_allclose(softer.mean((0, 1)), picture.mean((0, 1)), atol=0.01)
    np.testing.assert_allclose(coarser.mean((0, 1)), picture.mean((0, 1)), atol=0.02)
    grey = np.full((64, 64, 3), 0.5, np.float32)
    added = [(noisy(grey, seeded(seed), std=0.1) - 0.5).std() for seed in range(40)]
    assert max(added) < 0.102
    assert np.mean(added) == pytest.approx(0.05, abs=0.015)


def test_chances() -> None:
    picture = a_picture(4, 4)
    rng = seeded()
    changed = [ColourAugment(lab=0.25, equalise=0).apply(picture, rng) is not picture for _ in range(800)]
    assert np.mean(changed) == pytest.approx(0.25, abs=0.05)
    spoilt = [ColourAugment(noise=0.75).spoil(picture, rng) is not picture for _ in range(800)]
    assert np.mean(spoilt) == pytest.approx(0.75, abs=0.05)


@pytest.mark.parametrize(
    "wrong", [{"lab": 1.1}, {"lightness": -0.1}, {"noise_std": np.nan}, {"tiles": 0}, {"resample_to": 0.0}]
)
def test_settings_that_make_no_sense(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        ColourAugment(**wrong)
