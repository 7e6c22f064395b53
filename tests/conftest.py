"""Fixtures for all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared() -> Path:
    """The shared test data: real footage and recorded outputs of published implementations."""
    beside = Path(__file__).resolve().parents[2] / "shared"
    folder = Path(os.environ.get("PROSOPON_TEST_DATA", beside))
    if not (folder / "media").is_dir():
        pytest.skip("needs the shared test data (set PROSOPON_TEST_DATA)")
    return folder


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keeps every test out of the user's own folders."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("PROSOPON_HOME", str(home))
    return home
