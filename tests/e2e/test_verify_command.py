"""`prosopon verify` as a process: exit codes, one JSON object, one line for what is wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from prosopon.core.clip import Clip
from prosopon.core.history import SourceType, Step
from prosopon.vouch.keys.certificate import ROOT_FILE
from prosopon.vouch.publish import publish


def _verify(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "prosopon", "verify", *map(str, words)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    """A sealed picture of noise."""
    image = np.random.default_rng(2).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    step = Step("studio.render", source_type=SourceType.ALGORITHMIC)
    return publish(Clip.still(image, step=step), tmp_path / "sealed.png").path


def test_a_sealed_file(sealed: Path, own_home: Path) -> None:
    done = _verify(sealed, "--json", "--trust-anchors", own_home / "certificate" / ROOT_FILE)
    answer = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert [answer[key] for key in ("integrity", "signature", "trust", "synthetic")] == ["ok", "valid", "trusted", True]
    assert "claimSignature.validated" in answer["codes"]
    assert done.stderr == ""


def test_a_changed_file(sealed: Path) -> None:
    content = bytearray(sealed.read_bytes())
    content[-len(content) // 4] ^= 1
    sealed.write_bytes(content)
    done = _verify(sealed)
    assert done.returncode == 3
    assert done.stdout.startswith("integrity  broken")


def test_a_file_without_a_credential(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    done = _verify("--json", tmp_path / "a.png")
    answer = json.loads(done.stdout)
    assert done.returncode == 0
    assert [answer[key] for key in ("integrity", "signature", "trust", "synthetic", "codes")] == [
        *["none"] * 3,
        None,
        [],
    ]


@pytest.mark.parametrize(("words", "code"), [(("nowhere.png",), 1), ((), 2), (("a.png", "--unheard-of"), 2)])
def test_what_cannot_be_answered(words: tuple[str, ...], code: int) -> None:
    done = _verify(*words)
    assert done.returncode == code
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("prosopon: error: ")
