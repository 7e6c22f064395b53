"""The engine OpenVINO: its cases, in a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest


def test_the_cases_of_the_engine() -> None:
    if find_spec("openvino") is None:
        pytest.skip("needs the extra fast")
    here = Path(__file__).parent
    path = os.pathsep.join([str(here), *filter(None, sys.path)])
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(here / "engine_cases.py")],
        env={**os.environ, "PYTHONPATH": path},
        cwd=here,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    assert "6 passed" in done.stdout or "skipped" in done.stdout
