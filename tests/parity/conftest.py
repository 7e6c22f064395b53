"""Recorded outputs of published motion models, and the filler that makes the weights they were recorded with."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def folder(shared: Path) -> Path:
    return shared / "parity" / "motion"


@pytest.fixture(scope="session")
def fill(folder: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("fill", folder / "fill.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
