"""`prosopon train fomm` as a user runs it: stopped and taken up again, in two processes, with wrong arguments."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from prosopon.app.main import main
from prosopon.datasets.prepared import FRAME_PX, Cutting, write_cuttings
from prosopon.train.store import Shot
from prosopon.vouch.manifest.verify import verify

TINY = """
name = "tiny"
base = "mini"
[model]
size_px = 32
[model.kp_detector]
block_expansion = 4
max_features = 8
num_blocks = 2
[model.generator]
block_expansion = 4
max_features = 8
num_bottleneck_blocks = 1
[model.generator.dense_motion]
block_expansion = 4
max_features = 8
num_blocks = 2
[loss]
scales = [1]
"""
TINY_PUBLISHED = (
    TINY.replace('"mini"', '"vox-adv-256"')
    + """
[model.discriminator]
block_expansion = 4
max_features = 8
num_blocks = 2
[schedule]
batch_size = 2
num_epochs = 2
num_repeats = 2
"""
)
COMMON = ("--precision", "fp32", "--device", "cpu", "--workers", "0", "--batch-size", "4")


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prepared faces: noise with landmarks is enough to run, if not to learn."""
    folder = tmp_path_factory.mktemp("store")
    rng = np.random.default_rng(0)
    clips = []
    for number in range(2):
        frames = list(rng.integers(0, 256, (4, FRAME_PX, FRAME_PX, 3), dtype=np.uint8))
        landmarks = list(rng.uniform(50, 120, (4, 68, 2)).astype(np.float32))
        clips.append((Shot(f"clip{number}", f"p{number}", "footage"), Cutting(frames, landmarks)))
    write_cuttings(folder, clips)
    (folder / "tiny.toml").write_text(TINY)
    return folder


def words(faces: Path, out: Path, *more: str) -> list[str]:
    return [
        "train", "fomm", "--config", str(faces / "tiny.toml"), "--prepared", str(faces), "--rendered-people", "0",
        "-o", str(out), *COMMON, *more,
    ]  # fmt: skip


def environment(home: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "PROSOPON_HOME": str(home), **more}


def prosopon(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "prosopon", *arguments]
    return subprocess.run(command, env=environment(home), capture_output=True, text=True, check=False)


def answer(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    table: dict[str, Any] = json.loads(done.stdout)
    return table


def steps_logged(run: Path) -> int:
    log = run / "log.jsonl"
    return len(log.read_text().splitlines()) if log.exists() else 0


def test_a_run_of_relative_paths_is_replayed_from_anywhere(
    faces: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], own_home: Path
) -> None:
    monkeypatch.chdir(faces)
    here = Path()
    relative = ["--config", "tiny.toml", "--prepared", str(here), "-o", str(tmp_path / "first")]
    assert main(["train", "fomm", *relative, "--rendered-people", "0", "--steps", "2", *COMMON]) == 0
    monkeypatch.chdir(tmp_path)
    capsys.readouterr()
    assert main(["replay", "first/run.toml", "-o", "again"]) == 0
    assert "The same weights" in capsys.readouterr().err
    name = "weights/fomm.tiny.safetensors"
    assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "first" / name).read_bytes()


def test_a_killed_run_ends_like_one_that_was_not(faces: Path, tmp_path: Path, own_home: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    first = answer(prosopon(own_home, *words(faces, whole, "--steps", "6", "--json")))
    assert first["step"] == 6
    assert Path(first["weights"]).exists()

    endless = words(faces, killed, "--steps", "100000", "--checkpoint-every-s", "0")
    process = subprocess.Popen(
        [sys.executable, "-m", "prosopon", *endless],
        env=environment(own_home),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        # Killed after two steps and long before the sixth would be reached unnoticed.
        deadline = time.monotonic() + 120
        while steps_logged(killed) < 2 and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
    finally:
        process.kill()
        process.wait()
    assert steps_logged(killed) >= 2
    if steps_logged(killed) >= 6:
        pytest.skip("the machine was too busy to kill the run before its sixth step")

    second = answer(prosopon(own_home, *words(faces, killed, "--steps", "6", "--json")))
    assert 1 <= second["resumed_from"] < 6
    assert second["losses"] == first["losses"]
    name = "weights/fomm.tiny.safetensors"
    assert (killed / name).read_bytes() == (whole / name).read_bytes()

    preview = verify(whole / "preview.png")
    assert preview.synthetic
    assert np.asarray(Image.open(whole / "preview.png")).std() > 10
    recorded = tomllib.loads((whole / "run.toml").read_text())
    assert recorded["command"]["verb"] == "train fomm"
    assert recorded["config"]["fomm"]["model"]["size_px"] == 32

    other = prosopon(own_home, *words(faces, whole, "--steps", "7", "--seed", "1"))
    assert other.returncode == 2
    assert "seed" in other.stderr
    assert "Traceback" not in other.stderr


def test_two_processes_train_one_model_and_one_answers(faces: Path, tmp_path: Path, own_home: Path) -> None:
    run = tmp_path / "run"
    command = [
        sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2",
        "-m", "prosopon", *words(faces, run, "--steps", "2", "--json"),
    ]  # fmt: skip
    done = subprocess.run(command, env=environment(own_home), capture_output=True, text=True, check=False)
    table = answer(done)
    assert table["step"] == 2
    assert steps_logged(run) == 2
    assert Path(table["weights"]).exists()


def test_the_published_form_trains_with_its_own_schedule(tmp_path: Path, own_home: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    rng = np.random.default_rng(0)
    for number in range(5):
        strip = rng.integers(0, 256, (32, 3 * 32, 3), dtype=np.uint8)
        Image.fromarray(strip).save(data / f"id{number}#a.png")
    config = tmp_path / "tiny.toml"
    config.write_text(TINY_PUBLISHED)
    done = prosopon(
        own_home, "train", "fomm", "--config", str(config), "--data", str(data), "-o", str(tmp_path / "run"),
        "--precision", "fp32", "--device", "cpu", "--workers", "0", "--measure-every", "4", "--json",
    )  # fmt: skip
    table = answer(done)
    # Four of five videos, twice an epoch, in batches of two, for two epochs.
    assert table["step"] == 8
    assert set(table["metrics"]) == {"l1", "l1_copy"}
    assert "discriminator" in table["losses"]


@pytest.mark.parametrize(
    ("more", "code", "says"),
    [
        ((), 2, "--steps or --minutes"),
        (("--steps", "1", "--config", "vox-512"), 4, "vox-256"),
        (("--steps", "1", "--prepared", "nowhere"), 4, "nowhere"),
        (("--steps", "1", "--config", "vox-256"), 2, "not from prepared faces"),
        (("--steps", "1", "--features", "vgg19"), 2, "--feature-weights"),
        (("--steps", "1", "--start-from", "gone.pth.tar"), 4, "gone.pth.tar"),
        (("--steps", "1", "--name", "No Name"), 2, "No Name"),
        (("--steps", "1", "--batch-size", "3", "--accumulate", "2"), 2, "--batch-size"),
    ],
)
def test_wrong_arguments_end_in_one_line(
    *,
    faces: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    more: tuple[str, ...],
    code: int,
    says: str,
) -> None:
    from prosopon.app.main import main

    assert main(words(faces, tmp_path / "run", *more)) == code
    said = capsys.readouterr().err.strip().splitlines()
    assert len(said) == 1
    assert says in said[0]
    assert not (tmp_path / "run").exists() or not list((tmp_path / "run").rglob("*.safetensors"))
