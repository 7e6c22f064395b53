"""BiSeNet: the published names and shapes, the import, and what comes out; with random weights."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from prosopon.app.main import main
from prosopon.core.errors import CheckpointError, MissingError, UsageError
from prosopon.core.faces import Box, Face
from prosopon.core.parts import Part
from prosopon.faces.parsing.bisenet import WEIGHTS, BiSeNetParser
from prosopon.faces.parsing.bisenet_net import BiSeNet
from prosopon.faces.parsing.celebamask import CLASSES, KNOWN, as_parts
from prosopon.faces.parsing.parser import open_parser
from prosopon.models.checkpoint import load


def convolutions() -> Iterator[tuple[str, str | None, int, int, int]]:
    """The published layer plan: convolution, its batch norm, inputs, outputs, kernel."""
    net = "cp.resnet"
    yield f"{net}.conv1", f"{net}.bn1", 3, 64, 7
    for layer, (inputs, outputs) in enumerate(((64, 64), (64, 128), (128, 256), (256, 512)), start=1):
        for block, width in enumerate((inputs, outputs)):
            here = f"{net}.layer{layer}.{block}"
            yield f"{here}.conv1", f"{here}.bn1", width, outputs, 3
            yield f"{here}.conv2", f"{here}.bn2", outputs, outputs, 3
        if layer > 1:
            here = f"{net}.layer{layer}.0.downsample"
            yield f"{here}.0", f"{here}.1", inputs, outputs, 1
    for arm, inputs in (("arm16", 256), ("arm32", 512)):
        yield f"cp.{arm}.conv.conv", f"cp.{arm}.conv.bn", inputs, 128, 3
        yield f"cp.{arm}.conv_atten", f"cp.{arm}.bn_atten", 128, 128, 1
    for head in ("conv_head32", "conv_head16"):
        yield f"cp.{head}.conv", f"cp.{head}.bn", 128, 128, 3
    yield "cp.conv_avg.conv", "cp.conv_avg.bn", 512, 128, 1
    yield "ffm.convblk.conv", "ffm.convblk.bn", 256, 256, 1
    yield "ffm.conv1", None, 256, 64, 1
    yield "ffm.conv2", None, 64, 256, 1
    for out, inputs, middle in (("conv_out", 256, 256), ("conv_out16", 128, 64), ("conv_out32", 128, 64)):
        yield f"{out}.conv.conv", f"{out}.conv.bn", inputs, middle, 3
        yield f"{out}.conv_out", None, middle, 19, 1


@pytest.fixture(scope="module")
def state() -> dict[str, Tensor]:
    """Random numbers under the published names."""
    torch.manual_seed(0)
    made: dict[str, Tensor] = {}
    for conv, norm, inputs, outputs, kernel in convolutions():
        made[f"{conv}.weight"] = torch.randn(outputs, inputs, kernel, kernel) / (inputs * kernel**2) ** 0.5
        if norm:
            made[f"{norm}.weight"], made[f"{norm}.bias"] = torch.rand(outputs) + 0.5, torch.randn(outputs) * 0.1
            made[f"{norm}.running_mean"], made[f"{norm}.running_var"] = torch.zeros(outputs), torch.ones(outputs)
            made[f"{norm}.num_batches_tracked"] = torch.tensor(80000)
    return made


@pytest.fixture
def published(state: dict[str, Tensor], tmp_path: Path) -> Path:
    path = tmp_path / "79999_iter.pth"
    torch.save(state, path)
    return path


def test_the_net_has_the_published_names_and_shapes(state: dict[str, Tensor]) -> None:
    own = BiSeNet().state_dict()
    assert {key: value.shape for key, value in own.items()} == {key: value.shape for key, value in state.items()}
    assert len(own) == 191
    # What is left of the published file without the two outputs that only training uses, and without counters.
    used = [v for k, v in own.items() if "num_batches" not in k and "conv_out16" not in k and "conv_out32" not in k]
    assert (len(used), sum(4 * value.numel() for value in used)) == (148, 52_650_752)


def test_scores_are_of_the_pictures_size_and_soft_maps_sum_to_one(state: dict[str, Tensor]) -> None:
    net = BiSeNet()
    net.load_state_dict(state)
    parser = BiSeNetParser(net)
    pictures = torch.rand(2, 3, 64, 96)
    soft = parser.probabilities(pictures)
    assert soft.shape == (2, 19, 64, 96)
    assert torch.allclose(soft.sum(1), torch.ones(2, 64, 96), atol=1e-5)
    assert not soft.requires_grad
    assert torch.equal(soft, parser.probabilities(pictures))
    assert not torch.allclose(soft[0], soft[1], atol=1e-3)


def test_classes_are_parts() -> None:
    assert [*CLASSES][:6] == ["background", "skin", "left brow", "right brow", "left eye", "right eye"]
    assert len(CLASSES) == 19
    parts = as_parts(np.arange(19))
    assert parts.dtype == np.uint8
    assert [Part(value) for value in parts[[0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 17]]] == [
        Part.BACKGROUND, Part.SKIN, Part.BROW, Part.BROW, Part.EYE, Part.EYE, Part.GLASSES, Part.EAR, Part.NOSE,
        Part.MOUTH, Part.LIP, Part.LIP, Part.NECK, Part.HAIR,
    ]  # fmt: skip
    assert not KNOWN & {Part.IRIS, Part.BEARD}


def bring_in(path: Path) -> int:
    return main(["weights", "import", str(path), "--technique", "parsing", "--name", "parsing.bisenet"])


def test_the_published_file_is_brought_in_and_parses(
    published: Path, state: dict[str, Tensor], capsys: pytest.CaptureFixture[str]
) -> None:
    assert bring_in(published) == 0
    assert "non-commercial" in capsys.readouterr().err
    assert main(["weights", "show", "parsing.bisenet", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["licence"] == "non-commercial research only"
    assert shown["card"]["classes"][17] == "hair"
    stored, _ = load(Path(shown["path"]))
    assert torch.equal(stored["bisenet.cp.resnet.conv1.weight"], state["cp.resnet.conv1.weight"])

    parser = open_parser("bisenet")
    frame = np.random.default_rng(0).integers(0, 256, (200, 240, 3), dtype=np.uint8)
    points = (np.random.default_rng(1).random((68, 2)) * 60 + 60).astype(np.float32)
    points[36:48, 1] -= 40
    found = parser.parse(frame, Face(Box(50, 20, 130, 130), points))
    assert found.parts.shape == (512, 512)
    assert found.known == KNOWN
    assert set(np.unique(found.parts)) <= {int(part) for part in KNOWN}
    assert found.in_frame(200, 240).shape == (200, 240)
    assert isinstance(parser, BiSeNetParser)
    classes, matrix = parser.classes(frame, Face(Box(50, 20, 130, 130), points))
    assert np.array_equal(as_parts(classes), found.parts)
    assert np.array_equal(matrix, found.matrix)
    with pytest.raises(ValueError, match="without landmarks"):
        parser.parse(frame, Face(Box(0, 0, 1, 1)))


def test_a_name_and_a_configuration_need_not_be_given(published: Path) -> None:
    assert main(["weights", "import", str(published), "--technique", "parsing"]) == 0
    assert BiSeNetParser.open(WEIGHTS).name == "bisenet"


def test_another_net_is_refused(state: dict[str, Tensor], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "other.pth"
    torch.save({key: value for key, value in state.items() if not key.startswith("ffm.conv1")}, path)
    assert bring_in(path) == 1
    said = capsys.readouterr().err
    assert "missing: ffm.conv1.weight" in said
    assert said.count("\n") == 1
    with pytest.raises(UsageError, match="bisenet"):
        BiSeNetParser.import_published(path, "vox-256")


def test_what_would_run_code_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.pth"
    torch.save({"net": Path("x")}, path)
    assert bring_in(path) == 1
    assert "refused" in capsys.readouterr().err


def test_missing_weights_say_what_to_run() -> None:
    with pytest.raises(MissingError, match=r"prosopon weights import 79999_iter.pth --technique parsing") as missing:
        open_parser("bisenet")
    assert "non-commercial" in str(missing.value)


def test_weights_of_another_net_are_not_taken_for_it(published: Path, state: dict[str, Tensor]) -> None:
    assert bring_in(published) == 0
    from prosopon.models.catalogue import user_folder

    card = user_folder() / "parsing.bisenet.json"
    card.write_text(json.dumps({**json.loads(card.read_text()), "technique": "fomm"}))
    with pytest.raises(CheckpointError, match="not of parsing"):
        open_parser("bisenet")
