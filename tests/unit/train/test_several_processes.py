"""Two processes, or one with micro-batches, learn what one process learns from the same batches."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_gan import TinyGan, publish
from torch import Tensor

from prosopon.core.errors import UsageError
from prosopon.models.checkpoint import load
from prosopon.train.log import read_log
from prosopon.train.loop import fit
from prosopon.train.sampler import Share
from prosopon.train.settings import Settings

SCRIPT = Path(__file__).parents[2] / "helpers" / "train_tiny.py"
# Without batch statistics and dropout, for those depend on how a batch is cut.
PLAIN = {"norm": False, "dropout": False}
OPTIONS: dict[str, Any] = {"steps": 6, "batch_size": 4, "precision": "fp32", "workers": 0, "device": "cpu"}


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    run_dir = tmp_path_factory.mktemp("alone")
    fit(TinyGan(**PLAIN), run_dir, Settings(**OPTIONS), publish_picture=publish)
    return run_dir


def trained(run_dir: Path) -> dict[str, Tensor]:
    modules = torch.load(run_dir / "state.pt", weights_only=True)["learner"]["modules"]
    return {f"{name}.{key}": value for name, module in modules.items() for key, value in module.items()}


def assert_alike(run_dir: Path, other: Path) -> None:
    for a, b in zip(read_log(run_dir / "log.jsonl"), read_log(other / "log.jsonl"), strict=True):
        assert a.losses == pytest.approx(b.losses, rel=1e-4, abs=1e-6)
    torch.testing.assert_close(trained(run_dir), trained(other), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("accumulate", [2, 4])
def test_micro_batches_add_up_to_the_batch(tmp_path: Path, alone: Path, accumulate: int) -> None:
    settings = Settings(**OPTIONS, accumulate=accumulate)
    fit(TinyGan(**PLAIN), tmp_path, settings, publish_picture=publish)
    assert_alike(tmp_path, alone)


def test_two_processes_learn_what_one_does(tmp_path: Path, alone: Path) -> None:
    words = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", str(SCRIPT)]
    done = subprocess.run(
        [sys.executable, *words, str(tmp_path), json.dumps(OPTIONS), json.dumps(PLAIN)],
        env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert_alike(tmp_path, alone)
    assert load(tmp_path / "weights/tiny.test.safetensors")[1]["training"]["steps"] == 6


def test_shares_of_all_processes_make_up_the_batch() -> None:
    shares = [Share(12, accumulate=3, rank=rank, n_processes=2).micro_batches(5) for rank in (0, 1)]
    used = [k for _ in range(3) for share in shares for k in next(share)]
    assert used == list(range(60, 72))


def test_a_batch_that_cannot_be_shared_is_refused() -> None:
    with pytest.raises(UsageError, match="multiple of 6"):
        Share(8, accumulate=3, n_processes=2)
