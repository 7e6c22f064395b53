"""Checkpoints of the published form: what is accepted, and how everything else is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from prosopon.app.main import main
from prosopon.core.errors import CheckpointError, UsageError
from prosopon.create.fomm.technique import FirstOrderMotion

SMALL: dict[str, Any] = {
    "model_params": {
        "common_params": {"num_kp": 3, "num_channels": 3, "estimate_jacobian": True},
        "kp_detector_params": {
            "temperature": 0.1, "block_expansion": 4, "max_features": 16, "scale_factor": 0.25, "num_blocks": 2,
        },
        "generator_params": {
            "block_expansion": 4, "max_features": 16, "num_down_blocks": 2, "num_bottleneck_blocks": 1,
            "estimate_occlusion_map": True,
            "dense_motion_params": {"block_expansion": 4, "max_features": 16, "num_blocks": 2, "scale_factor": 0.25},
        },
        "discriminator_params": {"scales": [1], "block_expansion": 4, "max_features": 16, "num_blocks": 2, "sn": True},
    }
}  # fmt: skip


def published(path: Path, **changes: Any) -> Path:
    torch.manual_seed(3)
    model = FirstOrderMotion.untrained(SMALL)
    tables = {name: net.state_dict() for name, net in model.modules.items()}
    torch.save({**tables, "epoch": 5, **changes}, path)
    return path


def states_of(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = torch.load(path, weights_only=True)
    return loaded


def test_a_file_without_discriminator_loads(tmp_path: Path) -> None:
    model = FirstOrderMotion.from_published(published(tmp_path / "a.pth.tar"), config=SMALL)
    frames = torch.rand(2, 3, 64, 64)
    points = model.keypoints(frames)
    assert points.value.shape == (2, 3, 2)
    out = model.generate(frames[:1], kp_source=points[:1], kp_driving=points)
    assert out.prediction.shape == (2, 3, 64, 64)


def test_old_spellings_give_the_same_model(tmp_path: Path) -> None:
    plain = published(tmp_path / "a.pth.tar")
    table = states_of(plain)
    for net in ("kp_detector", "generator"):
        kept = {key: value for key, value in table[net].items() if not key.endswith("num_batches_tracked")}
        table[net] = {f"module.{key}": value for key, value in kept.items()}
    torch.save(table, tmp_path / "b.pth.tar")
    frames = torch.rand(1, 3, 64, 64)
    first, second = (
        FirstOrderMotion.from_published(tmp_path / name, config=SMALL) for name in ("a.pth.tar", "b.pth.tar")
    )
    assert torch.equal(first.keypoints(frames).value, second.keypoints(frames).value)


def test_another_configuration_is_refused_with_the_keys(tmp_path: Path) -> None:
    more = json.loads(json.dumps(SMALL))
    more["model_params"]["common_params"]["num_kp"] = 4
    with pytest.raises(CheckpointError, match=r"kp\.weight"):
        FirstOrderMotion.from_published(published(tmp_path / "a.pth.tar"), config=more)


def test_something_else_is_refused(tmp_path: Path) -> None:
    torch.save({"state_dict": {"weight": torch.zeros(3)}}, tmp_path / "other.pth")
    with pytest.raises(CheckpointError, match="lacks kp_detector, generator"):
        FirstOrderMotion.from_published(tmp_path / "other.pth", config=SMALL)


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("ran"),))


def test_code_in_a_checkpoint_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"kp_detector": {}, "generator": Evil()}, tmp_path / "evil.pth.tar")
    with pytest.raises(CheckpointError):
        FirstOrderMotion.from_published(tmp_path / "evil.pth.tar", config=SMALL)
    assert not (tmp_path / "ran").exists()


def test_unknown_keys_of_a_configuration_are_named() -> None:
    odd = json.loads(json.dumps(SMALL))
    odd["model_params"]["generator_params"]["depth"] = 9
    with pytest.raises(UsageError, match="depth"):
        FirstOrderMotion.untrained(odd)


def test_import_through_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.manual_seed(0)
    model = FirstOrderMotion.untrained("mgif-256")
    torch.save({name: net.state_dict() for name, net in model.modules.items()}, tmp_path / "mgif-cpk.pth.tar")
    words = ["weights", "import", str(tmp_path / "mgif-cpk.pth.tar"), "--technique", "fomm", "--config", "mgif-256"]
    assert main([*words, "--name", "fomm.mgif", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "fomm.mgif"
    imported = FirstOrderMotion.from_weights("fomm.mgif")
    for key, value in model.state().items():
        assert torch.equal(imported.state()[key], value), key
    assert main([*words, "--name", "fomm.mgif"]) == 2
