"""What training starts from: weights of part swap whole, or animation weights whose keypoints become parts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tiny_partswap import PAINT, PARTS, TINY_FACE, published_fomm, small_fomm
from torch import Tensor, nn

from prosopon.core.errors import CheckpointError, MissingError
from prosopon.create.fomm.technique import FirstOrderMotion
from prosopon.create.partswap.config import get_config
from prosopon.create.partswap.net import build_nets
from prosopon.create.partswap.recipe import card_of
from prosopon.create.partswap.start import start_from
from prosopon.models import checkpoint

CARD = {"technique": "fomm", "config": "tiny", "licence": "MIT", "origin": "a test"}
CHOSEN = (5, 0, 3)


def nets(seed: int, num_segments: int = PARTS) -> dict[str, nn.Module]:
    torch.manual_seed(seed)
    segmentation, reconstruction = build_nets(replace(PAINT, num_segments=num_segments), align_corners=True)
    return {"segmentation_module": segmentation, "reconstruction_module": reconstruction}


def state_of(modules: dict[str, nn.Module]) -> dict[str, Tensor]:
    return {f"{name}.{key}": value for name, net in modules.items() for key, value in net.state_dict().items()}


def equal(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(value, other[key]) for key, value in one.items())


@pytest.fixture(params=["ours", "published"])
def animation(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Six keypoints with jacobians, in either form."""
    path = published_fomm(tmp_path / "vox-cpk.pth.tar", num_kp=6)
    if request.param == "published":
        return path
    model = FirstOrderMotion.from_published(path, config=small_fomm(6))
    return checkpoint.save(model.state(), tmp_path / "fomm.tiny", CARD)


def test_chosen_keypoints_become_parts(animation: Path, tmp_path: Path) -> None:
    theirs = FirstOrderMotion.from_published(tmp_path / "vox-cpk.pth.tar", config=small_fomm(6)).state()
    started, before = nets(2, len(CHOSEN)), state_of(nets(2, len(CHOSEN)))
    start_from(started, animation, CHOSEN)
    after = state_of(started)
    for part, point in enumerate(CHOSEN):
        for kind in ("weight", "bias"):
            shift, affine = (after[f"segmentation_module.{head}.{kind}"] for head in ("shift", "affine"))
            assert torch.equal(shift[part], theirs[f"kp_detector.kp.{kind}"][point])
            jacobian = theirs[f"kp_detector.jacobian.{kind}"]
            assert torch.equal(affine[4 * part : 4 * part + 4], jacobian[4 * point : 4 * point + 4])
    segments = "segmentation_module.segmentation."
    for key, value in after.items():
        net, _, leaf = key.partition(".")
        origin = f"{'kp_detector' if net == 'segmentation_module' else 'generator'}.{leaf}"
        if key.startswith(segments):
            assert torch.equal(value, before[key])
        elif origin in theirs:
            assert torch.equal(value, theirs[origin]), key
        else:
            assert ".shift." in key or ".affine." in key


def test_all_of_them_do_where_none_are_chosen(animation: Path) -> None:
    started = nets(2, 6)
    start_from(started, animation)
    reordered = nets(2, 6)
    start_from(reordered, animation, range(6))
    assert equal(state_of(started), state_of(reordered))


@pytest.mark.parametrize("chosen", [(), (0, 1, 9, 2)])
def test_keypoints_that_are_not_there_are_refused(animation: Path, chosen: tuple[int, ...]) -> None:
    with pytest.raises(CheckpointError, match=animation.name):
        start_from(nets(2, 4), animation, chosen)


def test_our_own_weights_are_taken_whole_whatever_is_chosen(tmp_path: Path) -> None:
    trained = state_of(nets(1))
    card = card_of(replace(TINY_FACE, model=PAINT), licence="MIT", origin="a test")
    path = checkpoint.save(trained, tmp_path / "partswap.tiny", card)
    fresh = nets(2)
    start_from(fresh, path, CHOSEN)
    assert equal(state_of(fresh), trained)


def test_other_weights_are_refused(tmp_path: Path) -> None:
    path = checkpoint.save({"parser.weight": torch.zeros(3)}, tmp_path / "faces.tiny", {**CARD, "technique": "faces"})
    with pytest.raises(CheckpointError, match=r"faces\.tiny.*neither part swap nor animation"):
        start_from(nets(0), path)
    for name in ("gone.safetensors", "gone.pth.tar"):
        with pytest.raises(MissingError):
            start_from(nets(0), tmp_path / name)


def test_ours_of_faces_begins_with_points_that_the_default_animation_has() -> None:
    from prosopon.models.catalogue import find

    config, points = get_config("face"), find("fomm.face").card["model"]["num_kp"]
    assert len({*config.start_keypoints}) == config.model.num_segments
    assert max(config.start_keypoints) < points
    torch.manual_seed(0)
    modules: dict[str, nn.Module] = dict(
        zip(("segmentation_module", "reconstruction_module"), build_nets(config.model, align_corners=True), strict=True)
    )
    start_from(modules, find("fomm.face").path, config.start_keypoints)
