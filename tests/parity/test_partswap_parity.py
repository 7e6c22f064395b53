"""Our nets against recorded outputs of the published implementation of Motion-supervised Co-Part Segmentation."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from prosopon.create.partswap.config import PUBLISHED, get_config
from prosopon.create.partswap.net import build_nets
from prosopon.create.partswap.technique import PartSwap

TOLERANCE = 2e-5
CASES = ["coseg_small", "coseg_small_align_corners_true", "coseg_small_shift"]
every_case = pytest.mark.parametrize("case", CASES)


def close(ours: torch.Tensor | None, recorded: np.ndarray[Any, Any]) -> None:
    assert ours is not None
    assert tuple(ours.shape) == recorded.shape
    assert float(np.abs(ours.detach().numpy() - recorded).max()) <= TOLERANCE


def filled(fill: ModuleType, name: str, module: nn.Module) -> dict[str, torch.Tensor]:
    state = {key: value.clone() for key, value in module.state_dict().items()}
    state.update({key: torch.from_numpy(value) for key, value in fill.fill_state_dict(name, state).items()})
    return state


class Case:
    """A record with the model, loaded from a file of the published form, and the pictures that it was made with."""

    def __init__(self, name: str, folder: Path, fill: ModuleType, tmp_path: Path) -> None:
        self.base = name.removesuffix("_align_corners_true")
        self.config = json.loads((folder / f"{self.base}.config.json").read_text())
        self.recorded = np.load(folder / f"{name}.npz")
        nets = PartSwap.untrained(self.config)
        tables = {net: filled(fill, net, module) for net, module in nets.modules.items()}
        # What supervised training leaves in a file must not be read.
        tables["segmentation_module"]["down.weight"] = torch.full((3, 1, 13, 13), torch.nan)
        tables["reconstruction_module"]["blend_downsample.weight"] = torch.full((1, 1, 29, 29), torch.nan)
        path = tmp_path / "small.pth.tar"
        torch.save({**tables, "epoch": 4}, path)
        self.model = PartSwap.from_published(path, config=self.config, align_corners=name.endswith("true"))
        self.source = torch.from_numpy(fill.batch(f"{self.base}/source", 1, 64, 64))
        self.target = torch.from_numpy(fill.batch(f"{self.base}/target", 1, 64, 64))
        assert np.array_equal(self.source[0, :, :4, :4].numpy(), self.recorded["source_corner"])

    def parser_mask(self, fill: ModuleType) -> torch.Tensor:
        """What stands in for a face parser, of source and target alike: two classes of six."""
        drawn = torch.from_numpy(fill.image(f"{self.base}/parser0", 128, 128))[None]
        classes = torch.softmax(4 * torch.cat((drawn, -drawn), dim=1), dim=1)
        return classes[:, 1:3].sum(1, keepdim=True)


@pytest.fixture
def made(case: str, folder: Path, fill: ModuleType, tmp_path: Path) -> Case:
    return Case(case, folder, fill, tmp_path)


@every_case
def test_segments(made: Case) -> None:
    for role, picture in (("source", made.source), ("target", made.target)):
        found = made.model.segment(picture)
        close(found.segmentation, made.recorded[f"seg_{role}_segmentation"])
        close(found.shift, made.recorded[f"seg_{role}_shift"])
        if f"seg_{role}_affine" in made.recorded:
            close(found.affine, made.recorded[f"seg_{role}_affine"])
        else:
            assert found.affine is None


@every_case
def test_reconstruction(made: Case) -> None:
    out = made.model.reconstruct(made.source, made.target)
    close(out.prediction, made.recorded["rec_prediction"])
    close(out.deformed, made.recorded["rec_deformed"])
    close(out.visibility, made.recorded["rec_visibility"])


@every_case
@pytest.mark.parametrize("role", ["target", "source"])
@pytest.mark.parametrize("kind", ["soft", "hard"])
def test_swaps_by_segments(made: Case, role: str, kind: str) -> None:
    own = role == "source"
    if kind == "soft":
        out = made.model.swap(made.source, made.target, [1, 2], use_source_segmentation=own)
    else:
        mask = torch.from_numpy(made.recorded[f"blendmask_{role}_fomm0"]).float()
        out = made.model.swap(made.source, made.target, mask=mask, use_source_segmentation=own, hard=True)
    close(out.prediction, made.recorded[f"swap_{role}_{kind}_fomm0"])


@every_case
@pytest.mark.parametrize("role", ["target", "source"])
@pytest.mark.parametrize("kind", ["soft", "hard"])
def test_swaps_by_a_parser(made: Case, fill: ModuleType, role: str, kind: str) -> None:
    mask = made.parser_mask(fill)
    out = made.model.swap(
        made.source, made.target, mask=mask, hard=kind == "hard", use_source_segmentation=role == "source"
    )
    close(out.prediction, made.recorded[f"swap_parser_{role}_{kind}_fomm0"])


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_names_and_shapes(name: str, folder: Path) -> None:
    listed = folder / f"statedict_coseg_{name}.json"
    recorded = json.loads(listed.read_text())
    for net, module in zip(
        ("segmentation_module", "reconstruction_module"),
        build_nets(get_config(name).model, align_corners=True),
        strict=True,
    ):
        ours = {key: list(value.shape) for key, value in module.state_dict().items()}
        theirs = {
            one["name"]: one["shape"] for one in recorded[net]["tensors"] if not one["name"].endswith("down.weight")
        }
        assert ours == theirs
        assert sum(p.numel() for p in module.parameters()) == recorded[net]["num_parameters"]
