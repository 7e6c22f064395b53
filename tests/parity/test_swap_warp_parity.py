"""Our warps against recorded outputs of DeepFaceLab, deepfakes/faceswap (now and of 2018) and dfaker.

The records count pixels from the first one's centre, ours from its corner: half a pixel is added or taken off on the
way. Published warps show black beyond the edge, ours repeat it, so a black frame is put around the pictures here.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from prosopon.datasets.warps.cells import CellWarp, knot_noise
from prosopon.datasets.warps.grid import GridWarp, grid_map, mean_similarity
from prosopon.datasets.warps.landmarks import released_map
from prosopon.datasets.warps.sampling import lattice, map_of, sample
from prosopon.datasets.warps.similarity import similarity
from prosopon.faces.stance import apply

Floats = NDArray[np.float32]
Record = Mapping[str, NDArray[Any]]
LEVEL = 1 / 255 + 1e-6
HALF_FLOAT = 1e-3
BLACK_PX = 40


@pytest.fixture(scope="module")
def record(swap: Path) -> Record:
    with np.load(swap / "warp.npz") as file:
        return dict(file)


@pytest.fixture(scope="module")
def record_2018(swap: Path) -> Record:
    with np.load(swap / "warp2018.npz") as file:
        return dict(file)


@pytest.fixture(scope="module")
def stats(swap: Path) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = json.loads((swap / "warp_stats.json").read_text())
    return found


@pytest.fixture(scope="module")
def numbers(swap: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("swap_fill", swap / "fill.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def drawn(numbers: ModuleType, tag: str, side: int) -> Floats:
    """A picture of the records in [0, 1], with the rounding to bytes that it had there."""
    picture: Floats = (np.rint(numbers.image(tag, side, side) * 255) / 255).transpose(1, 2, 0).astype(np.float32)
    return picture


def as_released(picture: Floats, read: Floats, *, cubic: bool = False, black: bool = True) -> Floats:
    """Read through a map without averaging first, black or the edge beyond the edge."""
    if black:
        picture = np.pad(picture, ((BLACK_PX, BLACK_PX), (BLACK_PX, BLACK_PX), (0, 0)))
        read = read + np.float32(BLACK_PX)
    return sample(picture, read, cubic=cubic, antialias=False)


def seen(picture: Floats, matrix: NDArray[np.float64], size_px: int, *, cubic: bool = False) -> Floats:
    """Seen through a recorded matrix, which counts from the first pixel's centre; the edge beyond the edge."""
    counted = matrix.copy()
    counted[:, 2] += 0.5 - matrix[:, :2] @ (0.5, 0.5)
    return as_released(picture, map_of(counted, size_px), cubic=cubic, black=False)


def close(ours: Floats, recorded: NDArray[Any], tolerance: float) -> None:
    """Within a tolerance in 99.9 % of the pixels; bytes are compared as bytes."""
    if recorded.dtype == np.uint8:
        ours, recorded = np.rint(np.clip(ours, 0, 1) * 255) / 255, recorded / 255
    assert ours.shape == recorded.shape
    apart = np.abs(ours - recorded.astype(np.float64)).reshape(*ours.shape[:2], -1).max(-1)
    assert (apart <= tolerance).mean() >= 0.999


# ---- deepfakes/faceswap


@pytest.mark.parametrize("side", [64, 128, 256])
@pytest.mark.parametrize("number", [0, 1])
def test_faceswap_grid(record: Record, numbers: ModuleType, side: int, number: int) -> None:
    step = side // record[f"fs{side}_maps"].shape[-1]
    read = grid_map(record[f"fs{side}_noise"][number], side, side=side, half_pixel=0.5)
    np.testing.assert_allclose(
        read[::step, ::step].transpose(2, 0, 1) - 0.5, record[f"fs{side}_maps"][number], atol=1e-4
    )
    warped = as_released(drawn(numbers, f"warp/fs{side}/{number}", side), read)
    every = side // record[f"fs{side}_warp"].shape[1]
    close(warped[::every, ::every], record[f"fs{side}_warp"][number], LEVEL)


@pytest.mark.parametrize("side", [64, 128, 256])
@pytest.mark.parametrize("number", [0, 1])
def test_faceswap_transform(record: Record, numbers: ModuleType, side: int, number: int) -> None:
    rotation, zoom, x, y = record[f"fs{side}_transform_rot_scale_tx_ty"][number].astype(np.float64)
    # Unlike the others it turns pictures about their true middle, so its matrix and ours are the same continuous map.
    matrix = similarity(rotation, zoom, (x / side, y / side), side)
    points = apply(matrix, record[f"fs{side}_points_in"][number].astype(np.float64) + 0.5) - 0.5
    np.testing.assert_allclose(points, record[f"fs{side}_points_out"][number], atol=1e-4)
    every = side // record[f"fs{side}_transform"].shape[1]
    read = map_of(matrix, side)
    moved = as_released(drawn(numbers, f"warp/fs{side}/{number}", side), read, black=False)
    close(moved[::every, ::every], record[f"fs{side}_transform"][number], LEVEL)


def test_faceswap_transform_matrices(swap: Path) -> None:
    with np.load(swap / "alignment.npz") as file:
        drawn_numbers, matrices = file["fs_aug_in"], file["fs_aug_mats_128"]
    places = np.array(((0.0, 0.0), (127.0, 0.0), (0.0, 127.0), (30.0, 80.0)))
    for (rotation, zoom, x, y), matrix in zip(drawn_numbers, matrices, strict=True):
        ours = similarity(rotation, zoom, (x / 128, y / 128), 128)
        np.testing.assert_allclose(apply(ours, places + 0.5) - 0.5, apply(matrix[:2], places), atol=1e-4)


@pytest.mark.parametrize("number", [0, 1])
def test_faceswap_landmarks(record: Record, numbers: ModuleType, number: int) -> None:
    targets = record["fs_lm128_dst"][number] + record["fs_lm128_noise_intended"][number]
    read = released_map(record["fs_lm128_src"][number], targets, 128)
    warped = as_released(drawn(numbers, f"warp/fs128/{number}", 128), read)
    close(warped, record["fs_lm128_warp_intended"][number], LEVEL)


# ---- DeepFaceLab


@pytest.mark.parametrize("cell", [64, 32, 16])
def test_deepfacelab(record: Record, cell: int) -> None:
    tag = f"dfl_cell{cell}_"
    picture = record["image128_u8"].astype(np.float32) / 255
    inner = np.stack((record[tag + "noise_x"], record[tag + "noise_y"]))
    noise = knot_noise(inner, 0.24 * cell, as_released=True)
    line = np.linspace(0, 128, noise.shape[-1])
    np.testing.assert_allclose(line + noise[0], record[tag + "knots_x"], atol=1e-5)
    np.testing.assert_allclose(line[:, None] + noise[1], record[tag + "knots_y"], atol=1e-5)
    read = grid_map(noise, 128, side=128, half_pixel=0.5)
    np.testing.assert_allclose(read[::4, ::4, 0] - 0.5, record[tag + "mapx"], atol=1e-4)
    np.testing.assert_allclose(read[::4, ::4, 1] - 0.5, record[tag + "mapy"], atol=1e-4)
    close(as_released(picture, read, cubic=True)[::2, ::2], record[tag + "warp"], HALF_FLOAT)

    rotation, zoom, x, y, flipped = record[tag + "rot_scale_tx_ty_flip"].tolist()
    np.testing.assert_allclose(similarity(rotation, zoom, (x, y), 128), record[tag + "rmat"], atol=1e-9)
    np.testing.assert_allclose(similarity(rotation, zoom, (x, y)), record[tag + "umat"], atol=1e-9)
    close(seen(picture, record[tag + "rmat"], 128, cubic=True)[::2, ::2], record[tag + "transform"], LEVEL)

    # The released program samples a second time for the transform.
    twice = seen(as_released(picture, read, cubic=True), record[tag + "rmat"], 128, cubic=True)
    twice = twice[:, ::-1] if flipped else twice
    close(twice[::2, ::2], record[tag + "all_replicate"], LEVEL)


# ---- faceswap of 2018 and dfaker: a window of the stored face


@pytest.mark.parametrize("zoom", [1, 2])
def test_the_original_of_2018(record_2018: Record, numbers: ModuleType, zoom: int) -> None:
    picture = drawn(numbers, "warp/2018", 256)
    noise = np.stack((record_2018[f"z{zoom}_noise_x"], record_2018[f"z{zoom}_noise_y"]))
    read = grid_map(noise, 64 * zoom, start=48, side=160, half_pixel=0.5)
    close(as_released(picture, read), record_2018[f"z{zoom}_warped"], HALF_FLOAT)
    matrix = mean_similarity(noise, 64 * zoom, start=48, side=160)
    np.testing.assert_allclose(matrix, record_2018[f"z{zoom}_target_matrix"], atol=1e-9)
    close(seen(picture, matrix, 64 * zoom), record_2018[f"z{zoom}_target"], HALF_FLOAT)


def test_the_transform_of_2018(record_2018: Record, numbers: ModuleType) -> None:
    rotation, zoom, x, y, _ = record_2018["transform_rot_scale_tx_ty_flipdraw"].tolist()
    moved = seen(drawn(numbers, "warp/2018", 256), similarity(rotation, zoom, (x / 256, y / 256), 256), 256)
    close(moved[::4, ::4], record_2018["transform"], LEVEL)


def dfaker_picture(record: Record, numbers: ModuleType) -> Floats:
    mask = np.rint(numbers.ellipse(256, 256, soft=0.2) * 255)[..., None] / 255
    picture = np.concatenate((drawn(numbers, "warp/df", 256), mask), axis=-1).astype(np.float32)
    assert np.array_equal(np.rint(picture * 255)[::2, ::2], record["df_image256_stride2_u8"])
    return picture


def test_dfaker_grid(record: Record, numbers: ModuleType) -> None:
    picture = dfaker_picture(record, numbers)
    noise = np.stack((record["df_warp_noise_x"], record["df_warp_noise_y"]))
    warped = as_released(picture, grid_map(noise, 64, start=8, side=240, half_pixel=0.5), cubic=True)
    close(warped[..., :3], record["df_warp_out"], HALF_FLOAT)
    target = seen(picture, mean_similarity(noise, 128, start=8, side=240), 128)[::2, ::2]
    close(target[..., :3], record["df_warp_target"], HALF_FLOAT)
    close(target[..., 3], record["df_warp_mask"], HALF_FLOAT)


def test_dfaker_landmarks(record: Record, numbers: ModuleType) -> None:
    picture = dfaker_picture(record, numbers)
    read = released_map(record["df_lm_src"], record["df_lm_dst"] + record["df_lm_noise"], 256, whole=True)
    # It warps the whole picture first, then makes the middle of it smaller.
    whole = as_released(picture, read)[8:248, 8:248]
    close(sample(whole, lattice(64) * 240, antialias=False)[..., :3], record["df_lm_warp"], HALF_FLOAT)
    target = sample(picture[8:248, 8:248], lattice(128) * 240, antialias=False)[::2, ::2]
    close(target[..., :3], record["df_lm_target"], HALF_FLOAT)
    close(target[..., 3], record["df_lm_mask"], HALF_FLOAT)


def test_dfaker_transform(record: Record, numbers: ModuleType) -> None:
    rotation, zoom, x, y = record["df_transform_rot_scale_tx_ty"].tolist()
    moved = seen(dfaker_picture(record, numbers), similarity(rotation, zoom, (x / 256, y / 256), 256), 256)
    close(moved[::4, ::4], record["df_transform"], LEVEL)


# ---- what many draws have in common


def displacements(warp: GridWarp | CellWarp, size_px: int, draws: int) -> NDArray[np.float64]:
    """How far some of the pixels read from their own places, in pixels: `(draws, 32, 32, 2)`."""
    rng = np.random.default_rng(1)
    few = slice(size_px // 64, None, size_px // 32)
    places = lattice(size_px)[few, few]
    return np.stack([(warp.draw(rng, size_px)[few, few] - places) * size_px for _ in range(draws)]).astype(np.float64)


@pytest.mark.parametrize("side", [64, 128, 256])
def test_statistics_of_the_grid(stats: dict[str, dict[str, float]], side: int) -> None:
    recorded = stats[f"faceswap_{side}"]
    released = displacements(GridWarp(as_released=True), side, 2000)
    for axis, name in enumerate(("dx_std", "dy_std")):
        assert released[..., axis].std() == pytest.approx(recorded[name], rel=0.05)
    assert released[..., 0].mean() == pytest.approx(recorded["dx_mean"], abs=0.1)
    assert released[..., 0].mean() == pytest.approx(0.5, abs=0.05)


def test_our_grid_is_centred(stats: dict[str, dict[str, float]]) -> None:
    ours = displacements(GridWarp(), 64, 4000)
    np.testing.assert_allclose(ours.mean((0, 1, 2)), 0, atol=0.02)
    assert ours.std() == pytest.approx(stats["faceswap_64"]["dx_std"], rel=0.05)


@pytest.mark.parametrize("cells", [2, 4, 8])
def test_statistics_of_the_cells(stats: dict[str, dict[str, float]], cells: int) -> None:
    recorded = stats[f"dfl_cell{128 // cells}"]
    released = displacements(CellWarp((cells,), as_released=True), 128, 1000)
    np.testing.assert_allclose(released[..., 0], released[..., 1].transpose(0, 2, 1), atol=1e-3)
    ours = displacements(CellWarp((cells,)), 128, 1000)
    middle = slice(8, 24)  # where the records were taken: away from the edge, which stays
    assert released[:, middle, middle].std() == pytest.approx(recorded["dx_std"], rel=0.05)
    # A single knot and 154 draws leave the recorded mean uncertain by 0.17.
    assert released[..., 0].mean() == pytest.approx(recorded["dx_mean"], abs=0.2 if cells == 2 else 0.15)
    assert released[..., 0].mean() == pytest.approx(0.5, abs=0.1)
    # Two movements that add up spread by the root of two.
    assert ours[:, middle, middle].std() * 2**0.5 == pytest.approx(recorded["dx_std"], rel=0.05)
    assert abs(ours.mean()) < 0.05
