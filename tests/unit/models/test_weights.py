"""The catalogue of weights, and the import of published ones: nothing inside them is run."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from prosopon.core.errors import CheckpointError, FileExistsAlready, MissingError, ProsoponError, UsageError
from prosopon.models import importing
from prosopon.models.catalogue import catalogue, check_name, find, of_technique, user_folder
from prosopon.models.checkpoint import load, save
from prosopon.models.importing import import_weights, read_published

META = {"technique": "tiny", "config": "test", "licence": "CC0-1.0", "origin": "a test"}


def put(name: str, **changed: str) -> Path:
    user_folder().mkdir(parents=True, exist_ok=True)
    return save({"a": torch.ones(2, 2)}, user_folder() / name, {**META, **changed})


class Nasty:
    """Touches a file when it is unpickled."""

    def __init__(self, victim: Path) -> None:
        self.victim = victim

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.victim}",)


def test_the_users_weights_are_found_by_name_and_by_path() -> None:
    path = put("tiny.one")
    entry = find("tiny.one")
    assert (entry.technique, entry.config, entry.licence, entry.path, entry.shipped) == (
        "tiny", "test", "CC0-1.0", path, False,
    )  # fmt: skip
    assert find(path).sha256 == entry.sha256
    assert list(of_technique("tiny")) == ["tiny.one"]
    assert of_technique("other") == {}


def test_unknown_weights_are_missing_with_the_next_command() -> None:
    with pytest.raises(MissingError, match="prosopon weights import"):
        find("tiny.none")
    with pytest.raises(MissingError):
        find("/nowhere/tiny.safetensors")


def test_a_broken_pair_spoils_only_itself_and_says_what_is_wrong_when_asked_for() -> None:
    put("tiny.good")
    put("tiny.broken").with_suffix(".json").write_text("{")
    put("tiny.half").unlink()
    assert set(catalogue()) >= {"tiny.good"}
    assert not {"tiny.broken", "tiny.half"} & set(catalogue())
    with pytest.raises(CheckpointError, match=r"tiny\.broken"):
        find("tiny.broken")
    with pytest.raises(MissingError, match=r"tiny\.half"):
        find("tiny.half")


def test_shipped_weights_are_whole() -> None:
    for entry in catalogue().values():
        _, card = load(entry.path)
        assert card["technique"] == entry.technique


@pytest.mark.parametrize("name", ["fomm.vox256", "fomm.vox-256", "a_b.c1"])
def test_names_that_weights_may_have(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", "Fomm", ".hidden", "a..b", "a b", "a."])
def test_names_that_weights_may_not_have(name: str) -> None:
    with pytest.raises(UsageError):
        check_name(name)


def test_the_catalogue_needs_no_torch() -> None:
    code = "import sys, prosopon.models.catalogue as c; c.catalogue(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
def test_published_pickles_of_tensors_are_read(tmp_path: Path, zipped: bool) -> None:
    path = tmp_path / "vox-cpk.pth.tar"
    torch.save({"generator": {"a": torch.ones(2)}, "epoch": 3}, path, _use_new_zipfile_serialization=zipped)
    content = read_published(path)
    assert content["epoch"] == 3
    assert torch.equal(content["generator"]["a"], torch.ones(2))


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
def test_pickles_with_code_are_refused_by_name_and_not_run(tmp_path: Path, zipped: bool) -> None:
    path, victim = tmp_path / "nasty.pth", tmp_path / "victim"
    torch.save({"a": torch.ones(2), "b": Nasty(victim)}, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(CheckpointError, match=r"(posix|nt)\.system") as refused:
        read_published(path)
    assert "state_dict" in refused.value.hint
    assert "\n" not in str(refused.value)
    assert not victim.exists()


def test_all_refused_objects_are_named(tmp_path: Path) -> None:
    path = tmp_path / "args.pt"
    torch.save({"args": argparse.Namespace(x=1), "path": Path("a")}, path)
    with pytest.raises(CheckpointError, match=r"argparse\.Namespace.*pathlib"):
        read_published(path)


def test_published_safetensors_are_read(tmp_path: Path) -> None:
    save_file({"a": torch.ones(2)}, tmp_path / "x.safetensors")
    assert torch.equal(read_published(tmp_path / "x.safetensors")["a"], torch.ones(2))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("junk.pth", b"hello" * 100),
        ("empty.pth", b""),
        ("junk.safetensors", b"hello" * 100),
        ("keras.h5", b"\x89HDF\r\n\x1a\n" + bytes(100)),
        ("list.pth", None),
        ("cut.pth", None),
        ("bomb.pth", None),
    ],
)
def test_what_is_no_checkpoint_is_one_line(tmp_path: Path, name: str, content: bytes | None) -> None:
    path = tmp_path / name
    if name == "list.pth":
        torch.save([1, 2], path)
    elif name == "cut.pth":
        torch.save({"a": torch.ones(1000)}, path)
        path.write_bytes(path.read_bytes()[:2000])
    elif name == "bomb.pth":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("archive/data.pkl", bytes(10_000_000))
    else:
        assert content is not None
        path.write_bytes(content)
    with pytest.raises(CheckpointError) as refused:
        read_published(path)
    assert name in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_checkpoint_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MissingError):
        read_published(tmp_path / "none.pth")


class Tiny:
    """A technique that imports."""

    @classmethod
    def import_published(cls, path: Path, config: str) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
        if config != "test":
            raise UsageError(f"there is no configuration {config!r}", "use test")
        return {"net.a": read_published(path)["a"]}, {"licence": "MIT", "net": {"width": 2}}


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(importing, "load_technique", lambda _name: Tiny)
    path = tmp_path / "published.pth"
    torch.save({"a": torch.full((2, 2), 0.5)}, path)
    return path


def bring_in(path: Path, **changed: Any) -> Any:
    asked = {"technique": "tiny", "config": "test", "name": "tiny.own", "licence": "", "origin": "the web"}
    return import_weights(path, **{**asked, **changed})


def test_published_weights_become_our_own_kind(published: Path) -> None:
    entry = bring_in(published)
    assert (entry.name, entry.licence, entry.origin, entry.config) == ("tiny.own", "MIT", "the web", "test")
    state, card = load(entry.path)
    assert torch.equal(state["net.a"], torch.full((2, 2), 0.5))
    assert card["net"] == {"width": 2}
    assert card["imported_from"]["file"] == "published.pth"


def test_weights_are_overwritten_only_on_demand(published: Path) -> None:
    bring_in(published)
    with pytest.raises(FileExistsAlready, match="-f"):
        bring_in(published, licence="X")
    assert bring_in(published, licence="X", force=True).licence == "X"


@pytest.mark.parametrize(
    ("changed", "error"),
    [({"name": "../x"}, UsageError), ({"config": "vox"}, UsageError), ({"path": None}, MissingError)],
)
def test_a_failed_import_leaves_nothing(published: Path, changed: dict[str, Any], error: type[ProsoponError]) -> None:
    path = published.with_name("none.pth") if "path" in changed else published
    with pytest.raises(error):
        bring_in(path, **{key: value for key, value in changed.items() if key != "path"})
    assert not user_folder().exists()


def test_a_technique_that_imports_nothing_says_so(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "load_technique", lambda _name: object)
    with pytest.raises(UsageError, match="imports no published weights"):
        bring_in(published)


def test_cards_hold_what_was_imported(published: Path) -> None:
    entry = bring_in(published)
    card = json.loads(entry.path.with_name("tiny.own.json").read_text())
    assert card["sha256"] == entry.sha256
