"""Our nets against recorded outputs of the published implementation of the First Order Motion Model."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from prosopon.create.fomm.config import model_from_published
from prosopon.create.fomm.discriminator import build_discriminator
from prosopon.create.fomm.technique import FirstOrderMotion
from prosopon.create.fomm.transfer import transfer
from prosopon.models.antialias import AntiAliasDownsample, gaussian_kernel
from prosopon.models.grid import coordinate_grid, gaussian_maps
from prosopon.models.motion.keypoints import Keypoints
from prosopon.models.tps import SmoothMap

TOLERANCE = 2e-5
CASES = ["fomm_small", "fomm_small_align_corners_true", "fomm_small_singlejac"]


def close(ours: torch.Tensor | None, recorded: np.ndarray[Any, Any]) -> None:
    assert ours is not None
    assert tuple(ours.shape) == recorded.shape
    assert float(np.abs(ours.detach().numpy() - recorded).max()) <= TOLERANCE


def published_checkpoint(fill: ModuleType, config: dict[str, Any], path: Path) -> Path:
    """A checkpoint file of the published form, with the weights that the records were made with."""
    nets = FirstOrderMotion.untrained(config)
    judge = build_discriminator(model_from_published(config))
    tables = {}
    for name, module in (("kp_detector", nets.kp_detector), ("generator", nets.generator), ("discriminator", judge)):
        state = {key: value.clone() for key, value in module.state_dict().items()}
        for key, value in fill.fill_state_dict(name, state).items():
            state[key] = torch.from_numpy(value)
        tables[name] = state
    # The published files carry their blur kernels; ours must not read them.
    tables["kp_detector"]["down.weight"] = torch.full((3, 1, 13, 13), torch.nan)
    tables["generator"]["dense_motion_network.down.weight"] = torch.full((3, 1, 13, 13), torch.nan)
    torch.save({**tables, "epoch": 99}, path)
    return path


@pytest.mark.parametrize("case", CASES)
def test_nets(case: str, folder: Path, fill: ModuleType, tmp_path: Path) -> None:
    base = case.removesuffix("_align_corners_true")
    config = json.loads((folder / f"{base}.config.json").read_text())
    recorded = np.load(folder / f"{case}.npz")
    path = published_checkpoint(fill, config, tmp_path / "small.pth.tar")
    model = FirstOrderMotion.from_published(path, config=config, align_corners=case.endswith("true"))
    source = torch.from_numpy(fill.batch(f"{base}/source", 1, 64, 64))
    driving = torch.from_numpy(fill.batch(f"{base}/driving", 2, 64, 64))
    assert np.array_equal(source[0, :, :4, :4].numpy(), recorded["source_corner"])

    kp_source, kp_driving = model.keypoints(source), model.keypoints(driving)
    close(kp_source.value, recorded["kp_source_value"])
    close(kp_source.jacobian, recorded["kp_source_jacobian"])
    close(kp_driving.value, recorded["kp_driving_value"])
    close(kp_driving.jacobian, recorded["kp_driving_jacobian"])
    close(kp_driving.heatmap, recorded["kp_driving_heatmap"])
    close(kp_driving.logits, recorded["kp_driving_logits"])

    out = model.generate(source, kp_source=kp_source, kp_driving=kp_driving, want_deformed=True)
    for name in ("prediction", "mask", "occlusion_map", "deformation", "sparse_deformed", "deformed"):
        close(getattr(out, name), recorded[name])

    moved = model.transfer(
        kp_source, kp_driving[1:2], kp_driving[0:1], relative=True, relative_jacobian=True, adapt_scale=True
    )
    close(moved.value, recorded["rel_kp_value"])
    close(moved.jacobian, recorded["rel_kp_jacobian"])
    close(model.generate(source, kp_source=kp_source, kp_driving=moved).prediction, recorded["rel_prediction"])


@pytest.mark.parametrize("case", CASES)
def test_discriminator(case: str, folder: Path, fill: ModuleType) -> None:
    base = case.removesuffix("_align_corners_true")
    config = json.loads((folder / f"{base}.config.json").read_text())
    recorded = np.load(folder / f"{case}.npz")
    judge = build_discriminator(model_from_published(config))
    fill.fill_module("discriminator", judge)
    judge.eval()
    driving = torch.from_numpy(fill.batch(f"{base}/driving", 2, 64, 64))
    (judgement,) = judge(driving, Keypoints(torch.from_numpy(recorded["kp_driving_value"])))
    close(judgement.prediction_map, recorded["disc_map"])
    for index, features in enumerate(judgement.features):
        close(features.mean((2, 3)), recorded[f"disc_feat{index}_mean"])


@pytest.fixture(scope="module")
def functions(folder: Path) -> Any:
    return np.load(folder / "fomm_functions.npz")


@pytest.mark.parametrize("scale", [0.5, 0.25, 0.125])
def test_antialias(scale: float, functions: Any, fill: ModuleType) -> None:
    close(gaussian_kernel(scale), functions[f"aa_{scale:g}_kernel"])
    image = torch.from_numpy(fill.batch("fn/aa", 1, 64, 64))
    close(AntiAliasDownsample(3, scale)(image), functions[f"aa_{scale:g}_out"])


@pytest.mark.parametrize("adapt_scale", [False, True])
@pytest.mark.parametrize("relative", [False, True])
@pytest.mark.parametrize("relative_jacobian", [False, True])
@pytest.mark.parametrize("index", range(5))
def test_transfer(index: int, adapt_scale: bool, relative: bool, relative_jacobian: bool, functions: Any) -> None:
    def points(role: str) -> Keypoints:
        value, jacobian = (
            torch.from_numpy(functions[f"rel{index}_in_{role}_{part}"]) for part in ("value", "jacobian")
        )
        return Keypoints(value, jacobian)

    out = transfer(
        points("source"), points("driving"), points("initial"),
        relative=relative, relative_jacobian=relative_jacobian, adapt_scale=adapt_scale,
    )  # fmt: skip
    key = f"rel{index}_a{adapt_scale:d}_r{relative:d}_j{relative_jacobian:d}"
    close(out.value, functions[f"{key}_value"])
    close(out.jacobian, functions[f"{key}_jacobian"])


def test_thin_plate_spline(functions: Any, fill: ModuleType) -> None:
    smooth = SmoothMap(torch.from_numpy(functions["tps_theta"]), torch.from_numpy(functions["tps_params"]))
    points = torch.from_numpy(functions["tps_kp"])
    close(smooth(points), functions["tps_warp"])
    close(smooth.jacobian(points), functions["tps_jacobian"])
    frames = torch.from_numpy(fill.batch("tps/frame", 2, 64, 64))
    for align_corners in (False, True):
        close(smooth.warp_image(frames, align_corners=align_corners), functions[f"tps_frame_ac{align_corners:d}"])


def test_gaussians_and_grid(functions: Any) -> None:
    close(gaussian_maps(torch.from_numpy(functions["tps_kp"]), 16, 24, 0.01), functions["kp2gaussian"])
    close(coordinate_grid(3, 5), functions["grid_3x5"])
