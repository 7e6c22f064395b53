"""Our face-swapping nets against recorded outputs of faceswap's and DeepFaceLab's own code."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from prosopon.create.swap.plans import build
from prosopon.create.swap.plans.net import SwapNet

VARIANTS = (
    "original", "lightweight", "dfaker_mask", "dfl_h128", "iae", "dfl_sae_df", "dfl_sae_liae",
    "dfl_sae_df_small", "dfl_sae_liae_small",
    "saehd_df_small", "saehd_df-u_small", "saehd_df-d_small", "saehd_df-t_small", "saehd_df-c_small",
    "saehd_df-ud_small", "saehd_df-udt_small", "saehd_df-udtc_small",
    "saehd_liae_small", "saehd_liae-ud_small", "saehd_liae-udt_small", "saehd_liae-udtc_small",
    "saehd_df-ud_128", "saehd_liae-ud_128", "saehd_quick96", "df-ud_128", "liae-ud_128", "quick96",
)  # fmt: skip
"""Records that there may be; those that are not there are skipped."""


def record(swap: Path, variant: str) -> tuple[dict[str, Any], Any]:
    for name in (f"models_{variant}", variant):
        if (swap / f"{name}.json").is_file():
            return json.loads((swap / f"{name}.json").read_text()), np.load(swap / f"{name}.npz")
    pytest.skip(f"the shared test data has no record of {variant}")


def filled(net: SwapNet, layers: list[dict[str, Any]], swap_fill: ModuleType, variant: str) -> SwapNet:
    """The net with the weights that the record was made with."""
    with torch.no_grad():
        for (name, layer), entry in zip(net.named_layers(), layers, strict=True):
            for leaf in ("weight", "bias"):
                values = swap_fill.param(f"{variant}/{name}/{leaf}", entry["role"], leaf, tuple(entry[leaf]))
                getattr(layer, leaf).copy_(torch.from_numpy(values))
    return net.eval()


def difference(made: Tensor, recorded: np.ndarray) -> float:
    """Largest difference to what was recorded, of which only every n-th pixel may have been kept."""
    picture = made[0].numpy()
    step = picture.shape[-1] // recorded.shape[-1]
    return float(np.abs(picture[..., ::step, ::step] - recorded).max())


@pytest.mark.parametrize("variant", VARIANTS)
def test_forward(swap: Path, swap_fill: ModuleType, variant: str) -> None:
    about, arrays = record(swap, variant)
    net = build(about["variant"])
    own = [(name, tuple(layer.weight.shape)) for name, layer in net.named_layers()]
    assert own == [(entry["name"], tuple(entry["weight"])) for entry in about["layers"]]
    assert sum(parameter.numel() for parameter in net.parameters()) == about["params"]
    filled(net, about["layers"], swap_fill, about["variant"])
    side = net.plan.input_px
    pictures = {who: torch.from_numpy(swap_fill.image(f"models/{who}/{side}", side, side))[None] for who in "ab"}
    # What went in, whose face came out, and what the record calls it: DeepFaceLab says src and dst.
    cases = (
        ("a", "a", "out_a_{}", "{}_src_src"),
        ("b", "b", "out_b_{}", "{}_dst_dst"),
        ("b", "a", "swap_b_to_a_{}", "{}_src_dst"),
        ("a", "b", "swap_a_to_b_{}", None),
    )
    compared = 0
    with torch.no_grad():
        for who, route, faceswap, deepfacelab in cases:
            made = net.swap(pictures[who], route=route)  # type: ignore[arg-type]
            for part, kind, other in ((made.face, "face", "pred"), (made.mask, "mask", "predm")):
                names = [faceswap.format(kind), *([deepfacelab.format(other)] if deepfacelab else [])]
                for name in names:
                    if name in arrays.files:
                        assert part is not None
                        assert difference(part, arrays[name]) < 1e-4, name
                        compared += 1
    assert compared >= 3


def test_keras_padding_matters(swap: Path, swap_fill: ModuleType) -> None:
    """With symmetric padding the same weights give other pictures: the two programs' checkpoints must not be mixed."""
    about, arrays = record(swap, "original")
    net = filled(build("original"), about["layers"], swap_fill, "original")
    for down in net.encoder.downs:
        down.pads = (2, 1, 2, 1)
    picture = torch.from_numpy(swap_fill.image("models/a/64", 64, 64))[None]
    with torch.no_grad():
        assert difference(net.swap(picture, "a").face, arrays["out_a_face"]) > 0.05
