"""Weights as a pair of files: what goes in comes out, and what is damaged is refused in one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from prosopon.core.content_id import sha256_of
from prosopon.core.errors import CheckpointError, MissingError
from prosopon.models.checkpoint import load, load_strict, part, save
from prosopon.models.files import write_atomically

META = {"technique": "tiny", "config": "test"}


@pytest.fixture
def net() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))


def one_line(error: pytest.ExceptionInfo[Any]) -> str:
    text = str(error.value)
    assert "\n" not in text
    return text


def test_what_is_saved_is_loaded(tmp_path: Path, net: nn.Module) -> None:
    path = save(net.state_dict(), tmp_path / "fomm.mini", META)
    assert path == tmp_path / "fomm.mini.safetensors"
    state, card = load(path)
    assert card == {**META, "sha256": sha256_of(path), "size_bytes": path.stat().st_size}
    torch.testing.assert_close(state, dict(net.state_dict()), rtol=0, atol=0)


def test_half_precision_halves_kernels_only(tmp_path: Path, net: nn.Module) -> None:
    state = {**net.state_dict(), "large": torch.full((2, 2), 1e6)}
    path = save(state, tmp_path / "half", META, dtype=torch.float16)
    loaded, _ = load(path)
    assert {tensor.dtype for key, tensor in loaded.items() if "num_batches" not in key} == {torch.float32}
    torch.testing.assert_close(loaded["0.weight"], net.state_dict()["0.weight"], rtol=1e-3, atol=1e-6)
    assert not torch.equal(loaded["0.weight"], net.state_dict()["0.weight"])
    for exact in ("0.bias", "1.running_var", "large"):
        assert torch.equal(loaded[exact], state[exact])


def test_tied_and_strided_tensors_can_be_saved(tmp_path: Path) -> None:
    tensor = torch.arange(12.0).view(3, 4)
    state, _ = load(save({"a": tensor, "b": tensor, "c": tensor.t()}, tmp_path / "tied", META))
    assert torch.equal(state["b"], tensor)
    assert torch.equal(state["c"], tensor.t())


@pytest.mark.parametrize(
    "damage",
    [lambda data: data[:-10], lambda data: b"hello", lambda data: b"", lambda data: data[:-1] + bytes([data[-1] ^ 1])],
    ids=["cut", "junk", "empty", "one bit"],
)
def test_damaged_weights_are_refused(tmp_path: Path, net: nn.Module, damage: Any) -> None:
    path = save(net.state_dict(), tmp_path / "tiny", META)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(CheckpointError) as refused:
        load(path)
    assert "tiny.safetensors" in one_line(refused)


@pytest.mark.parametrize("text", ["{", "[]", '{"technique": "tiny"}'])
def test_a_damaged_card_is_refused(tmp_path: Path, net: nn.Module, text: str) -> None:
    path = save(net.state_dict(), tmp_path / "tiny", META)
    (tmp_path / "tiny.json").write_text(text)
    with pytest.raises(CheckpointError) as refused:
        load(path)
    assert "tiny.json" in one_line(refused)


@pytest.mark.parametrize("missing", ["tiny.json", "tiny.safetensors"])
def test_half_a_pair_is_missing_the_other(tmp_path: Path, net: nn.Module, missing: str) -> None:
    path = save(net.state_dict(), tmp_path / "tiny", META)
    (tmp_path / missing).unlink()
    with pytest.raises(MissingError):
        load(path)


def test_loading_is_strict_and_lists_the_keys(net: nn.Module) -> None:
    state = dict(net.state_dict())
    state["0.weight"] = torch.zeros(1, 2)
    state["extra"] = torch.zeros(1)
    del state["1.bias"]
    before = net.state_dict()["1.weight"].clone()
    state["1.weight"] = before + 1
    with pytest.raises(CheckpointError) as refused:
        load_strict(net, state, "the tiny net")
    text = one_line(refused)
    assert "missing: 1.bias" in text
    assert "unexpected: extra" in text
    assert "0.weight (1, 2) instead of (4, 3, 3, 3)" in text
    assert torch.equal(net.state_dict()["1.weight"], before), "nothing may have been loaded"


def test_long_lists_of_keys_are_cut(net: nn.Module) -> None:
    with pytest.raises(CheckpointError, match=r"and \d+ more"):
        load_strict(net, {f"k{i}": torch.zeros(1) for i in range(50)}, "the tiny net")


def test_parts_of_a_file_are_told_apart() -> None:
    state = {"generator.a": torch.ones(1), "generator.b.c": torch.ones(2), "generator2.a": torch.ones(3)}
    assert set(part(state, "generator")) == {"a", "b.c"}


def test_a_failed_writing_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_text("old")

    def fails(temporary: Path) -> None:
        temporary.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write_atomically(path, fails)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_cards_are_json_that_people_can_read(tmp_path: Path) -> None:
    save({"a": torch.zeros(1)}, tmp_path / "tiny", {**META, "origin": "Prósopon"})
    text = (tmp_path / "tiny.json").read_text(encoding="utf-8")
    assert "Prósopon" in text
    assert json.loads(text)["technique"] == "tiny"
