from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from numpy.typing import NDArray

from prosopon.core.errors import UsageError
from prosopon.faces.colour.transfer import ColourMode, regularised, transferred

Picture = NDArray[np.float32]
MODES: tuple[ColourMode, ...] = get_args(ColourMode)
CHANGING = tuple(mode for mode in MODES if mode != "none")


def clouds(seed: int, side: int = 48) -> Picture:
    """A smooth picture of many colours."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side] / side
    waves = sum(
        rng.normal(size=3) * np.sin(2 * np.pi * (rng.uniform(-2, 2) * x + rng.uniform(-2, 2) * y))[..., None]
        for _ in range(6)
    )
    return (0.5 + 0.12 * np.asarray(waves)).clip(0.02, 0.98).astype(np.float32)


def disc(side: int = 48) -> Picture:
    y, x = np.mgrid[:side, :side]
    return np.clip((0.8 - np.hypot(x - side / 2 + 0.5, y - side / 2 + 0.5) / (side / 2)) * 4, 0, 1).astype(np.float32)


def distance(one: Picture, other: Picture) -> float:
    """How far distributions of colours are apart: sorted values along some directions."""
    directions = np.random.default_rng(5).normal(size=(12, 3))
    along = [
        np.sort(p.reshape(-1, 3) @ (directions / np.linalg.norm(directions, axis=1, keepdims=True)).T, axis=0)
        for p in (one, other)
    ]
    return float(np.abs(along[0] - along[1]).mean())


@pytest.mark.parametrize("mode", CHANGING)
def test_colours_come_close_to_those_wanted(mode: ColourMode) -> None:
    picture, like = clouds(1), clouds(2) * np.float32(0.6) + np.float32((0.3, 0.1, 0.05))
    moved = transferred(picture, like, mode)
    assert moved.shape == picture.shape and moved.dtype == np.float32
    assert distance(moved, like) < {"mean": 0.6, "histogram": 0.8}.get(mode, 0.45) * distance(picture, like)
    assert np.abs(moved.mean((0, 1)) - like.mean((0, 1))).max() < 0.05


def test_none_changes_nothing() -> None:
    assert np.array_equal(transferred(clouds(1), clouds(2), "none"), clouds(1))


@pytest.mark.parametrize("mode", MODES)
def test_the_same_colours_stay(mode: ColourMode) -> None:
    assert np.abs(transferred(clouds(1), clouds(1), mode) - clouds(1)).max() < 4e-3


@pytest.mark.parametrize("mode", CHANGING)
def test_what_masks_leave_out_does_not_count(mode: ColourMode) -> None:
    mask = disc()
    picture, like = clouds(1), clouds(2)
    spoilt, spoilt_like = picture.copy(), like.copy()
    spoilt[mask == 0], spoilt_like[mask == 0] = (1, 0, 1), (0, 1, 0)
    moved = transferred(picture, like, mode, mask=mask, like_mask=mask)
    inside = mask > 0
    expected = transferred(spoilt, spoilt_like, mode, mask=mask, like_mask=mask)[inside]
    assert np.abs(moved[inside] - expected).max() < 2e-3
    means = [(p * mask[..., None]).sum((0, 1)) / mask.sum() for p in (moved, like)]
    assert np.abs(means[0] - means[1]).max() < 0.03


@pytest.mark.parametrize("mode", CHANGING)
def test_outside_the_mask_the_same_map_goes_on(mode: ColourMode) -> None:
    picture, like, mask = clouds(1), clouds(2) * np.float32((0.6, 0.8, 1)), np.zeros((48, 48), np.float32)
    mask[:, :24] = 1
    mirrored = np.concatenate((picture[:, :24], picture[:, 23::-1]), axis=1)
    moved = transferred(mirrored, like, mode, mask=mask)
    # Far from the mask there is nothing to smooth moves with, so there they are as the transport has them.
    assert np.abs(moved[:, :24] - moved[:, :23:-1]).mean() < (0.04 if mode in ("idt", "sot", "mix") else 1e-6)
    assert np.abs(moved[:, 24:] - mirrored[:, 24:]).mean() > 0.02


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "odd",
    [
        np.zeros((16, 16, 3)),
        np.ones((16, 16, 3)),
        np.full((16, 16, 3), 0.4),
        np.full((1, 1, 3), 0.4),
        np.linspace(0, 1, 16 * 16)[:, None].repeat(3, 1).reshape(16, 16, 3),
        np.full((16, 16, 3), np.nan),
    ],
    ids=["black", "white", "flat", "pixel", "grey", "nan"],
)
def test_odd_pictures_give_finite_ones(mode: ColourMode, odd: Picture) -> None:
    odd = odd.astype(np.float32)
    for picture, like in ((odd, clouds(1)), (clouds(1), odd), (odd, odd)):
        moved = transferred(picture, like, mode)
        assert moved.shape == picture.shape
        assert np.isfinite(moved).all() and moved.min() >= 0 and moved.max() <= 1


@pytest.mark.parametrize("mode", CHANGING)
def test_one_colour_becomes_the_mean_of_the_wanted(mode: ColourMode) -> None:
    like = clouds(2)
    moved = transferred(np.full((16, 16, 3), 0.4, np.float32), like, mode)
    assert np.abs(moved - like.mean((0, 1))).max() < 0.1


@pytest.mark.parametrize("mode", MODES)
def test_without_a_face_nothing_changes(mode: ColourMode) -> None:
    nothing = np.zeros((48, 48), np.float32)
    for masks in ({"mask": nothing}, {"like_mask": nothing}):
        assert np.array_equal(transferred(clouds(1), clouds(2), mode, **masks), clouds(1))


@pytest.mark.parametrize("mode", MODES)
def test_the_same_every_time(mode: ColourMode) -> None:
    first, second = (transferred(clouds(1), clouds(2), mode, rng=np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(first, second)
    assert np.array_equal(transferred(clouds(1), clouds(2), mode), transferred(clouds(1), clouds(2), mode))


def test_pictures_of_two_sizes() -> None:
    small = clouds(2)[::3, ::2]
    assert transferred(clouds(1), small, "rct").shape == (48, 48, 3)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(UsageError, match="no colour transfer sepia"):
        transferred(clouds(1), clouds(2), "sepia")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="does not fit"):
        transferred(clouds(1), clouds(2), "rct", mask=np.ones((3, 3)))


def test_grain_is_smoothed_away_and_edges_stay() -> None:
    picture = np.full((48, 48, 3), 0.2, np.float32)
    picture[:, 24:] = 0.8
    grain = np.random.default_rng(0).normal(0, 0.05, picture.shape).astype(np.float32)
    shift = np.where(picture > 0.5, np.float32(0.1), np.float32(-0.1))
    calm = regularised(picture, picture + shift + grain)
    assert np.abs(calm - picture - shift).max() < 0.03
