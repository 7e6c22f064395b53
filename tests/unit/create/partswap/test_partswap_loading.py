"""Checkpoints of the published form and weights of ours: what is accepted, and how everything else is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_partswap import SMALL, moving, pictures, published_fomm, small_fomm
from torch import Tensor

from prosopon.core.errors import CheckpointError, MissingError, UsageError
from prosopon.create.fomm.technique import FirstOrderMotion
from prosopon.create.fomm.technique import model_card as fomm_card
from prosopon.create.partswap.options import SwapOptions
from prosopon.create.partswap.technique import PartSwap, model_card
from prosopon.models import checkpoint

ORIGIN = {"config": "tiny", "licence": "Apache-2.0", "origin": "a test"}


def tables_of_own_form() -> dict[str, dict[str, Tensor]]:
    torch.manual_seed(3)
    return {name: dict(net.state_dict()) for name, net in PartSwap.untrained(SMALL).modules.items()}


@pytest.fixture
def own(tmp_path: Path) -> Path:
    torch.save({**tables_of_own_form(), "epoch": 4}, tmp_path / "own.pth.tar")
    return tmp_path / "own.pth.tar"


def test_the_own_form_loads_whole(own: Path) -> None:
    model = PartSwap.from_published(own, config=SMALL)
    for net, table in tables_of_own_form().items():
        for key, value in table.items():
            assert torch.equal(model.state()[f"{net}.{key}"], value), key
    assert model.segments_trained and model.alignment is None
    assert model.weights_name == "own.pth.tar"


def test_old_spellings_and_blur_kernels_change_nothing(own: Path, tmp_path: Path) -> None:
    tables: dict[str, Any] = tables_of_own_form()
    for net, table in tables.items():
        kept = {key: value for key, value in table.items() if not key.endswith("num_batches_tracked")}
        tables[net] = {f"module.{key}": value for key, value in kept.items()}
    tables["segmentation_module"]["module.down.weight"] = torch.full((3, 1, 13, 13), torch.nan)
    tables["reconstruction_module"]["module.blend_downsample.weight"] = torch.full((1, 1, 29, 29), torch.nan)
    torch.save({**tables, "optimizer_reconstruction": {"state": {}, "param_groups": []}}, tmp_path / "old.pth.tar")
    plain, old = (PartSwap.from_published(path, config=SMALL).state() for path in (own, tmp_path / "old.pth.tar"))
    assert plain.keys() == old.keys()
    assert all(torch.equal(plain[key], old[key]) for key in plain)


def test_first_order_motion_swaps_by_masks_but_has_no_parts(tmp_path: Path) -> None:
    path = published_fomm(tmp_path / "vox-cpk.pth.tar")
    model = PartSwap.from_published(path, config=SMALL)
    assert not model.segments_trained
    source, target = pictures(1, 1), pictures(2, 2)
    found = FirstOrderMotion.from_published(path, config=small_fomm()).kp_detector
    assert torch.equal(model.segmentation_module.shift.weight, found.kp.weight)
    with pytest.raises(MissingError, match="no segments"):
        model.swap(source, target, [1])
    with pytest.raises(MissingError, match="no segments"):
        model.checked([1])
    ones = torch.ones(1, 1, 16, 16)
    for motion in ("parts", "fomm"):
        assert model.swap(source, target, mask=ones, motion=motion).prediction.shape == (2, 3, 64, 64)  # type: ignore[arg-type]


def test_its_motion_is_that_of_first_order_motion(tmp_path: Path) -> None:
    """The detector with other padding apart, the same file moves the same picture in the same way."""
    path = published_fomm(tmp_path / "vox-cpk.pth.tar")
    model = PartSwap.from_published(path, config=SMALL)
    fomm = FirstOrderMotion.from_published(path, config=small_fomm())
    source, target = pictures(1, 1), pictures(1, 2)
    with torch.no_grad():
        seg_source, seg_target = model.segment(source), model.segment(target)
        flow, hidden = model.motion(source, target, seg_source, seg_target, "fomm")
        dense = fomm.generator.dense_motion_network
        wanted = dense(dense.down(source), seg_source.keypoints, seg_target.keypoints)
    assert torch.equal(flow, wanted.deformation)
    assert hidden is not None and wanted.occlusion_map is not None
    assert torch.equal(hidden, wanted.occlusion_map)


def test_a_pair_of_files_gives_parts_and_alignment(own: Path, tmp_path: Path) -> None:
    second = published_fomm(tmp_path / "vox-cpk.pth.tar")
    model = PartSwap.from_published((own, second), config=SMALL)
    alone = PartSwap.from_published(own, config=SMALL)
    assert all(torch.equal(value, alone.state()[key]) for key, value in model.state().items())
    assert model.segments_trained and model.alignment is not None
    source, target = pictures(1, 1), pictures(1, 2)
    one, other = (model.swap(source, target, [1, 2], motion=kind).prediction for kind in ("parts", "fomm"))  # type: ignore[arg-type]
    assert torch.isfinite(other).all()
    assert not torch.equal(one, other)


def test_parts_cannot_stand_for_another_number_of_keypoints(own: Path, tmp_path: Path) -> None:
    second = published_fomm(tmp_path / "vox-cpk.pth.tar", num_kp=3)
    model = PartSwap.from_published((own, second), config=SMALL)
    with pytest.raises(UsageError, match="4 parts cannot stand for 3 keypoints"):
        model.swap(pictures(1), pictures(1), [1], motion="fomm")
    with pytest.raises(UsageError, match="4 parts cannot stand for 3 keypoints"):
        model.create({}, source=moving(1), target=moving(2), options=SwapOptions("1", motion="fomm"))


def test_another_configuration_is_refused_with_the_keys(own: Path) -> None:
    more = json.loads(json.dumps(SMALL))
    more["model_params"]["common_params"]["num_segments"] = 5
    with pytest.raises(CheckpointError, match=r"segmentation_module.*shift\.weight"):
        PartSwap.from_published(own, config=more)
    deeper = json.loads(json.dumps(SMALL))
    deeper["model_params"]["reconstruction_module_params"]["num_bottleneck_blocks"] = 2
    with pytest.raises(CheckpointError, match=r"reconstruction_module.*bottleneck\.r1"):
        PartSwap.from_published(own, config=deeper)


def test_something_else_is_refused(tmp_path: Path) -> None:
    torch.save({"state_dict": {"weight": torch.zeros(3)}}, tmp_path / "other.pth")
    with pytest.raises(CheckpointError, match="no segmentation and no reconstruction module"):
        PartSwap.from_published(tmp_path / "other.pth", config=SMALL)
    with pytest.raises(MissingError):
        PartSwap.from_published(tmp_path / "gone.pth.tar", config=SMALL)


def test_damaged_dense_motion_is_refused_with_what_it_lacks(own: Path, tmp_path: Path) -> None:
    table = torch.load(published_fomm(tmp_path / "vox-cpk.pth.tar"), weights_only=True)
    del table["generator"]["dense_motion_network.mask.weight"]
    torch.save(table, tmp_path / "cut.pth.tar")
    with pytest.raises(CheckpointError, match=r"mask\.weight"):
        PartSwap.from_published((own, tmp_path / "cut.pth.tar"), config=SMALL)


def test_unknown_keys_of_a_configuration_are_named() -> None:
    odd = json.loads(json.dumps(SMALL))
    odd["model_params"]["segmentation_module_params"]["depth"] = 9
    with pytest.raises(UsageError, match="depth"):
        PartSwap.untrained(odd)


def test_weights_of_ours_bring_their_alignment(tmp_path: Path) -> None:
    tiny, fomm = PartSwap.tiny(), FirstOrderMotion.tiny()
    mine = checkpoint.save(
        tiny.state(), tmp_path / "partswap.tiny", {**model_card(tiny.config, align_corners=True), **ORIGIN}
    )
    theirs = checkpoint.save(
        fomm.state(), tmp_path / "fomm.tiny", {**fomm_card(fomm.config, align_corners=True), **ORIGIN}
    )
    model = PartSwap.from_weights(mine, alignment=theirs)
    assert model.segments_trained and model.alignment is not None
    assert all(torch.equal(value, tiny.state()[key]) for key, value in model.state().items())
    assert (model.weights_name, model.alignment.weights_name) == ("partswap.tiny", "fomm.tiny")
    picture = pictures(2)[..., :32, :32]
    points, wanted = model.alignment.keypoints(picture, model.segment(picture)), fomm.keypoints(picture)
    assert torch.equal(points.value, wanted.value)
    with pytest.raises(MissingError, match="not of partswap"):
        PartSwap.from_weights(theirs)
    with pytest.raises(CheckpointError, match=r"partswap\.tiny"):
        PartSwap.from_weights(mine, alignment=mine)
