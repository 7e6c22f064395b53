"""Xception: the names, shapes and sizes of FaceForensics++, and its checkpoints in all their forms."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import torch
from small_arena import small_arena
from torch import Tensor, nn

from prosopon.core.errors import CheckpointError, MissingError, UsageError
from prosopon.core.protocols import Detector
from prosopon.detect.learning.trainable import LearningOptions, Material
from prosopon.detect.xception.net import SIZE_PX, XceptionNet
from prosopon.detect.xception.technique import VIEW, Xception
from prosopon.models.importing import import_weights


class TransferModel(nn.Module):
    """What FaceForensics++ saved whole: a net of its own inside."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.modelchoice = "xception"
        self.model = model


@pytest.fixture(scope="module")
def net() -> XceptionNet:
    torch.manual_seed(0)
    return XceptionNet().eval()


def imported(path: Path, config: str = "ffpp") -> dict[str, Tensor]:
    return {key.removeprefix("net."): value for key, value in Xception.import_published(path, config)[0].items()}


def is_state_of(found: dict[str, Tensor], net: XceptionNet) -> bool:
    state = net.state_dict()
    return set(found) == set(state) and all(torch.equal(found[key], value) for key, value in state.items())


def test_names_and_shapes_are_those_of_faceforensics(shared: Path, net: XceptionNet) -> None:
    table = json.loads((shared / "parity" / "detection" / "xception_ffpp_statedict.json").read_text())
    assert {f"model.{key}": list(value.shape) for key, value in net.state_dict().items()} == table
    assert list(table) == [f"model.{key}" for key in net.state_dict()]


def test_sizes(net: XceptionNet) -> None:
    assert len(net.state_dict()) == 276
    assert sum(one.numel() for one in net.parameters()) == 20_811_050
    sides: dict[str, int] = {}
    hooks = [
        net.get_submodule(f"block{number}").register_forward_hook(
            lambda _module, _given, made, number=number: sides.__setitem__(str(number), made.shape[-1])
        )
        for number in range(1, 13)
    ]
    with torch.no_grad():
        assert net.features(torch.rand(1, 3, SIZE_PX, SIZE_PX)).shape == (1, 2048, 10, 10)
    for hook in hooks:
        hook.remove()
    assert [*sides.values()] == [74, 37, *[19] * 9, 10]


def test_which_class_is_the_fake(net: XceptionNet) -> None:
    pictures = torch.rand(1, 3, SIZE_PX, SIZE_PX)
    with torch.no_grad():
        both = net.classes(pictures).softmax(1)[0]
        assert torch.allclose(net(pictures).sigmoid(), both[1:], atol=1e-6)
        net.fake = 0
        assert torch.allclose(net(pictures).sigmoid(), both[:1], atol=1e-6)
        net.fake = 1


@pytest.mark.parametrize("older", [False, True])
def test_whole_modules_are_converted_and_nothing_runs(tmp_path: Path, net: XceptionNet, older: bool) -> None:
    path = tmp_path / "full_c23.p"
    torch.save(TransferModel(net), path, _use_new_zipfile_serialization=not older)
    assert is_state_of(imported(path), net)


def test_a_whole_module_that_would_run_something_is_refused(tmp_path: Path, net: XceptionNet) -> None:
    class Evil:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(tmp_path / "ran"),)

    model = TransferModel(nn.Linear(1, 1))
    model.more = Evil()  # type: ignore[assignment]
    torch.save(model, tmp_path / "evil.p")
    with pytest.raises(CheckpointError, match="mkdir"):
        imported(tmp_path / "evil.p")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("prefix", ["model.", "backbone.", "module.backbone.", ""])
def test_state_dictionaries_of_all_prefixes(tmp_path: Path, net: XceptionNet, prefix: str) -> None:
    state = {f"{prefix}{key}": value for key, value in net.state_dict().items() if "num_batches" not in key}
    if "backbone" in prefix:  # the bench's head has dropout before it, and a layer that is not used
        for role in ("weight", "bias"):
            state[f"{prefix}last_linear.1.{role}"] = state.pop(f"{prefix}last_linear.{role}")
        state[f"{prefix}adjust_channel.0.weight"] = torch.zeros(2)
    torch.save({"state_dict": state} if not prefix else state, tmp_path / "x.pth")
    assert is_state_of(imported(tmp_path / "x.pth"), net)


def test_imagenet_weights_are_a_start_and_no_detector(tmp_path: Path, net: XceptionNet) -> None:
    state = dict(net.state_dict())
    for key in list(state):
        if key.endswith("pointwise.weight"):
            state[key] = state[key][:, :, 0, 0]
    state["fc.weight"], state["fc.bias"] = torch.zeros(1000, 2048), torch.zeros(1000)
    del state["last_linear.weight"], state["last_linear.bias"]
    torch.save(state, tmp_path / "xception-b5690688.pth")
    import_weights(
        tmp_path / "xception-b5690688.pth",
        technique="xception", config="imagenet", name="xception.imagenet", licence="MIT", origin="drawn",
    )  # fmt: skip
    with pytest.raises(CheckpointError, match="know objects"):
        Xception.from_weights("xception.imagenet")
    with pytest.raises(MissingError):
        Xception.from_weights()
    material = Material(small_arena(tmp_path / "arena", people=(("ann", "train"),)))
    recipe = Xception.training(material, LearningOptions("xception.small", start_from="xception.imagenet"))
    learnt = recipe.modules["net"].state_dict()
    assert torch.equal(learnt["conv3.pointwise.weight"], net.state_dict()["conv3.pointwise.weight"])
    assert learnt["last_linear.weight"].shape == (2, 2048)
    assert list(recipe.inputs) == ["arena", "start xception.imagenet"]


def test_imported_weights_are_what_is_used_then(tmp_path: Path, net: XceptionNet) -> None:
    torch.save(TransferModel(net), tmp_path / "full.p")
    entry = import_weights(
        tmp_path / "full.p", technique="xception", config="fake-first", name="xception.x", licence="", origin=""
    )
    assert "Class 0" in entry.card["notice"]
    detector = Xception.from_weights()
    assert isinstance(detector, Detector)
    assert isinstance(detector.net, XceptionNet)
    assert detector.net.fake == 0
    arena = small_arena(tmp_path / "arena", people=(("ann", "train"),))
    score = detector.score(*arena.faces(arena.clips[0]))
    assert score.value is not None
    assert score.calibration is None
    assert {heat.drawn_by for heat in score.heat_maps} == {"Grad-CAM"}


def test_what_is_no_xception_is_refused(tmp_path: Path) -> None:
    torch.save(nn.Linear(2, 2).state_dict(), tmp_path / "x.pth")
    with pytest.raises(CheckpointError):
        imported(tmp_path / "x.pth")
    with pytest.raises(UsageError, match="use one of ffpp, fake-first, imagenet"):
        Xception.import_published(tmp_path / "x.pth", "celebdf")


def test_without_weights_the_next_line_is_said() -> None:
    with pytest.raises(MissingError, match="prosopon weights import FILE --technique xception"):
        Xception.from_weights()


def test_faces_are_cut_as_published() -> None:
    assert (VIEW.size_px, VIEW.side, VIEW.upright) == (299, 1.3, False)
