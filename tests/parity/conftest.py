"""Recorded outputs of published implementations, and the fillers that make the weights they were recorded with."""

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
    return _module("fill", folder / "fill.py")


@pytest.fixture(scope="session")
def swap(shared: Path) -> Path:
    """Records of face-swapping programs."""
    return shared / "parity" / "swap"


@pytest.fixture(scope="session")
def swap_fill(swap: Path) -> ModuleType:
    return _module("swap_fill", swap / "fill.py")


@pytest.fixture(scope="session")
def disruption(shared: Path) -> Path:
    """Records of attacks on face-editing nets, and of the nets."""
    return shared / "parity" / "disruption"


@pytest.fixture(scope="session")
def disruption_recipe(disruption: Path) -> ModuleType:
    """Makes the weights and pictures that the records were made with."""
    return _module("disruption_recipe", disruption / "recipe.py")


def _module(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
