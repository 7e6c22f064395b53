"""`prosopon weights` as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from prosopon.app.main import main
from prosopon.models.catalogue import user_folder
from prosopon.models.checkpoint import save


@pytest.fixture
def weights() -> Path:
    user_folder().mkdir(parents=True)
    card = {"technique": "tiny", "config": "test", "licence": "CC0-1.0", "origin": "a test"}
    return save({"a": torch.ones(2)}, user_folder() / "tiny.one", card)


def test_weights_are_listed(weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["weights", "list"]) == 0
    assert "tiny.one" in capsys.readouterr().out
    assert main(["weights", "list", "--technique", "other", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["weights"] == []


def test_weights_are_shown_and_checked(weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["weights", "show", "tiny.one", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["checked"] is True
    assert shown["card"]["technique"] == "tiny"
    weights.write_bytes(weights.read_bytes() + b"x")
    assert main(["weights", "show", "tiny.one"]) == 1
    captured = capsys.readouterr()
    assert "sha256" in captured.err
    assert captured.err.count("\n") == 1


def test_the_path_is_all_that_path_prints(weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["weights", "path", "tiny.one"]) == 0
    assert capsys.readouterr().out == f"{weights}\n"


def test_missing_weights_end_with_the_code_for_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["weights", "path", "none.such"]) == 4
    assert "prosopon weights import" in capsys.readouterr().err


def test_an_import_that_cannot_be_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["weights", "import", str(tmp_path / "x.pth"), "--technique", "no-such", "--config", "x"]) in (2, 4)
    assert not user_folder().exists()
    assert capsys.readouterr().err.count("\n") == 1
