"""Our losses and optimisers against recorded outputs of DeepFaceLab and faceswap."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from prosopon.models.image_losses.edges import gmsd, gradient_difference
from prosopon.models.image_losses.emphasis import area_weight, soft_mask
from prosopon.models.image_losses.filters import gaussian_blur
from prosopon.models.image_losses.frequency import focal_frequency, laplacian_pyramid
from prosopon.models.image_losses.pixelwise import largest, log_cosh, mae, mse, smooth_l1
from prosopon.models.image_losses.saehd import saehd_terms, style_distance
from prosopon.models.image_losses.structural import dssim, ms_ssim, ssim_map
from prosopon.train.optimisers import dropout
from prosopon.train.optimisers.choice import OptimiserName, make_optimiser
from prosopon.train.steady import SteadyRate

every_size = pytest.mark.parametrize("size", [64, 128, 256])
every_pair = pytest.mark.parametrize("pair", ["noise", "blur", "other"])


@pytest.fixture(scope="module")
def values(swap: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((swap / "losses.json").read_text())
    return read


@pytest.fixture(scope="module")
def arrays(swap: Path) -> Any:
    return np.load(swap / "losses.npz")


class Faces:
    """The recorded pictures (what was predicted, what was wanted) and masks of one size."""

    def __init__(self, swap_fill: ModuleType, size: int, pair: str) -> None:
        true = swap_fill.image("loss/a", size, size)
        rows = np.pad(true, ((0, 0), (4, 4), (0, 0)), mode="edge")
        predicted = {
            "noise": np.clip(true + swap_fill.tensor(f"loss/n{size}", true.shape, 0.05), 0, 1),
            "blur": np.mean([rows[:, i : i + size] for i in range(9)], axis=0, dtype=np.float32),
            "other": np.float32(0.6) * true + np.float32(0.4) * swap_fill.image("loss/b", size, size),
        }[pair]
        self.predicted, self.target = torch.from_numpy(predicted)[None], torch.from_numpy(true)[None]

        def ellipse(**place: float) -> Tensor:
            return torch.from_numpy(swap_fill.ellipse(size, size, **place))[None, None]

        self.face, self.predicted_mask = ellipse(), ellipse(cy=0.52, ry=0.4, rx=0.3, soft=0.4)
        self.eyes = sum((ellipse(cy=0.4, cx=x, ry=0.05, rx=0.08) for x in (0.35, 0.65)), torch.zeros(1))
        self.mouth = ellipse(cy=0.7, ry=0.06, rx=0.14)


@pytest.fixture
def faces(swap_fill: ModuleType, size: int, pair: str) -> Faces:
    return Faces(swap_fill, size, pair)


def close(ours: Tensor | float, recorded: float, rtol: float = 1e-4) -> None:
    np.testing.assert_allclose(float(ours), recorded, rtol=rtol, atol=1e-5)


def misread(picture: Tensor) -> Tensor:
    """Channels, rows and columns taken for rows, columns and channels, as faceswap's code reads them here."""
    return picture.permute(0, 3, 1, 2)


LOSSES: dict[str, tuple[Callable[..., Tensor], str]] = {
    "ssim": (lambda p, t: 2 * dssim(p, t, padding="reflect"), "mean"),
    "ssim, valid": (lambda p, t: 2 * dssim(p, t), "scalar_mode"),
    "ms_ssim": (ms_ssim, "scalar_mode"),
    "gmsd": (partial(gmsd, as_released=True), "scalar_mode"),
    "mae": (mae, "mean"),
    "mse": (mse, "mean"),
    "logcosh": (log_cosh, "mean"),
    "smooth_loss": (smooth_l1, "mean"),
    "laploss": (laplacian_pyramid, "mean"),
    "ffl": (focal_frequency, "mean"),
    "l_inf_norm": (lambda p, t: largest(misread(p), misread(t)), "mean"),
    "pixel_gradient_diff": (lambda p, t: gradient_difference(misread(p), misread(t), alpha=1.9999), "mean"),
}


@every_size
@every_pair
@pytest.mark.parametrize("name", LOSSES)
def test_losses_of_faceswap(name: str, faces: Faces, size: int, pair: str, values: dict[str, Any]) -> None:
    loss, kind = LOSSES[name]
    recorded = values[f"fs/{name.split(',', maxsplit=1)[0]}/{size}/{pair}/{kind}"]
    rtol = 1e-3 if name == "gmsd" else 1e-4
    close(loss(faces.predicted, faces.target), recorded if kind == "mean" else recorded[0], rtol)


@pytest.mark.parametrize("size", [128])
@every_pair
def test_ssim_at_each_pixel(faces: Faces, pair: str, arrays: Any) -> None:
    # Where a picture is nearly flat, float32 leaves few digits of a variance; the record is off by up to 8.5e-4 there.
    recorded = arrays[f"fs_map_ssim_{pair}"]
    exact = 1 - ssim_map(faces.predicted.double(), faces.target.double(), padding="reflect")[0, :, ::4, ::4].numpy()
    ours = 1 - ssim_map(faces.predicted, faces.target, padding="reflect")[0, :, ::4, ::4].numpy()
    np.testing.assert_allclose(exact, recorded, atol=1e-3)
    assert float(np.median(np.abs(exact - recorded))) < 1e-5
    assert np.abs(ours - exact).max() < np.abs(recorded - exact).max()


@every_size
@every_pair
def test_dssim_of_deepfacelab(faces: Faces, size: int, pair: str, values: dict[str, Any]) -> None:
    windows = [w for w in (2, 5, 11, 22) if f"dfl/dssim_w{w}/{size}/{pair}/per_channel" in values]
    assert len(windows) >= 2
    for window in windows:
        for channel, recorded in enumerate(values[f"dfl/dssim_w{window}/{size}/{pair}/per_channel"]):
            of_one = (picture[:, channel : channel + 1] for picture in (faces.predicted, faces.target))
            close(dssim(*of_one, window=window), recorded)


@every_size
@every_pair
@pytest.mark.parametrize("masked", [True, False])
def test_saehd(faces: Faces, size: int, pair: str, masked: bool, values: dict[str, Any]) -> None:
    recorded = values[f"dfl/saehd/{size}/{pair}/{'masked' if masked else 'unmasked'}"]
    ours = saehd_terms(
        faces.predicted, faces.target, faces.predicted_mask, faces.face,
        eyes_mouth=faces.eyes + faces.mouth, masked=masked,
    )  # fmt: skip
    for name, theirs in (("structure", "dssim"), ("pixels", "mse"), ("eyes_mouth", "eyes_mouth"), ("mask", "mask")):
        close(ours[name], recorded[theirs])
    close(sum(ours.values(), torch.zeros(1)), recorded["total"])


@every_size
@every_pair
def test_default_loss_of_faceswap(faces: Faces, size: int, pair: str, values: dict[str, Any]) -> None:
    recorded = values[f"fs/collator/{size}/{pair}"]
    weight = area_weight(faces.face, faces.eyes, faces.mouth)
    structure = 2 * dssim(faces.predicted, faces.target, weight, padding="reflect")
    pixels, mask = mse(faces.predicted, faces.target, weight), mse(faces.predicted_mask, faces.face)
    close(structure, recorded["unweighted"]["ssim"])
    close(pixels, recorded["unweighted"]["mse"])
    close(mask, recorded["mask"])
    close(structure + pixels + mask, recorded["total"])


@every_size
@pytest.mark.parametrize("pair", ["noise"])
def test_soft_masks_and_blurs(faces: Faces, size: int, arrays: Any) -> None:
    every = size // 32
    np.testing.assert_allclose(
        soft_mask(faces.face)[0, 0, ::every, ::every].numpy(), arrays[f"saehd_softmask_{size}"], atol=1e-5
    )
    for sigma in (size // 32, size // 8):
        ours = gaussian_blur(faces.predicted, sigma, "zeros")[0, :, :: size // 16, :: size // 16]
        np.testing.assert_allclose(ours.numpy(), arrays[f"dfl_gblur_r{sigma}_{size}_noise"], atol=1e-5)


@pytest.mark.parametrize("size", [64, 128])
@every_pair
def test_style(faces: Faces, size: int, pair: str, values: dict[str, Any]) -> None:
    ours = 1000 * style_distance(faces.predicted, faces.target, size / 8)
    close(ours, values[f"dfl/style_r{size // 8}_w1000/{size}/{pair}"])


@pytest.mark.parametrize("name", ["adabelief", "rmsprop"])
@pytest.mark.parametrize("how", ["plain", "clip", "cos", "dropout"])
def test_optimisers_of_deepfacelab(name: OptimiserName, how: str, swap: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = np.load(swap / "optimizers.npz")
    weight = nn.Parameter(torch.from_numpy(recorded["w0"].copy()))
    masks = iter(torch.from_numpy(recorded["dropout_masks"]))
    monkeypatch.setattr(dropout, "chosen", lambda count, keep, generator: next(masks))
    optimiser = make_optimiser(name, [weight], 1e-2, keep=0.3 if how == "dropout" else 1.0)
    rate = SteadyRate(period=500 if how == "cos" else None).following(optimiser)
    for gradient, wanted in zip(recorded["grads"], recorded[f"{name}_{how}"], strict=True):
        weight.grad = torch.from_numpy(gradient.copy())
        if how == "clip":
            nn.utils.clip_grad_norm_([weight], 1.0)
        optimiser.step()
        rate.step()
        np.testing.assert_allclose(weight.detach().numpy(), wanted, rtol=0, atol=1e-5)
