"""Training pairs: input and target are of one face in one place, and only the input is warped."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from prosopon.core.errors import UsageError
from prosopon.datasets.warps.augment import PRESETS, Drawn, SwapAugment, named
from prosopon.datasets.warps.cells import CellWarp
from prosopon.datasets.warps.colour_augment import ColourAugment
from prosopon.datasets.warps.grid import GridWarp
from prosopon.datasets.warps.landmarks import LandmarkWarp
from prosopon.datasets.warps.similarity import RandomSimilarity
from prosopon.faces.stance import apply
from prosopon.studio.person import Identity
from prosopon.studio.render import render

SIDE = 256
CROP = np.array(((1 / 160, 0.0, -48 / 160), (0.0, 1 / 160, -48 / 160)))
"""The middle 160 pixels of a stored face."""
DOTS = np.array([(88.0, 92.5), (160.0, 96.0), (121.5, 128.0), (100.0, 165.0), (158.0, 170.0)])


def dotted(dots: NDArray[np.float64] = DOTS, sigma: float = 3.0) -> NDArray[np.uint8]:
    """A dark picture with a bright soft dot at each place."""
    y, x = np.mgrid[:SIDE, :SIDE] + 0.5
    bright = sum(np.exp(-((x - a) ** 2 + (y - b) ** 2) / (2 * sigma**2)) for a, b in dots)
    return np.repeat((20 + 220 * np.asarray(bright)).astype(np.uint8)[..., None], 3, axis=2)


def found(picture: NDArray[np.uint8], near: NDArray[np.float64], reach: float) -> NDArray[np.float64]:
    """The centres of mass of dots near to some places."""
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]] + 0.5
    light = np.clip(picture[..., 0].astype(float) - 40, 0, None)
    places = []
    for a, b in near:
        weight = light * (np.hypot(x - a, y - b) < reach)
        places.append(((weight * x).sum() / weight.sum(), (weight * y).sum() / weight.sum()))
    return np.array(places)


def pair(augment: SwapAugment, seed: int = 0, **changed: Any) -> Drawn:
    settings: dict[str, Any] = {
        "picture": dotted(),
        "mask": None,
        "crop_matrix": CROP,
        "input_px": 64,
        "output_px": 128,
    }
    return augment.draw_pair(rng=np.random.default_rng(seed), **{**settings, **changed})


def a_face(seed: int) -> NDArray[np.float64]:
    return render(Identity.random(np.random.default_rng(seed)), size_px=64).landmarks.astype(np.float64) / 64


@pytest.mark.parametrize("seed", range(6))
def test_the_matrix_leads_to_the_target(seed: int) -> None:
    drawn = pair(PRESETS["deepfacelab"], seed)
    wanted = apply(drawn.matrix, DOTS)
    np.testing.assert_allclose(found(drawn.target, wanted, 12), wanted, atol=0.15)


@pytest.mark.parametrize("seed", range(6))
def test_input_and_target_move_alike(seed: int) -> None:
    """Without a warp the input is the target, at its own size."""
    still = SwapAugment(warp=None)
    drawn = pair(still, seed)
    np.testing.assert_allclose(found(drawn.warped, apply(drawn.matrix, DOTS) / 2, 6), found(
        drawn.target, apply(drawn.matrix, DOTS), 12) / 2, atol=0.1)  # fmt: skip
    same = pair(still, seed, input_px=128)
    assert np.array_equal(same.warped, same.target)
    assert np.array_equal(same.target, drawn.target)


@pytest.mark.parametrize("warp", [GridWarp(), CellWarp()])
def test_only_the_input_is_warped(warp: GridWarp | CellWarp) -> None:
    apart = []
    for seed in range(12):
        drawn, straight = pair(SwapAugment(warp=warp), seed), pair(SwapAugment(warp=None), seed)
        assert np.array_equal(drawn.target, straight.target)
        assert np.array_equal(drawn.matrix, straight.matrix)
        wanted = apply(drawn.matrix, DOTS) / 2
        apart.append(found(drawn.warped, wanted, 8) - wanted)
    moved = np.array(apart)
    assert 0.3 < moved.std() < 3
    # Ours does not draw to one side, as the published grids do by half a pixel.
    assert np.abs(moved.mean((0, 1))).max() < 0.35


def test_what_is_not_warped_is_exactly_the_crop() -> None:
    """No similarity either: pixels of the stored picture, as they are."""
    nothing = SwapAugment(warp=None, similarity=None)
    drawn = pair(nothing, crop_matrix=CROP, output_px=160, input_px=160)
    assert np.array_equal(drawn.target, dotted()[48:208, 48:208])
    np.testing.assert_allclose(drawn.matrix, ((1, 0, -48), (0, 1, -48)), atol=1e-12)


def test_masks_lie_on_the_face() -> None:
    mask = (dotted()[..., 0] > 100).astype(np.uint8) * np.uint8(255)
    for name in ("original", "deepfacelab"):
        plain = replace(PRESETS[name], colour=None)
        drawn = pair(plain, 3, mask=mask)
        assert drawn.target_mask.shape == (128, 128)
        apart = (drawn.target[..., 0] > 100) != (drawn.target_mask > 127)
        assert apart.mean() < 0.005
        assert (drawn.target_mask > 127).sum() > 100
        several = pair(plain, 3, mask=np.stack((mask, 255 - mask), axis=-1)).target_mask
        assert several.shape == (128, 128, 2)
        assert np.array_equal(several[..., 0], drawn.target_mask)
        assert np.abs(several.astype(int).sum(-1) - 255).max() <= 1
        assert (pair(plain, 3).target_mask == 255).all()


def test_colours_change_alike_and_masks_do_not() -> None:
    mask = dotted()[..., 0]
    loud = SwapAugment(warp=None, colour=ColourAugment(hsv=1, equalise=1))
    for seed in range(4):
        drawn = pair(loud, seed, mask=mask, input_px=128)
        plain = pair(replace(loud, colour=None), seed, mask=mask, input_px=128)
        assert np.array_equal(drawn.warped, drawn.target)
        assert not np.array_equal(drawn.target, plain.target)
        assert np.array_equal(drawn.target_mask, plain.target_mask)


def test_only_the_input_is_spoilt() -> None:
    spoilt = SwapAugment(warp=None, colour=ColourAugment(lab=0, equalise=0, blur=1, resample=1, noise=1))
    drawn, plain = pair(spoilt, 1, input_px=128), pair(SwapAugment(warp=None), 1, input_px=128)
    assert np.array_equal(drawn.target, plain.target)
    assert not np.array_equal(drawn.warped, plain.warped)


def test_faces_are_bent_to_a_face_nearby() -> None:
    """In the input the landmarks lie where those of the other face lie in its crop, moved by the same similarity."""
    own, other = a_face(1), 0.5 + (a_face(2) - 0.5) * 1.15
    stored = own * 160 + 48
    chosen = stored[[36, 45, 48, 54]]
    for seed in range(4):
        settings = SwapAugment(warp=LandmarkWarp(noise=0), similarity=RandomSimilarity(flip=1))
        drawn = pair(settings, seed, picture=dotted(chosen, 1.5), landmarks=stored, near=other[None], input_px=128)
        # The target's crop is the input's; of the other face only its place in its own crop is known.
        moved = apply(drawn.matrix, other * 160 + 48)[[36, 45, 48, 54]]
        wanted = apply(drawn.matrix, chosen)
        assert np.abs(moved - wanted).max() > 3
        np.testing.assert_allclose(found(drawn.warped, moved, 5), moved, atol=0.7)
        np.testing.assert_allclose(found(drawn.target, wanted, 5), wanted, atol=0.2)


def test_one_of_the_near_faces_is_drawn() -> None:
    stored = a_face(1) * 160 + 48
    near = np.stack([a_face(seed) for seed in range(2, 6)])
    quiet = SwapAugment(warp=LandmarkWarp(noise=0), similarity=None)
    inputs = {pair(quiet, seed, landmarks=stored, near=near).warped.tobytes() for seed in range(30)}
    assert len(inputs) == 4


@pytest.mark.parametrize("lacking", ["landmarks", "near"])
def test_a_warp_to_landmarks_needs_them(lacking: str) -> None:
    given = {"landmarks": a_face(1) * 160 + 48, "near": a_face(2)[None], lacking: None}
    with pytest.raises(UsageError, match="landmarks"):
        pair(PRESETS["dfaker"], **given)
    with pytest.raises(UsageError, match="landmarks"):
        pair(PRESETS["dfaker"], landmarks=a_face(1), near=np.empty((0, 68, 2)))


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize(("input_px", "output_px"), [(64, 64), (64, 128), (96, 96), (1, 1), (256, 32)])
def test_presets(name: str, input_px: int, output_px: int) -> None:
    faces = {"landmarks": a_face(1) * 160 + 48, "near": a_face(2)[None]}
    picture = dotted()
    picture.flags.writeable = False
    first, again, other = (
        pair(named(name), seed, picture=picture, input_px=input_px, output_px=output_px, **faces) for seed in (0, 0, 1)
    )
    assert first.warped.shape == (input_px, input_px, 3)
    assert first.target.shape == (output_px, output_px, 3)
    assert first.target_mask.shape == (output_px, output_px)
    assert {part.dtype for part in (first.warped, first.target, first.target_mask)} == {np.dtype(np.uint8)}
    assert np.array_equal(first.warped, again.warped)
    assert np.array_equal(first.target, again.target)
    assert not np.array_equal(first.matrix, other.matrix)


def test_presets_are_what_was_published() -> None:
    assert isinstance(named("original").warp, GridWarp)
    assert named("original").colour == ColourAugment(lab=1, lightness=0.3, tint=0.08, equalise=0.5, tiles=4)
    assert isinstance(named("deepfacelab").warp, CellWarp)
    assert named("deepfacelab").similarity == RandomSimilarity(10, (1 / 1.15, 1.15), 0.05, 0.4)
    assert named("dfaker").warp == LandmarkWarp(2 / 256)
    assert named("dfaker").similarity == RandomSimilarity(10, (0.95, 1.05), 0.05, 0.5)
    with pytest.raises(UsageError, match="deepfacelab"):
        named("deepfacelabs")


@pytest.mark.parametrize("preset", ["original", "deepfacelab"])
def test_odd_pictures(preset: str) -> None:
    """One pixel; a crop beyond the picture: its edge goes on. A large one is averaged, not picked from."""
    one = np.array([[[10, 20, 30]]], np.uint8)
    plain = replace(named(preset), colour=None)
    for crop in (np.eye(2, 3), CROP, np.array(((1.0, 0, 1e5), (0, 1.0, 0)))):
        drawn = pair(plain, picture=one, crop_matrix=crop)
        assert (drawn.target == one).all()
        assert (drawn.warped == one).all()
    noise = np.random.default_rng(0).integers(0, 256, (1024, 1024, 3), dtype=np.uint8)
    large = pair(plain, picture=noise, crop_matrix=np.array(((1 / 640, 0, -0.3), (0, 1 / 640, -0.3))))
    assert large.warped.std() < 20


@pytest.mark.parametrize(
    "wrong",
    [
        {"picture": dotted()[..., 0]},
        {"picture": np.empty((0, 5, 3), np.uint8)},
        {"mask": np.zeros((SIDE, SIDE + 1), np.uint8)},
        {"mask": np.zeros(SIDE, np.uint8)},
        {"crop_matrix": np.zeros((2, 3))},
        {"crop_matrix": np.full((2, 3), np.nan)},
        {"input_px": 0},
        {"output_px": -1},
    ],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"shape|fit|affine|pixel"):
        pair(SwapAugment(), **wrong)
