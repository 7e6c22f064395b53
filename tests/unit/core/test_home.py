from __future__ import annotations

from pathlib import Path

import pytest

from prosopon.core.home import home


def test_the_variable_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PROSOPON_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", "/elsewhere")
    assert home() == tmp_path


def test_then_xdg_then_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROSOPON_HOME", "")
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert home() == Path("/data/prosopon")
    monkeypatch.delenv("XDG_DATA_HOME")
    assert home() == Path.home() / ".local/share/prosopon"
    assert not home().is_relative_to("/data")
