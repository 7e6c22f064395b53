"""Nets by names that tell them apart."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from small_nets_of_heads import HeadNet

from prosopon.arena.disruption.opponents import open_opponents, told_apart
from prosopon.core.errors import MissingError
from prosopon.create.fomm.technique import FirstOrderMotion, model_card
from prosopon.models.checkpoint import save

CPU = torch.device("cpu")


def weights(folder: Path, change: float = 0.0) -> Path:
    """A tiny animation model called fomm.tiny in a folder."""
    model = FirstOrderMotion.tiny()
    state = {name: tensor + change if tensor.is_floating_point() else tensor for name, tensor in model.state().items()}
    folder.mkdir(parents=True, exist_ok=True)
    card = {**model_card(model.config, align_corners=True), "config": "tiny", "licence": "x", "origin": "a test"}
    save(state, folder / "fomm.tiny", card)
    return folder / "fomm.tiny.safetensors"


def test_files_of_one_name_are_told_apart_by_the_nearest_folder_that_differs() -> None:
    paths = {
        "one": Path("/r/plain/weights/net.a.safetensors"),
        "two": Path("/r/hard/weights/net.a.safetensors"),
        "alone": Path("/r/hard/weights/net.b.safetensors"),
    }
    assert told_apart(paths) == {"one": "net.a (plain)", "two": "net.a (hard)", "alone": "net.b"}
    same = {"one": Path("/a/x/net.safetensors"), "two": Path("/b/x/net.safetensors")}
    assert told_apart(same) == {"one": "net (a)", "two": "net (b)"}
    deeper = {"one": Path("/x/net.safetensors"), "two": Path("/x/y/x/net.safetensors")}
    assert len(set(told_apart(deeper).values())) == 2


def test_two_trainings_of_one_plan_and_a_run_folder(tmp_path: Path) -> None:
    plain = weights(tmp_path / "plain" / "weights")
    hard = weights(tmp_path / "hard" / "weights", 0.01)
    asked: list[str] = []

    def opened(name: str) -> HeadNet:
        asked.append(name)
        return HeadNet(name)

    names = [str(plain), f"{hard}/keypoints", str(hard), str(tmp_path / "plain")]
    found = open_opponents(names, CPU, opened=opened)
    assert [one.label for one in found] == [
        "fomm.tiny (plain)", "fomm.tiny (hard)/keypoints", "fomm.tiny (hard)",
    ]  # fmt: skip
    assert [one.weights for one in found] == ["fomm.tiny (plain)", "fomm.tiny (hard)", "fomm.tiny (hard)"]
    assert found[1].answer == "keypoints" and found[0].answer == ""
    assert {one.technique for one in found} == {"fomm"} and found[0].path == plain
    assert len(asked) == 3  # the run folder is what was named first


def test_they_are_opened_as_victims_and_have_to_be_there(tmp_path: Path) -> None:
    path = weights(tmp_path)
    (one,) = open_opponents([f"{path}/keypoints"], CPU)
    assert one.label == "fomm.tiny/keypoints" and one.victim.side_px == 32
    with pytest.raises(MissingError):
        open_opponents(["fomm.nowhere"], CPU)
    with pytest.raises(MissingError):
        open_opponents([str(tmp_path / "empty.safetensors")], CPU)
