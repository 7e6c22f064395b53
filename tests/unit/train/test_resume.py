"""A run that was killed and taken up again equals one that never stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from notes import Notes
from tiny_gan import TinyGan, publish

from prosopon.core.errors import CheckpointError, ExitCode, Stopped, UsageError
from prosopon.train.loop import fit
from prosopon.train.settings import Settings
from prosopon.train.state import NEWEST, PREVIOUS, load_state, save_state

SCRIPT = Path(__file__).parents[2] / "helpers" / "train_tiny.py"
OPTIONS: dict[str, Any] = {
    "batch_size": 4, "milestones": (5,), "ema_decay": 0.9, "clip_norm": 5.0, "measure_every": 3, "precision": "fp32",
    "workers": 0, "checkpoint_every_s": 1e6, "device": "cpu",
}  # fmt: skip
TIMES = ("time_s", "images_per_s", "waited_s")


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def settings(**changed: Any) -> Settings:
    return Settings(**{"steps": 12, **OPTIONS, **changed})


def curve(run_dir: Path) -> list[dict[str, Any]]:
    """The log without the clock."""
    lines = [json.loads(line) for line in (run_dir / "log.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if key not in TIMES} for line in lines]


def learnt(run_dir: Path) -> dict[str, Any]:
    state = torch.load(run_dir / NEWEST, weights_only=True)
    return {"learner": state["learner"], "random": state["random"]}


def assert_same(a: Any, b: Any, where: str = "state") -> None:
    assert type(a) is type(b), where
    if isinstance(a, torch.Tensor):
        assert torch.equal(a, b), where
    elif isinstance(a, dict):
        assert a.keys() == b.keys(), where
        for key in a:
            assert_same(a[key], b[key], f"{where}.{key}")
    elif isinstance(a, list | tuple):
        assert len(a) == len(b), where
        for i, (x, y) in enumerate(zip(a, b, strict=True)):
            assert_same(x, y, f"{where}[{i}]")
    else:
        assert a == b, where


def start(run_dir: Path, *extra: str) -> subprocess.CompletedProcess[str]:
    words = [
        sys.executable,
        str(SCRIPT),
        str(run_dir),
        json.dumps({"steps": 12, **OPTIONS, "checkpoint_every_s": 0.0}),
        "{}",
        *extra,
    ]
    return subprocess.run(
        words, env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("when", ["training", "saving"])
def test_a_killed_run_goes_on_as_if_it_had_never_stopped(tmp_path: Path, when: str) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    fit(TinyGan(), whole, settings(), publish_picture=publish)
    done = start(killed, "8", when)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert len(curve(killed)) == (7 if when == "training" else 8)

    result = fit(TinyGan(), killed, settings(workers=1), publish_picture=publish)

    assert result.resumed_from == 7
    assert result.step == 12
    assert curve(killed) == curve(whole)
    assert_same(learnt(killed), learnt(whole))
    weights = "weights/tiny.test.safetensors"
    assert (killed / weights).read_bytes() == (whole / weights).read_bytes()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_wish_to_stop_finishes_the_step_and_saves(tmp_path: Path, number: signal.Signals) -> None:
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    fit(TinyGan(), whole, settings(), publish_picture=publish)

    class Interrupted(TinyGan):
        calls = 0

        def _judge(self, batch: Any) -> Any:
            self.calls += 1
            if self.calls == 5:
                signal.raise_signal(number)
            return super()._judge(batch)

    before = signal.getsignal(number)
    with pytest.raises(Stopped, match="step 5") as stop:
        fit(Interrupted(), stopped, settings(), publish_picture=publish)
    assert stop.value.exit_code == ExitCode.STOPPED
    assert signal.getsignal(number) is before
    assert "stopped" in (stopped / "index.html").read_text()

    fit(TinyGan(), stopped, settings(), publish_picture=publish)
    assert curve(stopped) == curve(whole)
    assert_same(learnt(stopped), learnt(whole))


def test_previews_change_nothing(tmp_path: Path) -> None:
    often, never = tmp_path / "often", tmp_path / "never"
    fit(TinyGan(), often, settings(preview_every_s=0.0), publish_picture=publish)
    fit(TinyGan(), never, settings(preview_every_s=1e6), publish_picture=publish)
    assert_same(learnt(often), learnt(never))


def test_more_steps_may_be_asked_of_a_finished_run(tmp_path: Path) -> None:
    whole, longer = tmp_path / "whole", tmp_path / "longer"
    fit(TinyGan(), whole, settings(), publish_picture=publish)
    fit(TinyGan(), longer, settings(steps=6), publish_picture=publish)
    again = fit(TinyGan(), longer, settings(steps=6), publish_picture=publish)
    assert (again.resumed_from, again.step) == (6, 6)
    fit(TinyGan(), longer, settings(), publish_picture=publish)
    assert_same(learnt(longer), learnt(whole))


def test_epochs_end_once_and_are_caught_up_on_resuming(tmp_path: Path) -> None:
    recipe = TinyGan()
    fit(recipe, tmp_path, settings(steps=6), publish_picture=publish)  # 24 of 10 items
    assert recipe.epochs == [0, 1]
    recipe = TinyGan()
    fit(recipe, tmp_path, settings(steps=8), publish_picture=publish)
    assert recipe.epochs == [0, 1, 2]


def test_another_configuration_is_refused_with_the_differing_keys(tmp_path: Path) -> None:
    fit(TinyGan(), tmp_path, settings(steps=2), publish_picture=publish)
    recorded = (tmp_path / "run.toml").read_text()
    with pytest.raises(UsageError, match=r"config\.lr, settings\.seed, settings\.batch_size;"):
        fit(TinyGan(lr=0.5), tmp_path, settings(seed=3, batch_size=2), publish_picture=publish)
    assert (tmp_path / "run.toml").read_text() == recorded


def test_a_cut_off_state_falls_back_to_the_one_before(tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    fit(TinyGan(), whole, settings(), publish_picture=publish)
    fit(TinyGan(), cut, settings(steps=7, checkpoint_every_s=0.0), publish_picture=publish)
    newest = cut / NEWEST
    newest.write_bytes(newest.read_bytes()[:-2000])
    notes = Notes()
    result = fit(TinyGan(), cut, settings(), publish_picture=publish, progress=notes)
    assert any("damaged" in note and "state.pt" in note for note in notes.said)
    assert result.resumed_from <= 7
    assert curve(cut) == curve(whole)


def test_damaged_states_only_are_one_clear_line(tmp_path: Path) -> None:
    fit(TinyGan(), tmp_path, settings(steps=1), publish_picture=publish)
    for name in (NEWEST, PREVIOUS):
        (tmp_path / name).write_bytes(b"nothing of the kind")
    with pytest.raises(CheckpointError) as refused:
        fit(TinyGan(), tmp_path, settings(), publish_picture=publish)
    assert "\n" not in str(refused.value)
    assert NEWEST in str(refused.value)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_state_is_never_lost_when_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_state({"step": 1}, tmp_path)
    whole = torch.save

    def onto_a_full_disk(content: Any, _file: Any) -> None:
        with Path("/dev/full").open("wb", buffering=0) as full:
            whole(content, full)

    monkeypatch.setattr("prosopon.train.state.torch.save", onto_a_full_disk)
    with pytest.raises(Exception, match="no space left") as failed:
        save_state({"step": 2, "tensor": torch.zeros(1000)}, tmp_path)
    assert "\n" not in str(failed.value)
    monkeypatch.undo()
    kept = load_state(tmp_path, Notes())
    assert kept is not None
    assert kept["step"] == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [NEWEST]
