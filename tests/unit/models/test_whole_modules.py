"""Whole pickled modules read as data: right, and with nothing run."""

from __future__ import annotations

import io
import os
import pickle
import struct
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from prosopon.core.errors import CheckpointError, MissingError
from prosopon.models.whole_modules import read_module


class Inner(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.norm = nn.BatchNorm2d(4)
        self.register_buffer("passing", torch.ones(3), persistent=False)


class Net(nn.Module):
    """Somebody's class, with things beside tensors in it."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(Inner(), nn.ReLU())
        self.head = nn.Linear(5, 2).half()
        self.tied = self.head
        self.words = {"classes": ["real", "fake"], "mean": (0.5, 0.5), "rate": 1e-3, 7: None}
        self.activation = nn.functional.relu
        self.register_parameter("none", None)


@pytest.fixture(params=["zip", "older"])
def saved(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    torch.manual_seed(0)
    path = tmp_path / "whole.p"
    torch.save(Net(), path, _use_new_zipfile_serialization=request.param == "zip")
    return path


def save(what: Any, path: Path, *, older: bool) -> Path:
    torch.save(what, path, _use_new_zipfile_serialization=not older)
    return path


def test_the_state_is_that_of_the_module(saved: Path) -> None:
    torch.manual_seed(0)
    expected = Net().state_dict()
    found = read_module(saved)
    assert list(found) == list(expected)
    for key, tensor in expected.items():
        assert found[key].dtype == tensor.dtype
        assert torch.equal(found[key], tensor)


@pytest.mark.parametrize("older", [False, True])
def test_state_dictionaries_are_read_too(tmp_path: Path, older: bool) -> None:
    net = nn.Linear(3, 2)
    for number, whole in enumerate((net.state_dict(), {"epoch": 3, "state_dict": net.state_dict()})):
        found = read_module(save(whole, tmp_path / f"{number}.pt", older=older))
        assert {key: value.tolist() for key, value in found.items()} == {
            key: value.tolist() for key, value in net.state_dict().items()
        }


def test_views_of_shared_numbers_keep_their_layout(tmp_path: Path) -> None:
    numbers = torch.arange(24.0)
    state = {"turned": numbers.view(4, 6).t(), "part": numbers[5:9], "scalar": numbers[3]}
    for older in (False, True):
        found = read_module(save(state, tmp_path / "views.pt", older=older))
        assert all(torch.equal(found[key], value) for key, value in state.items())


class Runs:
    """Touches a file when it is unpickled."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (self.path,)


@pytest.mark.parametrize("older", [False, True])
@pytest.mark.parametrize("where", ["attribute", "hook", "module"])
def test_code_in_a_module_is_refused_and_nothing_runs(tmp_path: Path, older: bool, where: str) -> None:
    net, trap = Net(), tmp_path / "ran"
    bad: Any = Runs(str(trap))
    if where == "attribute":
        net.secret = bad
    elif where == "hook":
        net._forward_hooks = OrderedDict({0: bad})
    else:
        net._modules["more"] = bad
    path = save(net, tmp_path / "evil.p", older=older)
    with pytest.raises(CheckpointError, match="mkdir"):
        read_module(path)
    assert not trap.exists()
    torch.load(path, weights_only=False)  # what it would have done
    assert trap.exists()


def pickled(*instructions: bytes) -> bytes:
    return b"\x80\x02" + b"".join(instructions) + b"."


def archive(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "made.pt"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("made/data.pkl", content)
        file.writestr("made/data/0", b"\0" * 64)
    return path


STORAGE = b"(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK\x10tQ"
REBUILD = b"ctorch._utils\n_rebuild_tensor_v2\n"


def laid(size: bytes, stride: bytes, offset: bytes = b"K\0") -> bytes:
    return b"}X\x01\0\0\0a" + REBUILD + b"(" + STORAGE + offset + size + stride + b"\x89}tRs"


def test_a_made_up_tensor_is_read(tmp_path: Path) -> None:
    found = read_module(archive(tmp_path, pickled(laid(b"K\x04\x85", b"K\x01\x85"))))
    assert found["a"].tolist() == [0.0] * 4


@pytest.mark.parametrize(
    "content",
    [
        pickled(laid(b"K\xff\x85", b"K\x01\x85")),  # more than is stored
        pickled(laid(b"K\x04\x85", b"K\x01\x85", b"K\x0e")),  # beyond the end
        pickled(laid(b"J\xff\xff\xff\x7f\x85", b"K\0\x85")),  # one number, billions of times
        pickled(laid(b"K\x04\x85", b"J\xff\xff\xff\xff\x85")),  # backwards
        pickled(laid(b"K\x04K\x04\x86", b"K\x01\x85")),  # sides without steps
        pickled(b"cos\nsystem\nX\x02\0\0\0ls\x85R"),
        pickled(b"cos\nsystem\nX\x02\0\0\0ls\x85\x81"),
        pickled(b"(X\x02\0\0\0lsios\nsystem\n"),
        pickled(b"(cos\nsystem\nX\x02\0\0\0lso"),
        pickled(b"\x82\x01"),  # the extension registry
        pickled(b"P1\n"),
        pickled(b"ctorch\nload\nX\x01\0\0\0x\x85R"),
        pickled(b"cbuiltins\neval\nX\x01\0\0\x001\x85R"),
        pickled(b"N}b"),
        pickled(b"]" * 5),
        pickled(b"h\x05"),
        pickled(b"}"),
        pickled(b"K\x01"),
        b"",
        b"\x80\x09.",
        pickled(b"(" * 5000),
        pickled(b"}K\x01K\x02s") [:-3],
    ],
)  # fmt: skip
def test_hostile_and_damaged_pickles_are_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(CheckpointError):
        read_module(archive(tmp_path, content))


def test_modules_that_contain_themselves_are_refused(tmp_path: Path) -> None:
    net = nn.Module()
    net.weight = nn.Parameter(torch.ones(1))
    net._modules["again"] = net
    with pytest.raises(CheckpointError, match="in each other"):
        read_module(save(net, tmp_path / "loop.pt", older=False))
    net = nn.Sequential(nn.Linear(1, 1))
    for _ in range(40):
        net = nn.Sequential(net, net)
    with pytest.raises(CheckpointError, match="in each other"):
        read_module(save(net, tmp_path / "fan.pt", older=False))


def test_an_older_file_that_is_cut_off_is_told(tmp_path: Path) -> None:
    path = save(Net(), tmp_path / "old.pt", older=True)
    whole = path.read_bytes()
    for length in (0, 10, 30, 200, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(CheckpointError):
            read_module(path)


def test_an_older_file_that_claims_more_numbers_than_it_has_is_told(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    for value in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}):
        pickle.dump(value, buffer, protocol=2)
    buffer.write(pickled(laid(b"K\x04\x85", b"K\x01\x85")))
    pickle.dump(["0"], buffer, protocol=2)
    buffer.write(struct.pack("<q", 2**60))
    path = tmp_path / "claims.pt"
    path.write_bytes(buffer.getvalue())
    with pytest.raises(CheckpointError, match="more numbers follow"):
        read_module(path)


def test_a_file_that_is_not_there_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingError):
        read_module(tmp_path / "absent.pt")
